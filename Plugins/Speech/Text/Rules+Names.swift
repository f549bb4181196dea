/// Addresses of all kinds, telephone numbers, abbreviations and spelled names.
extension Rules {
  private typealias T = NormalizerTables

  /// House numbers, compass letters, streets and postal codes.
  @Sendable static func address(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if a.isDigits(i), (3...4).contains(a.text(i).count), !a.goesOn(i + 1), a.isLetters(i + 1), !a.isGlued(i + 1),
      leadsToStreet(a, i + 1)
    {
      return .init(1, NumberWords.pairs(a.text(i)))
    }
    if let word = T.directions[a.lower(i)], a.text(i).count == 1, a.text(i).first!.isUppercase, !a.isSign(i + 1, "."),
      i > 0, a.isDigits(i - 1), leadsToStreet(a, i + 1)
    {
      return .init(1, word)
    }
    if let state = T.states[a.text(i)], i > 0, a.isSign(i - 1, ","),
      a.isDigits(i + 1) || a.isSign(i + 1, ",") || i + 1 == a.count
    {
      return .init(1, state)
    }
    if a.isDigits(i), a.text(i).count == 5,
      T.states[a.text(i - 1)] != nil || (a.isSign(i - 1, ",") && T.states[a.text(i - 2)] != nil)
    {
      return .init(1, NumberWords.spelled(a.text(i)))
    }
    if let street = T.streets[a.lower(i)], a.isLetters(i), i > 0, !a.isGlued(i), streetStarts(a, i) {
      let stop = a.isSign(i + 1, ".") && a.isGlued(i + 1)
      guard stop || a.lower(i) != "dr" || a.isSign(i + 1, ",") || i + 1 == a.count else { return nil }
      // The stop also ends a sentence where a capital or nothing follows.
      let ends = stop && (i + 2 >= a.count || (a.isLetters(i + 2) && a.text(i + 2).first!.isUppercase))
      return .init(stop ? 2 : 1, street, pause: ends ? .stop : nil)
    }
    return nil
  }

  /// Whether one to three words with a capital (or an ordinal) end in a street's short name.
  private static func leadsToStreet(_ a: Atoms, _ start: Int) -> Bool {
    var i = start
    for _ in 0..<5 {
      if i > start, T.streets[a.lower(i)] != nil, !(a.text(i).count == 2 && a.text(i) == a.text(i).uppercased()) {
        return true
      }
      guard
        a.isDigits(i)
          || (a.isLetters(i) && (a.text(i).first!.isUppercase || ["st", "nd", "rd", "th"].contains(a.lower(i))))
      else { return false }
      i += 1
    }
    return false
  }

  /// Whether what comes before a street's short name is a name, or an ordinal after a number.
  private static func streetStarts(_ a: Atoms, _ i: Int) -> Bool {
    let before = a.text(i - 1)
    if a.isLetters(i - 1), before.first!.isUppercase, before.count > 1,
      !["the", "on", "in", "at", "and"].contains(a.lower(i - 1))
    {
      // "Dr. Smith" and "St. Paul" after a sentence's first word.
      let follows = a.isSign(i + 1, ".") ? i + 2 : i + 1
      let named = a.isLetters(follows) && a.text(follows).first!.isUppercase && !a.isSign(i + 1, ",")
      let numbered = (max(0, i - 4)..<i).contains { a.isDigits($0) }
      return ["st", "dr"].contains(a.lower(i)) && a.text(i).first!.isUppercase
        ? (numbered || !named) && (a.isSign(i + 1, ".") || numbered) && a.text(i) != a.text(i).uppercased() : true
    }
    return ["st", "nd", "rd", "th"].contains(a.lower(i - 1)) && a.isGlued(i - 1)
  }

  // MARK: Electronic

  /// Addresses of mail and of the net.
  @Sendable static func electronic(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard !a.isGlued(i) || "(\"'<[".contains(a.text(i - 1)), a.isLetters(i) || a.isDigits(i) else { return nil }
    var end = i + 1
    while a.isGlued(end), end - i < 200 { end += 1 }
    while end > i + 1, ".,;:!?)]}>\"'".contains(a.text(end - 1)) { end -= 1 }
    guard end - i >= 3 else { return nil }
    let signs = (i..<end).map { a.text($0) }
    let scheme = signs.count > 3 && signs[1] == ":" && signs[2] == "/" && signs[3] == "/"
    let at = signs.firstIndex(of: "@"), host = at.map { $0 + 1 } ?? 0
    let www = signs[0].lowercased() == "www" && signs[1] == "."
    var isAddress = scheme || www
    if !isAddress, let at, at > 0 { isAddress = signs[at...].contains(".") && a.isLetters(i + at + 1) }
    if !isAddress, at == nil { isAddress = hasDomain(a, i + host, end) }
    guard isAddress else { return nil }
    return .init(end - i, signs.indices.map { electronic(a, i + $0, signs) }.joined(separator: " "))
  }

  /// `name.tld`, `name.tld/path`: a label with letters, a dot, a last label of the usual kind.
  private static func hasDomain(_ a: Atoms, _ i: Int, _ end: Int) -> Bool {
    var last = "", at = i
    guard a.isLetters(i) || a.isDigits(i), (i..<end).contains(where: { a.isLetters($0) && a.text($0).count > 1 }) else {
      return false
    }
    while at < end, !a.isSign(at, "/"), !a.isSign(at, ":") {
      guard a.isLetters(at) || a.isDigits(at) || a.isSign(at, ".") || a.isSign(at, "-") else { return false }
      if a.isSign(at, ".") { last = a.text(at + 1) }
      at += 1
    }
    guard last == last.lowercased(), last.count >= 2, last.allSatisfy(\.isLetter),
      a.lower(i).count > 1 || a.isDigits(i + 1)
    else { return false }
    let label = a.text(i)
    return T.spokenDomains.contains(last)
      || ((2...3).contains(last.count) && label == label.lowercased() && label.count > 2)
  }

  private static func electronic(_ a: Atoms, _ i: Int, _ all: [String]) -> String {
    let names = [
      ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", ":": "colon", "?": "question mark",
    ]
    if a.isDigits(i) { return NumberWords.spelled(a.text(i)) }
    if !a.isLetters(i) { return names[a.text(i)] ?? T.signs[a.text(i)] ?? "" }
    let text = a.lower(i)
    let isVowelless = !text.contains { "aeiouy".contains($0) }
    if ["http", "https", "www", "ftp", "html", "php", "pdf", "url"].contains(text) || (isVowelless && text.count <= 5) {
      return text.uppercased()
    }
    if text.count == 2, a.isSign(i - 1, "."), !["nemo"].contains(text) { return text.uppercased() }
    return text
  }

  // MARK: Telephone

  /// Groups of digits in the usual patterns, said digit by digit with a pause between the groups.
  @Sendable static func telephone(_ a: Atoms, _ start: Int) -> TextNormalizer.Match? {
    var i = start, groups: [String] = [], words: [String] = []
    if a.isSign(i, "+"), a.isGlued(i + 1), a.isDigits(i + 1), a.text(i + 1).count <= 3 {
      words.append("plus " + NumberWords.spelled(a.text(i + 1)))
      i += 2
    } else if a.isSign(i, "1"), a.isSign(i + 1, "-"), a.isGlued(i + 1), a.isDigits(i + 2), a.text(i + 2).count == 3,
      a.isSign(i + 3, "-")
    {
      words.append("one")
      i += 1
    }
    if let dotted = address4(a, start) { return dotted }
    while i < a.count {
      var at = i
      let separated = a.isSign(at, "-") || (a.isSign(at, ".") && a.isGlued(at))
      if separated, at > start { at += 1 }
      let open = a.isSign(at, "(") && a.isDigits(at + 1) && a.isSign(at + 2, ")") ? 1 : 0
      guard
        a.isDigits(at + open)
          || (!words.isEmpty && separated && a.isLetters(at) && a.text(at) == a.text(at).uppercased()),
        a.isGlued(at) || at == start || a.isSign(at - 1, ")") || (!words.isEmpty && groups.isEmpty)
          || (!groups.isEmpty && a.text(at).count >= 3), groups.count < 6
      else { break }
      groups.append(a.text(at + open))
      i = at + 1 + 2 * open
    }
    let shape = groups.map(\.count), numeric = groups.allSatisfy { $0.first!.isNumber }
    let plain = [[3, 3, 4], [3, 2, 4], [3, 3, 4, 4]].contains(shape) && numeric
    let international = !words.isEmpty && numeric && groups.count >= 1 && shape.reduce(0, +) >= 6
    let letters = !words.isEmpty && groups.count >= 2 && shape[0] == 3 && groups[0].first!.isNumber && !numeric
    let short =
      shape == [3, 4] && numeric && ["call", "phone", "at", "dial", "tel", "number"].contains(a.lower(start - 1))
    guard plain || international || letters || short, !a.goesOn(i) else { return nil }
    words += groups.enumerated().map { index, group in
      guard group.first!.isNumber else { return group }
      return index == 0 && group.hasSuffix("00") && group.count == 3
        ? NumberWords.cardinal(group) : NumberWords.spelled(group)
    }
    return .init(i - start, words.joined(separator: " , "))
  }

  /// Four numbers with dots between them, each below 256.
  private static func address4(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard [0, 2, 4, 6].allSatisfy({ a.value(i + $0, in: 0...255, length: 1...3) != nil }),
      [1, 3, 5].allSatisfy({ a.isSign(i + $0, ".") && a.isGlued(i + $0) && a.isGlued(i + $0 + 1) }), !a.goesOn(i + 7)
    else { return nil }
    return .init(7, [0, 2, 4, 6].map { NumberWords.spelled(a.text(i + $0)) }.joined(separator: " dot "))
  }

  // MARK: Abbreviations and letters

  @Sendable static func abbreviation(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isLetters(i), !a.goesOn(i + 1) else { return nil }
    let lower = a.lower(i), stop = a.isSign(i + 1, ".") && a.isGlued(i + 1)
    let named = a.isLetters(i + 2) && a.text(i + 2).first!.isUppercase
    func swallowing(_ words: String) -> TextNormalizer.Match {
      .init(2, words, pause: i + 2 >= a.count ? .stop : nil)
    }
    if stop {
      if lower == "no", a.isDigits(i + 2), a.text(i).first!.isUppercase || i > 0 { return .init(2, "number") }
      if lower == "dr" { return swallowing("doctor") }
      if lower == "st" { return swallowing(named ? "saint" : "street") }
      if lower == "p", a.isDigits(i + 2) { return .init(2, "page") }
      if lower == "pp", a.isDigits(i + 2) { return .init(2, "pages") }
      if let word = T.abbreviations[lower], a.text(i) != a.text(i).uppercased() || lower.count > 3 {
        guard
          !["sen", "rep", "gen", "col", "fig", "mt", "ft", "co", "est", "inc"].contains(lower) || a.text(i) != lower
            || lower == "est"
        else { return nil }
        return swallowing(word)
      }
      if ["e", "i"].contains(lower), ["g", "e"].contains(a.lower(i + 2)), a.isSign(i + 3, "."), a.isGlued(i + 2) {
        return .init(4, lower == "e" ? "for example" : "that is")
      }
      if let day = T.weekdays[lower], a.text(i).first!.isUppercase, i + 2 < a.count, lower != "sun" && lower != "sat" {
        return .init(2, day)
      }
    } else if let word = T.shortened[lower], a.isLetters(i) {
      return .init(1, word)
    } else if lower == "dr", a.text(i) == "Dr", a.isLetters(i + 1), a.text(i + 1).first!.isUppercase {
      return .init(1, "doctor")
    }
    return nil
  }

  /// `U.S.A.`, `C. S. Lewis`, `NASA` (the lexicon decides), `tv`, `PCs`.
  @Sendable static func letters(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isLetters(i) else { return nil }
    let text = a.text(i), single = text.count == 1 && text.first!.isLetter
    if single, a.isSign(i + 1, "."), a.isGlued(i + 1) {
      var (at, all) = (i, "")
      while a.isLetters(at), a.text(at).count == 1, a.isSign(at + 1, "."), a.isGlued(at + 1) {
        guard at == i || a.isGlued(at) || a.text(at).first!.isUppercase else { break }
        all += a.text(at).uppercased()
        at += 2
      }
      if a.isGlued(at), a.isLetters(at), a.text(at).count == 1 {
        all += a.text(at).uppercased()
        at += 1
      }
      let isEnd =
        at >= a.count
        || (all.count > 1 && a.isLetters(at) && a.text(at).first!.isUppercase && startsSentence(a.lower(at)))
      // One lower-case letter before a stop is a word's end.
      guard all.count > 1 || text.first!.isUppercase, all != "I" || !isEnd else { return nil }
      return .init(at - i, all, pause: isEnd ? .stop : nil)
    }
    if ["tv", "dvd", "cd", "pc", "usb", "gps", "pdf", "html", "faq", "ceo", "diy", "hdmi", "sms", "sql", "xml"]
      .contains(text.lowercased())
    {
      return .init(1, text.uppercased())
    }
    let body = text.hasSuffix("s") && text.count > 2 ? String(text.dropLast()) : text
    if text.count > 1, text == text.uppercased(), !text.contains("'") { return .init(1, text) }
    if text.hasSuffix("'s") || text.hasSuffix("'S"), text.dropLast(2).count > 1,
      text.dropLast(2).allSatisfy(\.isUppercase)
    {
      return .init(1, text.dropLast(2) + "'s")
    }
    if body != text, body == body.uppercased(), body.count > 1 { return .init(1, body + "'s") }
    if single, text.first!.isUppercase, !["I", "A"].contains(text) || a.isGlued(i) && a.isDigits(i - 1) {
      return .init(1, text)
    }
    return nil
  }

  private static func startsSentence(_ word: String) -> Bool {
    ["the", "it", "he", "she", "they", "we", "this", "that", "in", "but", "and", "a", "i", "there", "you", "when"]
      .contains(word)
  }

  /// Letters and digits in one: `C24`, `25d08A`, `covid-19`, `401(k)`, `7-eleven`.
  @Sendable static func serial(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    if a.isSign(i, "401"), a.isSign(i + 1, "("), a.lower(i + 2) == "k", a.isSign(i + 3, ")") {
      return .init(4, "four oh one K")
    }
    guard a.isDigits(i) || a.isLetters(i) else { return nil }
    let before = a.isGlued(i) && (a.isLetters(i - 1) || a.isSign(i - 1, "-")),
      after = a.isGlued(i + 1) && a.isLetters(i + 1)
    if a.isDigits(i), before || after, Number(a, i)?.count == 1 {
      let text = a.text(i)
      return .init(1, text.hasPrefix("0") ? NumberWords.spelled(text) : NumberWords.cardinal(text))
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
    if a.isSign(i, "."), a.isSign(i + 1, "."), a.isGlued(i + 1) {
      var end = i + 2
      while a.isSign(end, ".") { end += 1 }
      return .init(end - i, "", pause: .short)
    }
    if sign == "-" {
      if a.isSign(i + 1, "-"), a.isGlued(i + 1) { return .init(2, "", pause: .short) }
      // A dash between blanks is a pause, a hyphen in a word is nothing.
      return .init(1, "", pause: !a.isGlued(i) && !a.isGlued(i + 1) && i > 0 ? .short : nil)
    }
    if sign == "#", a.isGlued(i + 1) { return .init(1, a.isDigits(i + 1) ? "number" : "hashtag") }
    // The slash of a tag.
    if sign == "/", a.isSign(i - 1, "<") || a.isSign(i + 1, ">") { return .init(1, "") }
    if sign == "/", a.isGlued(i), a.isGlued(i + 1), ["and", "he", "his", "him"].contains(a.lower(i - 1)) {
      return .init(1, a.lower(i - 1) == "and" ? "" : "or")
    }
    if sign == "*" || sign == "_" || sign == "~" || sign == "|" || sign == "<" || sign == ">" || sign == "^"
      || sign == "\\"
    {
      // Marks around a word are formatting.
      guard a.isGlued(i) && a.isGlued(i + 1) && i > 0, !"</>".contains(a.text(i + 1)) else { return .init(1, "") }
    }
    return T.signs[sign].map { .init(1, $0) }
  }
}
