/// Dates.
extension Rules {
  private typealias T = NormalizerTables

  /// Number of a month's name, long or short with or without its stop, and the atoms it takes.
  private static func month(_ a: Atoms, _ i: Int) -> (number: Int, count: Int)? {
    let name = a.lower(i)
    if let at = T.months.firstIndex(of: name) { return (at + 1, 1) }
    guard let number = T.shortMonths[name] else { return nil }
    let stop =
      a.isStop(i + 1)
      && (a.isDigits(i + 2) || i + 2 >= a.count || a.endsClause(i + 2) || (a.isSmall(i + 2) && a.isCapitalised(i)))
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
    if let match = numericDate(a, i) ?? monthAndDay(a, i) ?? nameRange(a, i) { return match }
    if let match = dayRange(a, i) { return match }
    let comma = a.isStop(i + 1) ? i + 2 : i + 1
    if let weekday = T.weekdays[a.lower(i)], comma == i + 2, a.isCapitalised(i),
      a.isSign(comma, ",") || month(a, comma) != nil
    {
      return .init(2, weekday)
    }
    if let weekday = T.weekdays[a.lower(i)], a.isSign(i + 1, ","), month(a, i + 2) != nil || day(a, i + 2) != nil {
      return .init(2, weekday + " ,")
    }
    if let m = month(a, i) {
      var at = i + m.count
      let name = T.months[m.number - 1]
      if a.isSign(at, "-"), a.isGlued(at) { at += 1 }
      if let days = days(a, at) {
        let y = yearAfter(a, at + days.count)
        let words = name + " " + days.words + (y.map { " " + $0.words } ?? "")
        return .init(at + days.count + (y?.count ?? 0) - i, words)
      }
      if let d = day(a, at), !(a.isSign(at + d.count, ":") && a.isDigits(at + d.count + 1)),
        !(a.isSign(at + d.count, "-") && a.goesOn(at + d.count + 1))
      {
        at += d.count
        let y = yearAfter(a, at)
        return .init(at + (y?.count ?? 0) - i, name + " " + d.words + (y.map { " " + $0.words } ?? ""))
      }
      if let y = yearAfter(a, at) { return .init(at + y.count - i, name + " " + y.words) }
      // "mar" and "sun" are words too.
      guard name != a.lower(i), a.isCapitalised(i) else { return nil }
      let isClear = !["jan", "mar", "jun"].contains(a.lower(i)) && !a.goesOn(i + 1)
      return (m.count == 2 && i + 2 < a.count) || isClear ? .init(i + m.count < a.count ? m.count : 1, name) : nil
    }
    let the = a.lower(i) == "the" ? 1 : 0
    if let match = hyphenated(a, i) { return match }
    if let d = day(a, i + the), let m = month(a, i + the + d.count), a.isLetters(i + the + d.count) {
      // "3 may come": a modal verb, not a month.
      if m.number == 5, a.text(i + the + d.count) == "may", d.count == 1, yearAfter(a, i + the + 2) == nil,
        a.isSmall(i + the + 2)
      {
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
    // "AD 79"
    if let era = era(a, i), era.words.hasPrefix("A") || era.words == "CE", let n = a.value(i + era.count, in: 1...2099),
      !a.goesOn(i + era.count + 1)
    {
      return .init(era.count + 1, era.words + " " + (n >= 1100 ? NumberWords.year(n) : NumberWords.cardinal(n)))
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

  /// `6/15` after a word that a day follows, or in brackets after one.
  private static func monthAndDay(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let m = a.value(i, in: 1...12, length: 1...2), a.isSign(i + 1, "/"), a.isGlued(i + 1), a.isGlued(i + 2),
      let d = a.value(i + 2, in: 1...31, length: 1...2), !a.goesOn(i + 3), !(a.isSign(i + 3, "/") && a.isGlued(i + 3))
    else { return nil }
    let before = a.lower(a.isSign(i - 1, "(") || a.isSign(i - 1, ",") || a.isStop(i - 1) ? i - 2 : i - 1)
    guard
      T.weekdays[before] != nil || T.weekdays.values.contains(before)
        || ["on", "until", "since", "before", "after", "due", "till", "dated"].contains(before)
    else { return nil }
    return .init(3, T.months[m - 1] + " " + NumberWords.ordinal(String(d)))
  }

  /// `Mon-Fri`, `Jan.-Mar.`: from one to the other, both short or both long.
  private static func nameRange(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    func name(_ i: Int) -> (words: String, isDay: Bool)? {
      guard a.isCapitalised(i) else { return nil }
      let lower = a.lower(i)
      if let day = T.weekdays[lower] ?? (T.weekdays.values.contains(lower) ? lower : nil) { return (day, true) }
      if let number = T.shortMonths[lower] { return (T.months[number - 1], false) }
      return T.months.contains(lower) ? (lower, false) : nil
    }
    guard let first = name(i) else { return nil }
    let dash = a.isStop(i + 1) ? i + 2 : i + 1
    guard a.isSign(dash, "-"), let second = name(dash + 1), second.isDay == first.isDay else { return nil }
    let stop = a.isStop(dash + 2) && T.weekdays[a.lower(dash + 1)] != nil && dash + 3 < a.count ? 1 : 0
    return .init(dash + 2 + stop - i, first.words + " to " + second.words)
  }

  /// `3-5` of a month.
  private static func days(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    guard a.isDigits(i), let low = day(a, i), a.isSign(i + low.count, "-"), let high = day(a, i + low.count + 1),
      let x = Int(a.text(i)), let y = Int(a.text(i + low.count + 1)), x < y
    else { return nil }
    let end = i + low.count + 1 + high.count
    guard !(a.isGlued(end) && "-/:".contains(a.text(end))) else { return nil }
    return (low.words + " to " + high.words, low.count + 1 + high.count)
  }

  /// `3-5 May 2020`.
  private static func dayRange(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let days = days(a, i), let m = month(a, i + days.count), a.isCapitalised(i + days.count) else { return nil }
    let at = i + days.count + m.count, y = yearAfter(a, at)
    let words = "the \(days.words) of \(T.months[m.number - 1])" + (y.map { " " + $0.words } ?? "")
    return .init(at + (y?.count ?? 0) - i, words)
  }

  /// `12-Nov-2020`.
  private static func hyphenated(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = a.value(i, in: 1...31, length: 1...2), a.isSign(i + 1, "-"), a.isGlued(i + 1),
      let m = month(a, i + 2),
      m.count == 1, a.isSign(i + 3, "-"), a.isGlued(i + 3),
      let y = a.value(i + 4, in: 0...2999, length: 2...4), !a.goesOn(i + 5)
    else { return nil }
    let year = y > 99 ? NumberWords.year(y) : y < 10 ? "zero " + NumberWords.cardinal(y) : NumberWords.cardinal(y)
    return .init(5, "the \(NumberWords.ordinal(String(n))) of \(T.months[m.number - 1]) \(year)")
  }

  private static func era(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    if ["AD", "BC", "CE", "BCE"].contains(a.text(i)) { return (a.text(i), 1) }
    if a.text(i) == "B", a.text(i + 2) == "C", a.text(i + 4) == "E", (1...4).allSatisfy({ a.isGlued(i + $0) }),
      a.isStop(i + 3)
    {
      return ("BCE", a.isStop(i + 5) && i + 6 < a.count ? 6 : 5)
    }
    guard a.isSign(i + 1, "."), a.isGlued(i + 1), a.isGlued(i + 2), ["AD", "BC"].contains(a.text(i) + a.text(i + 2))
    else { return nil }
    return (a.text(i) + a.text(i + 2), a.isSign(i + 3, ".") && i + 4 < a.count ? 4 : 3)
  }

  /// The T between a date and a time.
  private static func isMoment(_ a: Atoms, _ i: Int) -> Bool {
    a.isSign(i, "T") && a.isGlued(i) && a.isDigits(i + 1) && a.isSign(i + 2, ":")
  }

  /// Year first, day first with a month above 12 ruled out, or the American order.
  private static func numericDate(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let sign = a.text(i + 1)
    guard a.isDigits(i), a.isDigits(i + 2), a.isDigits(i + 4), "/-.".contains(sign), !sign.isEmpty,
      a.isSign(i + 3, sign),
      (1...4).allSatisfy({ a.isGlued(i + $0) }), !a.goesOn(i + 5) || isMoment(a, i + 5),
      !(a.isSign(i + 5, sign) && a.goesOn(i + 6))
    else { return nil }
    let lengths = [a.text(i).count, a.text(i + 2).count, a.text(i + 4).count]
    guard let x = Int(a.text(i)), let y = Int(a.text(i + 2)), let z = Int(a.text(i + 4)) else { return nil }
    func said(_ y: Int, _ m: Int, _ d: Int) -> TextNormalizer.Match? {
      guard (1...12).contains(m), (1...31).contains(d) else { return nil }
      let year =
        y >= 1000 || y == 0
        ? NumberWords.year(y == 0 ? 2000 : y) : y < 10 ? "zero " + NumberWords.cardinal(y) : NumberWords.cardinal(y)
      return .init(isMoment(a, i + 5) ? 6 : 5, "\(T.months[m - 1]) \(NumberWords.ordinal(String(d))) \(year)")
    }
    if lengths[0] == 4, lengths[1] <= 2, lengths[2] <= 2 { return said(x, y, z) }
    guard lengths[0] <= 2, lengths[1] <= 2, lengths[2] == 4 || (lengths[2] == 2 && sign == "/") else { return nil }
    if x > 12, y <= 12, said(z, y, x) != nil {
      let year = z >= 1000 ? NumberWords.year(z) : NumberWords.cardinal(z)
      return .init(5, "the \(NumberWords.ordinal(String(x))) of \(T.months[y - 1]) \(year)")
    }
    return said(z, x, y)
  }
}
