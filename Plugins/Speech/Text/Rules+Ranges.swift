/// Ranges, ratios, arithmetic and versions.
extension Rules {
  /// `a-b` of years, numbers, money, times or measures: "a to b".
  @Sendable static func range(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if let first = decade(a, i), a.isSign(i + first.count, "-"), let second = decade(a, i + first.count + 1) {
      return .init(first.count + 1 + second.count, first.words + " to " + second.words)
    }
    if let ratio = ratio(a, i) { return ratio }
    guard let low = Number(a, i), !isMinus(a, i) else { return nil }
    if let match = signed(a, i, low) { return match }
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
    if let degrees = degrees(a, end, isOne: false) {
      return .init(count + degrees.count, low.words + " to " + high.words + degrees.words)
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
    // Falling numbers, and a short one before a long one that is not round, are parts of a code.
    if let (x, y) = Int(low.integer).flatMap({ x in Int(high.integer).map { (x, $0) } }) {
      if x >= 100, y < x { return nil }
      if high.integer.count >= low.integer.count + 3, y % 100 != 0 { return nil }
    }
    if low.integer == high.integer, low.fraction == high.fraction { return .init(count, low.words + " " + high.words) }
    guard high.integer != "0", !high.integer.hasPrefix("0") else { return nil }
    return .init(count, low.words + " to " + high.words)
  }

  /// `16:9`, `1:100`; hours and minutes are a rule of their own.
  private static func ratio(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isDigits(i), a.isSign(i + 1, ":"), a.isGlued(i + 1), a.isGlued(i + 2), let low = Number(a, i),
      let high = Number(a, i + 2), low.count == 1, !a.goesOn(i + 2 + high.count), !a.isSign(i + 2 + high.count, ":"),
      !a.isGlued(i)
    else { return nil }
    return .init(2 + high.count, low.words + " to " + high.words)
  }

  /// `10%-15%`, `20°-25°`: both ends with their sign.
  private static func signed(_ a: Atoms, _ i: Int, _ low: Number) -> TextNormalizer.Match? {
    let end = i + low.count
    guard let first = degrees(a, end, isOne: low.isOne), a.isSign(end + first.count, "-"), a.isGlued(end + first.count),
      let high = Number(a, end + first.count + 1), a.isGlued(end + first.count + 1)
    else { return nil }
    let last = end + first.count + 1 + high.count
    guard let second = degrees(a, last, isOne: high.isOne) else { return nil }
    return .init(last + second.count - i, low.words + first.words + " to " + high.words + second.words)
  }

  /// `2+3`, `x = 1`, `2x8`, `1-2=5`, `4.4x`.
  @Sendable static func math(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if let power = power(a, i) ?? scientific(a, i) { return power }
    let names = [
      "+": "plus", "=": "equals", "*": "times", "×": "times", "÷": "divided by", "±": "plus or minus",
      "≠": "is not equal to",
    ]
    func operand(_ i: Int) -> Bool {
      Number(a, i) != nil || (a.isLetters(i) && a.text(i).count == 1) || "(√π".contains(a.text(i))
    }
    let follows = i > 0 && (a.isDigits(i - 1) || a.text(i - 1).count == 1)
    if let name = names[a.text(i)], i + 1 < a.count, operand(i + 1), follows { return .init(1, name) }
    if a.isSign(i, "/"), follows, a.isDigits(i + 1), a.isSign(i + 2, "=") { return .init(1, "divided by") }
    if a.isSign(i, "-"), follows, let n = Number(a, i + 1), a.isSign(i + 1 + n.count, "=") { return .init(1, "minus") }
    if a.lower(i) == "x", a.isGlued(i), a.isDigits(i - 1) {
      return .init(1, a.isDigits(i + 1) && a.isGlued(i + 1) ? "by" : "X")
    }
    // "3 x 4", "10 m x 20 m"
    if a.text(i) == "x" || a.text(i) == "×", !a.isGlued(i), let n = Number(a, i + 1),
      a.isDigits(i - 1)
        || (a.isDigits(i - 2) && (["'", "\""].contains(a.text(i - 1)) || NormalizerTables.unit(a.text(i - 1)) != nil))
    {
      return .init(1, a.isSign(i + 1 + n.count, "=") ? "times" : "by")
    }
    return nil
  }

  /// `2^10`, `x^2`, `10^-6`.
  private static func power(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isSign(i, "^"), a.isGlued(i), a.isGlued(i + 1),
      a.isDigits(i - 1) || a.isLetters(i - 1) || a.isSign(i - 1, ")")
    else { return nil }
    if a.isSign(i + 1, "2") || a.isSign(i + 1, "3"), !a.goesOn(i + 2) {
      return .init(2, a.isSign(i + 1, "2") ? "squared" : "cubed")
    }
    let sign = a.isSign(i + 1, "-") ? 1 : 0
    if let n = Number(a, i + 1 + sign) {
      return .init(1 + sign + n.count, "to the " + (sign == 1 ? "minus " : "") + n.words)
    }
    return a.isLetters(i + 1) && a.text(i + 1).count == 1 ? .init(2, "to the " + a.text(i + 1).uppercased()) : nil
  }

  /// `6.02e23`.
  private static func scientific(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard let n = Number(a, i), n.integer.count == 1, !a.isGlued(i) || a.isSign(i - 1, "-"),
      a.lower(i + n.count) == "e",
      a.isGlued(i + n.count)
    else { return nil }
    let at = i + n.count + 1, sign = a.isSign(at, "-") ? 1 : a.isSign(at, "+") ? 1 : 0
    guard a.isGlued(at), a.isGlued(at + sign), let exponent = a.value(at + sign, in: 0...999, length: 1...3),
      !a.goesOn(at + sign + 1)
    else { return nil }
    let words = (a.isSign(at, "-") ? "minus " : "") + NumberWords.cardinal(exponent)
    return .init(at + sign + 1 - i, n.words + " times ten to the " + words)
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
    guard at - start >= (start > i ? 0 : 4), a.isDigits(at), start > i || Number(a, i)?.isGrouped != true,
      // "V510210" is a code.
      a.text(i) != "V" || at > start, start == i || a.text(start).count < 5
    else { return nil }
    return .init(at + 1 - i, words.joined(separator: " "))
  }
}
