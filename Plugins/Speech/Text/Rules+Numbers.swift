/// Counts, ordinals, fractions, years and arithmetic.
extension Rules {
  private typealias T = NormalizerTables

  @Sendable static func cardinal(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let sign = isMinus(a, i) ? "minus " : isPlus(a, i) ? "plus " : ""
    if !sign.isEmpty, let n = Number(a, i + 1), n.fraction == nil { return .init(1 + n.count, sign + n.words) }
    guard let n = Number(a, i), n.fraction == nil else { return nil }
    let end = i + n.count
    if endsCard(a, i) || isCode(a, i, n) { return .init(n.count, NumberWords.spelled(n.integer)) }
    if let magnitude = T.magnitudes[a.lower(end)] { return .init(n.count + 1, n.words + " " + magnitude) }
    if a.lower(end) == "'s" || a.isSign(end, "'"), a.isGlued(end), a.lower(end + 1) == "s" {
      return .init(n.count + 2, NumberWords.plural(n.words))
    }
    return .init(n.count, n.words)
  }

  /// "ending in 8876"
  private static func endsCard(_ a: Atoms, _ i: Int) -> Bool {
    a.lower(i - 2) == "ending" && ["in", "with"].contains(a.lower(i - 1)) && a.text(i).count == 4
  }

  /// Five digits or more without commas are a code, unless they count something or are round.
  private static func isCode(_ a: Atoms, _ i: Int, _ n: Number) -> Bool {
    guard !n.isGrouped, n.integer.count >= 5 else { return false }
    let end = i + n.count
    let isAlone = i == 0 && a.count <= end + 2 && (end..<a.count).allSatisfy { !a.isLetters($0) && !a.isDigits($0) }
    if isAlone { return true }
    if n.integer.hasSuffix("000") || T.magnitudes[a.lower(end)] != nil { return false }
    let links: Set = [
      "is", "was", "and", "or", "to", "in", "at", "on", "for", "from", "with", "by", "please", "now", "as", "has", "if",
      "when", "then", "but",
    ]
    if a.isSmall(end), a.isSpaced(end), !links.contains(a.lower(end)) { return false }
    if ["of", "about", "over", "nearly", "than", "almost", "around", "to", "only", "roughly", "some"].contains(
      a.lower(i - 1))
    {
      return false
    }
    return !["+", "=", "*", "<", ">", "×", "÷"].contains { a.isSign(i - 1, $0) || a.isSign(end, $0) }
  }

  @Sendable static func decimal(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let name = isMinus(a, i) ? "minus " : isPlus(a, i) ? "plus " : "", sign = name.isEmpty ? 0 : 1
    guard let n = Number(a, i + sign), n.fraction != nil else { return nil }
    let end = i + sign + n.count
    // "a .38 caliber revolver"
    let isBore = n.integer.isEmpty && a.lower(a.isSign(end, "-") ? end + 1 : end).hasPrefix("calib")
    if isBore { return .init(n.count, NumberWords.cardinal(n.fraction!)) }
    let words = name + n.words
    if let magnitude = T.magnitudes[a.lower(end)] { return .init(sign + n.count + 1, words + " " + magnitude) }
    return .init(sign + n.count, words)
  }

  /// A hyphen before a number, after a blank or at the start: a sign, not a dash.
  static func isMinus(_ a: Atoms, _ i: Int) -> Bool {
    guard a.isSign(i, "-"), a.isGlued(i + 1), a.isDigits(i + 1) || a.isSign(i + 1, ".") else { return false }
    return !a.isGlued(i) || "(=.?!,<>^".contains(a.text(i - 1)) || ["GMT", "UTC"].contains(a.text(i - 1))
  }

  @Sendable static func ordinal(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = Number(a, i), n.fraction == nil, a.isGlued(i + n.count) else { return nil }
    let ending = a.lower(i + n.count)
    guard ["st", "nd", "rd", "th"].contains(ending) else { return nil }
    let tail = n.integer.suffix(2), last = n.integer.last!
    let teen = tail.count == 2 && tail.first == "1"
    let right = teen ? "th" : last == "1" ? "st" : last == "2" ? "nd" : last == "3" ? "rd" : "th"
    guard ending == right || n.integer == "0" else { return .init(n.count + 1, n.words + " " + ending) }
    // "1st-3rd"
    let dash = i + n.count + 1
    if a.isSign(dash, "-"), a.isGlued(dash), a.isGlued(dash + 1), a.isDigits(dash + 1), let high = ordinal(a, dash + 1)
    {
      return .init(n.count + 2 + high.count, NumberWords.ordinal(n.integer) + " to " + high.words)
    }
    return .init(n.count + 1, NumberWords.ordinal(n.integer))
  }

  /// `3/4`, `2 1/2`, `1/4th` and the signs for them.
  @Sendable static func fraction(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    func simple(_ i: Int) -> (count: Int, words: String, isOne: Bool)? {
      guard a.isDigits(i), a.isSign(i + 1, "/"), a.isDigits(i + 2), a.text(i).count <= 6, a.text(i + 2).count <= 6,
        a.isGlued(i + 1) == a.isGlued(i + 2), !a.isGlued(i + 3) || !a.isSign(i + 3, "/"), let top = Int(a.text(i)),
        !a.isSign(i + 3, "="), let bottom = Int(a.text(i + 2)), bottom > 1
      else { return nil }
      let ends =
        ["st", "nd", "rd", "th", "sts", "nds", "rds", "ths"].contains(a.lower(i + 3)) && a.isGlued(i + 3)
      guard ends || !a.goesOn(i + 3) else { return nil }
      var part = bottom == 2 ? "half" : bottom == 4 ? "quarter" : NumberWords.ordinal(a.text(i + 2))
      if bottom == 100 { part = "hundredth" }
      if top != 1 { part = bottom == 2 ? "halves" : NumberWords.plural(part) }
      return (ends ? 4 : 3, NumberWords.cardinal(a.text(i)) + " " + part, top == 1)
    }
    func joined(_ whole: String, _ part: String, _ isOne: Bool) -> String {
      whole + " and " + (isOne && part.hasSuffix("half") ? "a half" : part)
    }
    let sign = isMinus(a, i) ? 1 : 0, at = i + sign, minus = sign == 1 ? "minus " : ""
    if a.isDigits(at), a.text(at).count <= 4, !a.isGlued(at + 1), let f = simple(at + 1), a.isGlued(at + 2) {
      let end = at + 1 + f.count, unit = measureUnit(a, end, glued: true)
      let words = minus + joined(NumberWords.cardinal(a.text(at)), f.words, f.isOne)
      return .init(end + (unit?.count ?? 0) - i, words + (unit.map { " " + $0.many } ?? ""))
    }
    if a.lower(i + 3) == "mmhg", a.isDigits(i), a.isSign(i + 1, "/"), a.isDigits(i + 2) {
      let (top, bottom) = (NumberWords.cardinal(a.text(i)), NumberWords.cardinal(a.text(i + 2)))
      return .init(4, top + " over " + bottom + " millimeters of mercury")
    }
    // "He scored 98/100."
    if ["scored", "score", "got", "rated", "rating", "scores"].contains(a.lower(i - 1)), let f = simple(i), f.count == 3
    {
      return .init(3, NumberWords.cardinal(a.text(i)) + " out of " + NumberWords.cardinal(a.text(i + 2)))
    }
    guard let f = simple(at) else { return nil }
    let unit = measureUnit(a, at + f.count, glued: false)
    return .init(at + f.count + (unit?.count ?? 0) - i, minus + f.words + (unit.map { " " + $0.one } ?? ""))
  }

  /// Four digits alone that look like a year.
  @Sendable static func year(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = a.value(i, in: 1100...2099, length: 4...4), !a.goesOn(i + 1),
      !(a.isSign(i + 1, ".") && a.isGlued(i + 2) && a.isDigits(i + 2)), !(a.isSign(i + 1, ",") && a.goesOn(i + 2)),
      !endsCard(a, i), T.magnitudes[a.lower(i + 1)] == nil
    else { return nil }
    return .init(1, NumberWords.year(n))
  }

  /// `1980s`, `'80s`, `80s`, `mid-1980s`, `1960s-80s`.
  @Sendable static func decade(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    // "hundreds of people"
    let powers = ["10": "tens", "100": "hundreds", "1000": "thousands", "1000000": "millions"]
    if let n = Number(a, i), n.fraction == nil, let word = powers[n.integer], a.lower(i + n.count) == "s",
      a.isGlued(i + n.count), a.lower(i + n.count + 1) == "of"
    {
      return .init(n.count + 1, word)
    }
    var at = i, skipped = 0
    if a.isSign(i, "'"), a.isGlued(i + 1) { (at, skipped) = (i + 1, 1) }
    guard a.isDigits(at), a.text(at).hasSuffix("0"), [2, 4].contains(a.text(at).count), let n = Int(a.text(at)) else {
      return nil
    }
    let apostrophe = a.isSign(at + 1, "'") && a.isGlued(at + 1) ? 1 : 0
    guard a.lower(at + 1 + apostrophe) == "s",
      a.isGlued(at + 1 + apostrophe) || (n >= 1000 && apostrophe == 0), n >= 20
    else { return nil }
    return .init(
      skipped + 2 + apostrophe, NumberWords.plural(n >= 1000 ? NumberWords.year(n) : NumberWords.cardinal(n)))
  }
}
