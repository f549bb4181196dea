/// Times of day.
extension Rules {
  private typealias T = NormalizerTables

  /// `am`, `p.m.`, with a time zone after it: its letters in capitals.
  private static func half(_ a: Atoms, _ i: Int) -> (words: String, count: Int)? {
    let lower = a.lower(i)
    if lower == "am" || lower == "pm" { return (lower.uppercased(), 1) }
    guard lower == "a" || lower == "p", a.isSign(i + 1, "."), a.isGlued(i + 1), a.lower(i + 2) == "m", a.isGlued(i + 2)
    else { return nil }
    // The stop ends a sentence too before a capital, other than a day's or a zone's name.
    let next = a.lower(i + 4)
    let goesOn =
      !a.isCapitalised(i + 4) || T.weekdays.values.contains(next) || T.months.contains(next)
      || ["eastern", "central", "mountain", "pacific", "local"].contains(next) || zones.contains(next)
    let stop = a.isStop(i + 3) && i + 4 < a.count && goesOn ? 1 : 0
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
    if let m = minutes, m > 0 { words += (m < 10 ? " oh " : " ") + NumberWords.cardinal(m) }
    count += h?.count ?? 0
    let z = h != nil || minutes != nil ? zone(a, i + count) : nil
    if minutes == 0, h == nil { words = hour == 0 ? "midnight" : hour <= 12 ? words + " o'clock" : words + " hundred" }
    words += (h.map { " " + $0.words } ?? "") + (z.map { " " + $0.words } ?? "")
    count += z?.count ?? 0
    return a.goesOn(i + count) ? nil : .init(count, words)
  }

  /// `5pm`, `10:30 a.m. EST`, `14:10:30`, `5pm-7 pm`, `10-11am`.
  @Sendable static func time(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if let match = military(a, i) ?? duration(a, i) { return match }
    guard let first = clock(a, i) else {
      guard let hour = a.value(i, in: 1...12, length: 1...2), a.isSign(i + 1, "-"), a.isGlued(i + 1), a.isGlued(i + 2),
        let second = clock(a, i + 2), !a.isGlued(i) || !a.isSign(i - 1, "-")
      else { return nil }
      return .init(2 + second.count, NumberWords.cardinal(hour) + " to " + second.words)
    }
    let dash = i + first.count
    if a.isSign(dash, "-"), let second = clock(a, dash + 1) {
      return .init(first.count + 1 + second.count, first.words + " to " + second.words)
    }
    return first
  }

  /// `0900 hours`, `at 2130 hours`.
  private static func military(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = a.value(i, in: 0...2359, length: 4...4), n % 100 < 60,
      ["hours", "hrs", "h"].contains(a.lower(i + 1)),
      a.text(i).hasPrefix("0") || ["at", "by", "from", "until", "before", "after"].contains(a.lower(i - 1))
    else { return nil }
    let (hour, minute) = (n / 100, n % 100)
    let first = (hour < 10 ? "oh " : "") + NumberWords.cardinal(hour)
    let second = minute == 0 ? " hundred" : (minute < 10 ? " oh " : " ") + NumberWords.cardinal(minute)
    return .init(2, first + second + " hours")
  }

  /// `1h 30m`, `2h30`, `5h 20min`.
  private static func duration(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let hours = a.value(i, in: 0...99, length: 1...2), a.text(i + 1) == "h", a.isGlued(i + 1), !a.isGlued(i),
      let minutes = a.value(i + 2, in: 0...59, length: 1...2)
    else { return nil }
    let unit = ["m", "min", "mins"].contains(a.lower(i + 3)) && a.isGlued(i + 3)
    guard unit ? !a.goesOn(i + 4) : a.isGlued(i + 2) && !a.goesOn(i + 3) else { return nil }
    let words = NumberWords.cardinal(hours) + (hours == 1 ? " hour " : " hours ") + NumberWords.cardinal(minutes)
    return .init(unit ? 4 : 3, words + (unit ? minutes == 1 ? " minute" : " minutes" : ""))
  }
}
