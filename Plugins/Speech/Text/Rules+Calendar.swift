/// Dates and times of day.
extension Rules {
  private typealias T = NormalizerTables

  /// Number of a month's name, long or short with or without its stop, and the atoms it takes.
  private static func month(_ a: Atoms, _ i: Int) -> (number: Int, count: Int)? {
    let name = a.lower(i)
    if let at = T.months.firstIndex(of: name) { return (at + 1, 1) }
    guard let number = T.shortMonths[name] else { return nil }
    let stop = a.isSign(i + 1, ".") && a.isGlued(i + 1) && (a.isDigits(i + 2) || i + 2 >= a.count)
    return (number, stop ? 2 : 1)
  }

  private static func day(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    guard let n = a.value(i, in: 1...31, length: 1...2) else { return nil }
    let ends = a.isGlued(i + 1) && ["st", "nd", "rd", "th"].contains(a.lower(i + 1))
    guard ends || !a.goesOn(i + 1) else { return nil }
    return (NumberWords.ordinal(String(n)), ends ? 2 : 1)
  }

  /// A year after a date: with or without a comma before it.
  private static func yearAfter(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    let comma = a.isSign(i, ",") ? 1 : 0
    guard let n = a.value(i + comma, in: 1000...2999, length: 4...4), !a.goesOn(i + comma + 1),
      !a.isSign(i + comma + 1, ":")
    else { return nil }
    return ((comma == 1 ? ", " : "") + NumberWords.year(n), comma + 1)
  }

  @Sendable static func date(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if let match = numericDate(a, i) { return match }
    if let weekday = T.weekdays[a.lower(i)], a.isSign(i + 1, ","), month(a, i + 2) != nil || day(a, i + 2) != nil {
      return .init(2, weekday + " ,")
    }
    if let m = month(a, i) {
      var at = i + m.count
      let name = T.months[m.number - 1]
      if a.isSign(at, "-"), a.isGlued(at) { at += 1 }
      if let d = day(a, at), !a.isSign(at + d.count, ":"), !(a.isSign(at + d.count, "-") && a.goesOn(at + d.count + 1))
      {
        at += d.count
        let y = yearAfter(a, at)
        return .init(at + (y?.count ?? 0) - i, name + " " + d.words + (y.map { " " + $0.words } ?? ""))
      }
      if let y = yearAfter(a, at) { return .init(at + y.count - i, name + " " + y.words) }
      // "mar" and "sun" are words too.
      return name != a.lower(i) && m.count == 2 && a.text(i).first!.isUppercase && i + 2 < a.count
        ? .init(m.count, name) : nil
    }
    let the = a.lower(i) == "the" ? 1 : 0
    if let d = day(a, i + the), let m = month(a, i + the + d.count), a.isLetters(i + the + d.count) {
      // "3 may come": a modal verb, not a month.
      if m.number == 5, a.text(i + the + d.count) == "may", d.count == 1, yearAfter(a, i + the + 2) == nil {
        return nil
      }
      let of = i + the + d.count
      let stop =
        a.isSign(of + m.count, ".") && a.isGlued(of + m.count) && T.months.firstIndex(of: a.lower(of)) == nil ? 1 : 0
      let at = of + m.count + (m.count == 1 ? stop : 0)
      let y = yearAfter(a, at)
      return .init(
        at + (y?.count ?? 0) - i, "the \(d.words) of \(T.months[m.number - 1])" + (y.map { " " + $0.words } ?? ""))
    }
    // "340 A.D."
    if let n = a.value(i, in: 1...2999), let era = era(a, i + 1) {
      return .init(
        1 + era.count,
        (n > 99 ? (n >= 1000 ? NumberWords.year(n) : NumberWords.pairs(a.text(i))) : NumberWords.cardinal(n)) + " "
          + era.words)
    }
    return nil
  }

  private static func era(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    if ["AD", "BC", "CE", "BCE"].contains(a.text(i)) { return (a.text(i), 1) }
    guard a.isSign(i + 1, "."), a.isGlued(i + 1), a.isGlued(i + 2), ["AD", "BC"].contains(a.text(i) + a.text(i + 2))
    else { return nil }
    return (a.text(i) + a.text(i + 2), a.isSign(i + 3, ".") && i + 4 < a.count ? 4 : 3)
  }

  /// Year first, day first with a month above 12 ruled out, or the American order.
  private static func numericDate(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let sign = a.text(i + 1)
    guard a.isDigits(i), a.isDigits(i + 2), a.isDigits(i + 4), "/-.".contains(sign), !sign.isEmpty,
      a.isSign(i + 3, sign),
      (1...4).allSatisfy({ a.isGlued(i + $0) }), !a.goesOn(i + 5), !(a.isSign(i + 5, sign) && a.goesOn(i + 6))
    else { return nil }
    let lengths = [a.text(i).count, a.text(i + 2).count, a.text(i + 4).count]
    guard let x = Int(a.text(i)), let y = Int(a.text(i + 2)), let z = Int(a.text(i + 4)) else { return nil }
    func said(_ y: Int, _ m: Int, _ d: Int) -> TextNormalizer.Match? {
      guard (1...12).contains(m), (1...31).contains(d) else { return nil }
      let year = y >= 1000 ? NumberWords.year(y) : y < 10 ? "oh " + NumberWords.cardinal(y) : NumberWords.cardinal(y)
      return .init(5, "\(T.months[m - 1]) \(NumberWords.ordinal(String(d))) \(year)")
    }
    if lengths[0] == 4, lengths[1] <= 2, lengths[2] <= 2 { return said(x, y, z) }
    guard lengths[0] <= 2, lengths[1] <= 2, lengths[2] == 4 || (lengths[2] == 2 && sign == "/") else { return nil }
    if x > 12, y <= 12, said(z, y, x) != nil {
      let year = z >= 1000 ? NumberWords.year(z) : NumberWords.cardinal(z)
      return .init(5, "the \(NumberWords.ordinal(String(x))) of \(T.months[y - 1]) \(year)")
    }
    return said(z, x, y)
  }

  /// `am`, `p.m.`, with a time zone after it: its letters in capitals.
  private static func half(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    let lower = a.lower(i)
    if lower == "am" || lower == "pm" { return (lower.uppercased(), 1) }
    guard lower == "a" || lower == "p", a.isSign(i + 1, "."), a.isGlued(i + 1), a.lower(i + 2) == "m", a.isGlued(i + 2)
    else { return nil }
    let stop =
      a.isSign(i + 3, ".") && a.isGlued(i + 3) && (i + 4 < a.count) && !a.text(i + 4).first!.isUppercase ? 1 : 0
    return (lower.uppercased() + "M", 3 + stop)
  }

  private static let zones: Set<String> = [
    "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "gmt", "utc", "et", "pt", "cet", "bst",
  ]
  private static func zone(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    let text = a.lower(i)
    if zones.contains(text), text.count > 2 || a.text(i) == text.uppercased() { return (text.uppercased(), 1) }
    guard text.count == 1, a.isSign(i + 1, "."), a.isGlued(i + 1), a.isSign(i + 3, "."), a.isGlued(i + 2),
      zones.contains(text + a.lower(i + 2) + a.lower(i + 4)), a.isGlued(i + 4)
    else { return nil }
    return ((text + a.lower(i + 2) + a.lower(i + 4)).uppercased(), a.isSign(i + 5, ".") && i + 6 < a.count ? 6 : 5)
  }

  private static func clock(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let hour = a.value(i, in: 0...24, length: 1...2) else { return nil }
    var (count, words) = (1, NumberWords.cardinal(hour)), minutes: Int?
    if a.isSign(i + 1, ":") || a.isSign(i + 1, "."), a.isGlued(i + 1), a.isGlued(i + 2),
      let m = a.value(i + 2, in: 0...59, length: 2...2)
    {
      if a.isSign(i + 1, "."), half(a, i + 3) == nil { return nil }
      minutes = m
      count = 3
      if a.isSign(i + 3, ":"), a.isGlued(i + 3), let s = a.value(i + 4, in: 0...59, length: 2...2), a.isGlued(i + 4) {
        func unit(_ n: Int, _ name: String) -> String { NumberWords.cardinal(n) + " " + name + (n == 1 ? "" : "s") }
        return .init(5, "\(unit(hour, "hour")) \(unit(m, "minute")) and \(unit(s, "second"))")
      }
    }
    let h = half(a, i + count)
    guard minutes != nil || h != nil else { return nil }
    if minutes == nil, h!.count > 1 || a.lower(i + 1) == "am", !a.isGlued(i + 1), a.lower(i + 1) == "am",
      a.text(i + 1) == "am", a.isLetters(i + 2)
    {
      return nil
    }
    if let m = minutes, m > 0 { words += (m < 10 ? " oh " : " ") + NumberWords.cardinal(m) }
    count += h?.count ?? 0
    let z = h != nil || minutes != nil ? zone(a, i + count) : nil
    if minutes == 0, h == nil { words = hour == 0 ? "midnight" : hour <= 12 ? words + " o'clock" : words + " hundred" }
    words += (h.map { " " + $0.words } ?? "") + (z.map { " " + $0.words } ?? "")
    count += z?.count ?? 0
    return a.goesOn(i + count) ? nil : .init(count, words)
  }

  /// `5pm`, `10:30 a.m. EST`, `14:10:30`, `5pm-7 pm`.
  @Sendable static func time(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let first = clock(a, i) else { return nil }
    let dash = i + first.count
    if a.isSign(dash, "-"), let second = clock(a, dash + 1) {
      return .init(first.count + 1 + second.count, first.words + " to " + second.words)
    }
    return first
  }
}
