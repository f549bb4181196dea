/// Serial numbers, phones and lone signs.
extension Rules {
  private typealias T = NormalizerTables

  /// `{HH AH0 L OW1}` or `[K AE1 T]`, and words in phonetic letters.
  @Sendable static func phones(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if a.isPhones(i) { return .init(1, a.text(i)) }
    guard a.isSign(i, "{") || a.isSign(i, "[") else { return nil }
    let close = a.isSign(i, "{") ? "}" : "]"
    var names: [String] = [], at = i + 1, hasStress = false
    while !a.isSign(at, close) {
      guard a.isLetters(at), a.text(at) == a.text(at).uppercased(), names.count < 100 else { return nil }
      let digit = a.isGlued(at + 1) && a.isDigits(at + 1) ? a.text(at + 1) : ""
      guard Phone(a.text(at) + digit) != nil else { return nil }
      names.append(a.text(at) + digit)
      hasStress = hasStress || !digit.isEmpty
      at += digit.isEmpty ? 1 : 2
    }
    return hasStress ? .init(at + 1 - i, names.joined(separator: " ")) : nil
  }

  /// Letters and digits in one: `C24`, `25d08A`, `covid-19`, `401(k)`, `7-eleven`.
  @Sendable static func serial(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if a.isSign(i, "401") || a.isSign(i, "403"), a.isSign(i + 1, "("), a.text(i + 2).count == 1, a.isSign(i + 3, ")") {
      return .init(4, NumberWords.pairs(a.text(i)) + " " + a.text(i + 2).uppercased())
    }
    // A slash within a code is not said.
    if a.isSign(i, "/"), a.isGlued(i), a.isGlued(i + 1), a.isSign(i + 2, "-"), a.isGlued(i + 2),
      a.isDigits(i - 1) != a.isDigits(i + 1)
    {
      return .init(1, "")
    }
    guard a.isDigits(i) || a.isLetters(i) else { return nil }
    if a.isDigits(i), a.isSign(i + 1, "/"), a.isGlued(i + 1), a.isGlued(i + 2), a.text(i + 2).count == 1,
      a.isLetters(i + 2),
      !a.isGlued(i + 3) || ".,;:!?)".contains(a.text(i + 3))
    {
      let unit = ["s": "second", "h": "hour", "m": "meter", "K": "kelvin"][a.text(i + 2)]
      return .init(3, NumberWords.cardinal(a.text(i)) + " per " + (unit ?? a.text(i + 2).uppercased()))
    }
    let before = a.isGlued(i) && (a.isLetters(i - 1) || a.isSign(i - 1, "-")),
      after = a.isGlued(i + 1) && a.isLetters(i + 1)
    if a.isDigits(i), before || after, Number(a, i)?.count == 1 {
      let text = a.text(i)
      if let year = a.value(i, in: 1900...2099), a.text(i - 1) == "FY" { return .init(1, NumberWords.year(year)) }
      return .init(1, text.hasPrefix("0") || text.count > 4 ? NumberWords.spelled(text) : NumberWords.cardinal(text))
    }
    if a.isLetters(i), a.text(i).count == 1,
      (a.isGlued(i) && a.isDigits(i - 1)) || (a.isGlued(i + 1) && (a.isDigits(i + 1) || a.isSign(i + 1, "-")))
        || (a.isGlued(i) && a.isSign(i - 1, "-"))
    {
      return .init(1, a.text(i).uppercased())
    }
    return nil
  }

  @Sendable static func symbol(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let sign = a.text(i)
    if sign == ".", a.isSign(i + 1, "."), a.isGlued(i + 1) {
      var end = i + 2
      while a.isSign(end, ".") { end += 1 }
      return .init(end - i, "", pause: .short)
    }
    if let match = face(a, i) ?? comparison(a, i) { return match }
    // "4(b)(2)": a bracket within a code is no pause.
    if sign == "(" || sign == ")", a.isGlued(i), a.goesOn(i + 1) || (a.isSign(i + 1, "(") && a.isGlued(i + 1)) {
      return .init(1, "")
    }
    switch sign {
    case "-":
      if a.isSign(i + 1, "-"), a.isGlued(i + 1) {
        var end = i + 2
        while a.isSign(end, "-"), a.isGlued(end) { end += 1 }
        return .init(end - i, "", pause: .short)
      }
      // A dash between blanks is a pause, a hyphen in a word is nothing.
      return .init(1, "", pause: !a.isGlued(i) && !a.isGlued(i + 1) && i > 0 ? .short : nil)
    case "#" where a.isGlued(i) && a.text(i - 1).count == 1 && a.isLetters(i - 1): return .init(1, "sharp")
    case "#" where a.isGlued(i + 1): return .init(1, a.isDigits(i + 1) ? "number" : "hashtag")
    case "/":
      // The slash of a tag.
      if a.isSign(i - 1, "<") || a.isSign(i + 1, ">") { return .init(1, "") }
      let parts = [
        "s": "second", "sec": "second", "min": "minute", "hr": "hour", "hour": "hour", "day": "day", "week": "week",
        "month": "month", "year": "year", "person": "person",
      ]
      if a.isGlued(i), a.isGlued(i + 1), a.isDigits(i - 1) || a.text(i - 1).count > 1, let part = parts[a.text(i + 1)],
        !a.goesOn(i + 2)
      {
        return .init(2, "per " + part)
      }
      // Beside it nothing: a slash alone is not said where it closes.
      return a.isGlued(i) && !a.isGlued(i + 1) && i + 1 == a.count && i > 1 ? .init(1, "") : .init(1, "slash")
    case "*", "_", "~", "|", "<", ">", "^", "\\":
      // Marks around a word are formatting.
      let isWithin =
        a.isGlued(i) && a.isGlued(i + 1) && i > 0 && !"</>*_".contains(a.text(i + 1)) && !"*_".contains(a.text(i - 1))
      let closesTag = sign == ">" && (max(0, i - 6)..<i).contains { a.isSign($0, "<") }
      let isBetween = (sign == "<" || sign == ">") && i > 0 && !a.isGlued(i) && !a.isGlued(i + 1)
      return (isWithin && !closesTag) || isBetween ? .init(1, T.signs[sign]!) : .init(1, "")
    default: return T.signs[sign].map { .init(1, $0) }
    }
  }

  /// `:-)`, `;)`, `:D`, `<3`: not said.
  private static func face(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard ":;=".contains(a.text(i)), !a.text(i).isEmpty, !a.isGlued(i) || i == 0 else { return nil }
    let nose = a.isSign(i + 1, "-") || a.isSign(i + 1, "'") ? 1 : 0, mouth = a.text(i + 1 + nose)
    guard a.isGlued(i + 1), a.isGlued(i + 1 + nose),
      [")", "(", "D", "P", "p", "/", "|", "O", "o", "]"].contains(mouth),
      !a.isGlued(i + 2 + nose) || ".,!?)(".contains(a.text(i + 2 + nose))
    else { return nil }
    return .init(2 + nose, "", pause: .short)
  }

  /// `<5`, `~50`, `≥ 3`, `±5` before a number.
  private static func comparison(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let opens = !a.isGlued(i) || "(\"".contains(a.text(i - 1))
    guard opens, a.isGlued(i + 1) else { return nil }
    let next = a.isSign(i + 1, "=") ? i + 2 : i + 1
    let counts = a.isDigits(next) || a.isSign(next, "$") || (a.isSign(next, ".") && a.isDigits(next + 1))
    guard counts, ["<", ">", "~"].contains(a.text(i)),
      !(a.isSign(i, "<") && a.isSign(i + 1, "3") && !a.isGlued(i + 2) && i > 0)
    else { return nil }
    if a.isSign(i, "~") { return .init(1, "about") }
    return .init(next - i, T.signs[a.text(i)]! + (next > i + 1 ? " or equal to" : ""))
  }
}
