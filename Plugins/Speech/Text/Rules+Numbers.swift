/// Counts, ordinals, fractions, years and arithmetic.
extension Rules {
  private typealias T = NormalizerTables

  @Sendable static func cardinal(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if isMinus(a, i), let n = Number(a, i + 1), n.fraction == nil { return .init(1 + n.count, "minus " + n.words) }
    guard let n = Number(a, i), n.fraction == nil else { return nil }
    if a.lower(i - 2) == "ending" { return .init(n.count, NumberWords.spelled(n.integer)) }
    // "No. 5" and "5 million".
    if let magnitude = T.magnitudes[a.lower(i + n.count)] { return .init(n.count + 1, n.words + " " + magnitude) }
    if a.lower(i + n.count) == "'s" || a.isSign(i + n.count, "'"), a.isGlued(i + n.count),
      a.lower(i + n.count + 1) == "s"
    {
      return .init(n.count + 2, NumberWords.plural(n.words))
    }
    return .init(n.count, n.words)
  }

  @Sendable static func decimal(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let sign = isMinus(a, i) ? 1 : 0
    guard let n = Number(a, i + sign), n.fraction != nil else { return nil }
    let end = i + sign + n.count
    let words = (sign == 1 ? "minus " : "") + n.words
    if let magnitude = T.magnitudes[a.lower(end)] { return .init(sign + n.count + 1, words + " " + magnitude) }
    return .init(sign + n.count, words)
  }

  /// A hyphen before a number, after a blank or at the start: a sign, not a dash.
  static func isMinus(_ a: Atoms, _ i: Int) -> Bool {
    guard a.isSign(i, "-"), a.isGlued(i + 1), a.isDigits(i + 1) || a.isSign(i + 1, ".") else { return false }
    return !a.isGlued(i) || "(=.?!,".contains(a.text(i - 1))
  }

  @Sendable static func ordinal(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = Number(a, i), n.fraction == nil, a.isGlued(i + n.count) else { return nil }
    let ending = a.lower(i + n.count)
    guard ["st", "nd", "rd", "th"].contains(ending) else { return nil }
    let tail = n.integer.suffix(2), last = n.integer.last!
    let teen = tail.count == 2 && tail.first == "1"
    let right = teen ? "th" : last == "1" ? "st" : last == "2" ? "nd" : last == "3" ? "rd" : "th"
    guard ending == right || n.integer == "0" else { return .init(n.count + 1, n.words + " " + ending) }
    return .init(n.count + 1, NumberWords.ordinal(n.integer))
  }

  /// `3/4`, `2 1/2`, `1/4th` and the signs for them.
  @Sendable static func fraction(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    func simple(_ i: Int) -> (count: Int, words: String, isOne: Bool)? {
      guard a.isDigits(i), a.isSign(i + 1, "/"), a.isDigits(i + 2), a.text(i).count <= 6, a.text(i + 2).count <= 6,
        a.isGlued(i + 1) == a.isGlued(i + 2), !a.isGlued(i + 3) || !a.isSign(i + 3, "/"), let top = Int(a.text(i)),
        let bottom = Int(a.text(i + 2)), bottom > 1
      else { return nil }
      let ends = ["st", "nd", "rd", "th"].contains(a.lower(i + 3)) && a.isGlued(i + 3)
      guard ends || !a.goesOn(i + 3) else { return nil }
      var part = bottom == 2 ? "half" : bottom == 4 ? "quarter" : NumberWords.ordinal(a.text(i + 2))
      if top != 1 { part = bottom == 2 ? "halves" : NumberWords.plural(part) }
      return (ends ? 4 : 3, NumberWords.cardinal(a.text(i)) + " " + part, top == 1)
    }
    func joined(_ whole: String, _ part: String, _ isOne: Bool) -> String {
      whole + " and " + (isOne ? (part.hasSuffix("half") ? "a half" : "a " + part.dropFirst(4)) : part)
    }
    let signs = ["½": ("one half", true), "¼": ("one quarter", true), "¾": ("three quarters", false)]
    if let f = simple(i) { return .init(f.count, f.words) }
    if a.isDigits(i), a.text(i).count <= 4, !a.isGlued(i + 1), let f = simple(i + 1), a.isGlued(i + 2) {
      return .init(1 + f.count, joined(NumberWords.cardinal(a.text(i)), f.words, f.isOne))
    }
    if a.isDigits(i), let sign = signs[a.text(i + 1)] {
      return .init(2, joined(NumberWords.cardinal(a.text(i)), sign.0, sign.1))
    }
    return nil
  }

  /// Four digits alone that look like a year.
  @Sendable static func year(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = a.value(i, in: 1100...2099, length: 4...4), !a.goesOn(i + 1),
      !(a.isSign(i + 1, ".") && a.isGlued(i + 2) && a.isDigits(i + 2)), !(a.isSign(i + 1, ",") && a.goesOn(i + 2)),
      a.lower(i - 2) != "ending", T.magnitudes[a.lower(i + 1)] == nil
    else { return nil }
    return .init(1, NumberWords.year(n))
  }

  /// `1980s`, `'80s`, `80s`, `mid-1980s`, `1960s-80s`.
  @Sendable static func decade(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
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

  /// `a-b` of years, numbers, money, times or measures: "a to b".
  @Sendable static func range(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if let first = decade(a, i), a.isSign(i + first.count, "-"), let second = decade(a, i + first.count + 1) {
      return .init(first.count + 1 + second.count, first.words + " to " + second.words)
    }
    guard let low = Number(a, i), !isMinus(a, i) else { return nil }
    let dash = i + low.count
    guard a.isSign(dash, "-"), a.isGlued(dash + 1) == a.isGlued(dash), let high = Number(a, dash + 1) else {
      return nil
    }
    let end = dash + 1 + high.count, count = end - i
    // A third group makes it a serial number, a letter a name.
    guard !(a.isSign(end, "-") && a.isGlued(end)), !a.isSign(end, "="), !a.isSign(end, "/") || !a.isGlued(end),
      !(a.isGlued(i) && (a.isLetters(i - 1) || a.isSign(i - 1, "-")))
    else { return nil }
    if a.isSign(dash + 1, "."), a.isSpaced(dash + 1) { return nil }
    if let unit = measureUnit(a, end, glued: a.isGlued(end)) {
      return .init(count + unit.count, low.words + " to " + high.words + " " + unit.many)
    }
    guard !a.goesOn(end) else { return nil }
    if low.integer.count == 4, !low.isGrouped, let first = Int(low.integer), (1100...2099).contains(first) {
      if high.integer.count == 4, let second = Int(high.integer) {
        return .init(count, NumberWords.year(first) + " to " + NumberWords.year(second))
      }
      if high.integer.count == 2 {
        return .init(count, NumberWords.year(first) + " to " + NumberWords.cardinal(high.integer))
      }
    }
    guard high.integer != "0" else { return nil }
    return .init(count, low.words + " to " + high.words)
  }

  /// `2+3`, `x = 1`, `2x8`, `1-2=5`, `4.4x`.
  @Sendable static func math(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let names = ["+": "plus", "=": "equals", "*": "times", "×": "times", "÷": "divided by", "±": "plus or minus"]
    func operand(_ i: Int) -> Bool { Number(a, i) != nil || (a.isLetters(i) && a.text(i).count == 1) }
    if let name = names[a.text(i)], operand(i + 1), i > 0, a.isDigits(i - 1) || a.text(i - 1).count == 1 {
      return .init(1, name)
    }
    if a.isSign(i, "-"), i > 0, a.isDigits(i - 1), let n = Number(a, i + 1), a.isSign(i + 1 + n.count, "=") {
      return .init(1, "minus")
    }
    if a.lower(i) == "x", a.isGlued(i), a.isDigits(i - 1) {
      return .init(1, a.isDigits(i + 1) && a.isGlued(i + 1) ? "by" : "X")
    }
    return nil
  }

  /// `v2.1.3`, `10.15.7`, `Python 3.11` stays a decimal.
  @Sendable static func version(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    var at = i, words: [String] = []
    if ["v", "ver", "version"].contains(a.lower(i)) {
      at += 1
      if a.isSign(at, "."), a.lower(i) != "version" { at += 1 }
      guard a.isDigits(at) else { return nil }
      words.append("version")
    }
    let start = at
    while a.isDigits(at) {
      words.append(NumberWords.cardinal(a.text(at)))
      guard a.isSign(at + 1, "."), a.isGlued(at + 1), a.isGlued(at + 2), a.isDigits(at + 2) else { break }
      words.append("point")
      at += 2
    }
    guard at - start >= (start > i ? 0 : 4), a.isDigits(at) else { return nil }
    return .init(at + 1 - i, words.joined(separator: " "))
  }

  /// After a name: "the third"; after chapter, part, war ...: "three".
  @Sendable static func roman(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isLetters(i), i > 0, !a.isGlued(i), a.isLetters(i - 1), let value = NumberWords.roman(a.text(i)),
      !a.goesOn(i + 1)
    else { return nil }
    let text = a.text(i), before = a.text(i - 1)
    if NormalizerTables.countedBefore.contains(before.lowercased()) { return .init(1, NumberWords.cardinal(value)) }
    guard before.first!.isUppercase, before.dropFirst().allSatisfy({ $0.isLowercase }), before.count > 2, value < 40,
      text.count > 1 || ((text == "V" || text == "X") && !a.isLetters(i + 1))
        || (text == "I" && (i + 1 == a.count || a.lower(i + 1) == "of") && royal.contains(before.lowercased()))
    else { return nil }
    return .init(1, "the " + NumberWords.ordinal(String(value)))
  }
  /// Names that a lone I follows as "the first" rather than as a pronoun.
  private static let royal: Set<String> = [
    "elizabeth", "charles", "james", "george", "william", "henry", "mary", "francis", "frederick", "nicholas", "peter",
    "alexander", "napoleon", "edward", "richard", "leopold", "ferdinand", "philip",
  ]
}

extension Atoms {
  func isSpaced(_ i: Int) -> Bool { list.indices.contains(i) && list[i].isSpaced }
}
