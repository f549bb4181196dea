/// Addresses of mail and of the net, files and paths.
extension Rules {
  private typealias T = NormalizerTables

  @Sendable static func electronic(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard !a.isGlued(i) || "(\"'<[{=".contains(a.text(i - 1)) else { return nil }
    if a.isSign(i, "/") || a.isSign(i, "~") || a.isSign(i, "\\") { return path(a, i) }
    if a.isSign(i, "@"), a.isGlued(i + 1), a.isLetters(i + 1) { return name(a, i, from: i + 1, "at") }
    if a.isSign(i, "#"), a.isGlued(i + 1), a.isLetters(i + 1) { return name(a, i, from: i + 1, "hashtag") }
    guard a.isLetters(i) || a.isDigits(i) else { return nil }
    let end = Self.end(a, i)
    guard end - i >= 3 else { return nil }
    let signs = (i..<end).map { a.text($0) }
    let scheme = signs.count > 3 && signs[1] == ":" && ((signs[2] == "/" && signs[3] == "/") || signs[2] == "\\")
    let mailto = signs[0].lowercased() == "mailto" && signs[1] == ":"
    let at = signs.firstIndex(of: "@"), host = at.map { $0 + 1 } ?? 0
    let www = signs[0].lowercased() == "www" && signs[1] == "."
    var isAddress = scheme || www || mailto
    if !isAddress, let at, at > 0 {
      isAddress =
        signs[at...].contains(".") && (a.isLetters(i + at + 1) || a.isDigits(i + at + 1))
        && signs[(at + 1)...].contains { $0.first!.isLetter }
    }
    if !isAddress, at == nil { isAddress = hasDomain(a, i + host, end) || isFile(a, i, end) || isHost(a, i, end) }
    guard isAddress else { return nil }
    return said(a, i, end)
  }

  private static func said(_ a: Atoms, _ i: Int, _ end: Int) -> TextNormalizer.Match {
    .init(end - i, (i..<end).map { piece(a, $0) }.joined(separator: " "))
  }

  /// The end of what is glued together, without the punctuation that follows it.
  private static func end(_ a: Atoms, _ i: Int) -> Int {
    var end = i + 1
    while a.isGlued(end), end - i < 200 { end += 1 }
    while end > i + 1, ".,;:!?)]}>\"'".contains(a.text(end - 1)) { end -= 1 }
    return end
  }

  /// `/usr/lib`, `~/notes`: a root and at least one name; two parts where the root is a slash.
  private static func path(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let end = Self.end(a, i), slashes = (i..<end).count { a.isSign($0, "/") || a.isSign($0, "\\") }
    guard end - i >= 3, slashes >= 2 || (a.isSign(i, "~") && slashes == 1), !a.isSign(end - 1, "/") || slashes > 2,
      a.isLetters(i + 1) || (a.isSign(i, "~") && a.isSign(i + 1, "/"))
    else { return nil }
    return said(a, i, end)
  }

  /// `@ann_k`, `#two_words`: letters, digits and underscores.
  private static func name(_ a: Atoms, _ i: Int, from start: Int, _ sign: String) -> TextNormalizer.Match? {
    var end = start, words = [sign]
    while end == start || a.isGlued(end), a.isLetters(end) || a.isDigits(end) || a.isSign(end, "_") {
      if a.isDigits(end) {
        words.append(a.value(end, in: 1900...2099).map { NumberWords.year($0) } ?? NumberWords.cardinal(a.text(end)))
      } else {
        words.append(a.isLetters(end) ? split(a.text(end)) : "underscore")
      }
      end += 1
    }
    return .init(end - i, words.joined(separator: " "))
  }

  /// `ThrowbackThursday` as two words.
  private static func split(_ text: String) -> String {
    var words: [String] = [""], wasSmall = false
    for c in text {
      if c.isUppercase, wasSmall { words.append("") }
      words[words.count - 1].append(c)
      wasSmall = c.isLowercase
    }
    guard words.count > 1, words.allSatisfy({ $0.count > 1 }) else {
      return text == text.uppercased() ? text : text.lowercased()
    }
    return words.joined(separator: " ").lowercased()
  }

  /// `name.tld`, `name.tld/path`: a label with letters, a dot, a last label of the usual kind.
  private static func hasDomain(_ a: Atoms, _ i: Int, _ end: Int) -> Bool {
    var last = "", at = i
    guard (i..<end).contains(where: { a.isLetters($0) && a.text($0).count > 1 }) else { return false }
    while at < end, !a.isSign(at, "/"), !a.isSign(at, ":"), !a.isSign(at, "?") {
      guard a.isLetters(at) || a.isDigits(at) || a.isSign(at, ".") || a.isSign(at, "-") else { return false }
      if a.isSign(at, ".") { last = a.text(at + 1) }
      at += 1
    }
    guard last == last.lowercased(), last.count >= 2, last.allSatisfy(\.isLetter), !T.noDomains.contains(last),
      a.lower(i).count > 1 || a.isDigits(i + 1) || T.spokenDomains.contains(last)
    else { return false }
    let label = a.text(i)
    return T.spokenDomains.contains(last)
      || ((2...3).contains(last.count) && label == label.lowercased() && label.count > 2)
  }

  /// A name and the ending of a known kind of file.
  private static func isFile(_ a: Atoms, _ i: Int, _ end: Int) -> Bool {
    guard a.isSign(end - 2, "."), T.fileEndings.contains(a.lower(end - 1)), a.text(end - 1) != "Java" else {
      return false
    }
    return (i..<(end - 2)).allSatisfy { a.isLetters($0) || a.isDigits($0) || "_-./\\".contains(a.text($0)) }
  }

  /// `localhost:8080`, `10.0.0.1:80`, `10.0.0.0/8`.
  private static func isHost(_ a: Atoms, _ i: Int, _ end: Int) -> Bool {
    guard end - i > 2, a.isDigits(end - 1) else { return false }
    if a.lower(i) == "localhost" { return a.isSign(i + 1, ":") }
    return end - i == 9 && (":/".contains(a.text(i + 7))) && address4(a, i, strict: false) != nil
  }

  private static func piece(_ a: Atoms, _ i: Int) -> String {
    let names = [
      ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", ":": "colon", "?": "question mark",
      "#": "hash", "!": "exclamation mark", ",": "comma", ";": "semicolon",
    ]
    if a.isDigits(i) { return NumberWords.spelled(a.text(i)) }
    if !a.isLetters(i) { return names[a.text(i)] ?? T.signs[a.text(i)] ?? "" }
    let text = a.lower(i)
    let isVowelless = !text.contains { "aeiouy".contains($0) }
    if T.spelled.contains(text) || ["www", "ftp", "php", "url", "api", "exe", "ini", "iso", "avi"].contains(text)
      || (isVowelless && text.count <= 5)
    {
      return text.uppercased()
    }
    if text.count == 2, a.isSign(i - 1, "."), !["me", "go", "is", "at"].contains(text) || a.isGlued(i + 1) {
      return text.uppercased()
    }
    return text
  }
}
