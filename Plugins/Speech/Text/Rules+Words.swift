/// Abbreviations and spelled names.
extension Rules {
  private typealias T = NormalizerTables

  @Sendable static func abbreviation(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isLetters(i), !a.goesOn(i + 1) else { return nil }
    let lower = a.lower(i)
    if let match = slashed(a, i) { return match }
    if a.isStop(i + 1) { return stopped(a, i) }
    if let word = T.shortened[lower], !["dept"].contains(lower) || !a.isCapitalised(i + 1) { return .init(1, word) }
    if let title = T.titles[lower], a.isCapitalised(i), a.isCapitalised(i + 1), a.text(i) != a.text(i).uppercased() {
      return .init(1, title)
    }
    if a.text(i) == "No", a.isDigits(i + 1), a.isSpaced(i + 1) { return .init(1, "number") }
    return nil
  }

  /// Abbreviations with a full stop, which is swallowed.
  private static func stopped(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    let lower = a.lower(i)
    func swallowing(_ words: String) -> TextNormalizer.Match {
      .init(2, words, pause: i + 2 >= a.count ? .stop : nil)
    }
    let isNumbered =
      a.isDigits(i + 2) || (a.isLetters(i + 2) && a.isSpaced(i + 2) && NumberWords.roman(a.text(i + 2)) != nil)
    if lower == "tel", a.endsClause(i + 2) { return .init(2, "telephone") }
    if let word = T.counted[lower], isNumbered, lower != "no" || a.isCapitalised(i) || i > 0,
      lower != "c" || !a.isCapitalised(i),
      lower != "min" || i == 0 || !a.isDigits(i - 1)
    {
      return .init(2, word)
    }
    if ["max", "min"].contains(lower), a.isSmall(i + 2), !a.isDigits(i - 1) { return .init(2, lower + "imum") }
    if lower == "dr" { return swallowing("doctor") }
    if lower == "st" { return swallowing(a.isCapitalised(i + 2) ? "saint" : "street") }
    if lower == "rs", a.isDigits(i + 2) { return nil }
    if lower == "viz" { return swallowing("namely") }
    if lower == "al", a.lower(i - 1) == "et" { return swallowing("al") }
    if let word = T.abbreviations[lower], a.text(i) != a.text(i).uppercased() || lower.count > 3 {
      // Words or names of their own in small letters.
      let doubtful = ["sen", "rep", "gen", "col", "fig", "mt", "ft", "co", "inc", "ms", "adm"]
      guard !doubtful.contains(lower) || a.text(i) != lower else { return nil }
      return swallowing(word)
    }
    if ["e", "i"].contains(lower), ["g", "e"].contains(a.lower(i + 2)), a.isGlued(i + 2), !a.goesOn(i + 3) {
      return .init(a.isStop(i + 3) ? 4 : 3, lower == "e" ? "for example" : "that is")
    }
    if let word = T.shortened[lower] { return swallowing(word) }
    if let day = T.weekdays[lower], a.isCapitalised(i), i + 2 < a.count, lower != "sun" && lower != "sat" {
      return .init(2, day)
    }
    if lower == "ph", a.text(i + 2) == "D", a.isGlued(i + 2) { return .init(a.isStop(i + 3) ? 4 : 3, "P H D") }
    return nil
  }

  /// `w/o`, `c/o`, `N/A`, `24/7`, `50/50`: pieces around a slash with a reading of their own.
  @Sendable static func slashed(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isSign(i + 1, "/"), a.isGlued(i + 1), !a.isGlued(i) || "(\"'".contains(a.text(i - 1)) else { return nil }
    if a.lower(i) == "w", !a.isGlued(i + 2) { return .init(2, "with") }
    guard a.isGlued(i + 2), !(a.isGlued(i + 3) && (a.isSign(i + 3, "/") || a.isDigits(i + 3))) else { return nil }
    if let words = T.slashed[a.lower(i) + "/" + a.lower(i + 2)], !a.goesOn(i + 3) { return .init(3, words) }
    // Shares of a whole and equal parts: "50/50", "80/20", "20/20".
    guard let x = a.value(i, in: 10...99, length: 2...2), let y = a.value(i + 2, in: 10...99, length: 2...2),
      x == y || x + y == 100, !a.goesOn(i + 3)
    else { return nil }
    return .init(3, NumberWords.cardinal(x) + " " + NumberWords.cardinal(y))
  }

  /// `U.S.A.`, `C. S. Lewis`, `NASA` (the lexicon decides), `tv`, `PCs`.
  @Sendable static func letters(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isLetters(i) else { return nil }
    let text = a.text(i), single = text.count == 1 && text.first!.isLetter
    if single, a.isStop(i + 1) { return initials(a, i) }
    let body = text.hasSuffix("s") && text.count > 2 ? String(text.dropLast()) : text
    if T.spelled.contains(text.lowercased()) {
      return .init(1, body == text || text == "dns" ? text.uppercased() : body.uppercased() + "'s")
    }
    if text.count > 1, text == text.uppercased(), !text.contains("'") { return .init(1, text) }
    if text.hasSuffix("'s") || text.hasSuffix("'S"), text.dropLast(2).count > 1,
      text.dropLast(2).allSatisfy(\.isUppercase)
    {
      return .init(1, text.dropLast(2) + "'s")
    }
    if body != text, body == body.uppercased(), body.count > 1, !body.contains("'") { return .init(1, body + "'s") }
    if single, text.first!.isUppercase,
      !["I", "A"].contains(text) || (a.isGlued(i) && (a.isDigits(i - 1) || a.isSign(i - 1, "&")))
        || (["/", "&"].contains(a.text(i + 1)) && a.isGlued(i + 1) && a.isGlued(i + 2))
        || (text == "A" && isLetterA(a, i))
    {
      return .init(1, text)
    }
    return nil
  }

  /// "Plan A is", "A, B or C": not the article, which begins a sentence or a word of a title, and has a word after it.
  private static func isLetterA(_ a: Atoms, _ i: Int) -> Bool {
    func isCapital(_ i: Int) -> Bool { a.isCapitalised(i) && a.text(i).count == 1 && a.text(i) != "I" }
    if isCapital(i + 1) || isCapital(i - 1) { return true }
    // A sign after a blank opens something: A "friend".
    if !a.isLetters(i + 1) { return !a.isSpaced(i + 1) }
    return a.isLetters(i - 1) && a.isSmall(i + 1)
  }

  /// Letters with a stop after each.
  private static func initials(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    var (at, all) = (i, "")
    while a.isLetters(at), a.text(at).count == 1, a.isStop(at + 1) {
      guard at == i || a.isGlued(at) || a.text(at).first!.isUppercase else { break }
      all += a.text(at).uppercased()
      at += 2
    }
    if a.isGlued(at), a.isLetters(at), a.text(at).count == 1 {
      all += a.text(at).uppercased()
      at += 1
    }
    let isEnd = at >= a.count || (all.count > 1 && a.isCapitalised(at) && startsSentence(a.lower(at)))
    // One lower-case letter before a stop is a word's end.
    guard all.count > 1 || a.isCapitalised(i), all != "I" || !isEnd else { return nil }
    return .init(at - i, all, pause: isEnd ? .stop : nil)
  }

  private static func startsSentence(_ word: String) -> Bool {
    ["the", "it", "he", "she", "they", "we", "this", "that", "in", "but", "and", "a", "i", "there", "you", "when"]
      .contains(word)
  }

  /// After a name: "the third"; after chapter, part, war ...: "three"; before century: "fourteenth".
  @Sendable static func roman(_ a: Atoms, _ i: Int) -> TextNormalizer.Match? {
    guard a.isLetters(i), !a.isGlued(i) else { return nil }
    let owned = a.text(i).hasSuffix("'s") ? "'s" : "", text = String(a.text(i).dropLast(owned.count))
    guard let value = NumberWords.roman(text), !a.goesOn(i + 1) else { return nil }
    if ["century", "centuries"].contains(a.lower(i + 1)), text.count > 1 || text != "I" {
      return .init(1, NumberWords.ordinal(String(value)))
    }
    let at = a.isStop(i - 1) && T.countedBefore.contains(a.lower(i - 2)) ? i - 2 : i - 1
    guard a.isLetters(at) else { return nil }
    let before = a.text(at)
    if T.countedBefore.contains(before.lowercased()), value < 1000, text != "I" || a.isCapitalised(at) {
      return .init(1, NumberWords.cardinal(value))
    }
    guard a.isCapitalised(at), before.dropFirst().allSatisfy({ $0.isLowercase }), before.count > 2, value < 40 else {
      return nil
    }
    let isLast = i + 1 == a.count || a.isStop(i + 1) && i + 2 == a.count
    switch text {
    case "I":
      // Else a pronoun.
      let isKing =
        royal.contains(before.lowercased())
        && (isLast || a.lower(i + 1) == "of" || !owned.isEmpty || a.endsClause(i + 1) || a.isStop(i + 1))
      guard isKing || (isLast && i == at + 1 && !askers.contains(before.lowercased())) else { return nil }
    case "X": guard royal.contains(before.lowercased()) else { return nil }
    case "V": guard royal.contains(before.lowercased()) || !a.isLetters(i + 1) else { return nil }
    case "C", "D", "L", "M": return nil
    default: break
    }
    return .init(1, "the " + NumberWords.ordinal(String(value)) + owned)
  }

  /// Names that a lone I follows as "the first" rather than as a pronoun.
  private static let royal: Set<String> = [
    "elizabeth", "charles", "james", "george", "william", "henry", "mary", "francis", "frederick", "nicholas", "peter",
    "alexander", "napoleon", "edward", "richard", "leopold", "ferdinand", "philip", "louis", "paul", "pius", "wilhelm",
  ]
  /// Words that a pronoun follows.
  private static let askers: Set<String> = [
    "can", "could", "did", "had", "have", "may", "might", "must", "shall", "should", "was", "were", "will", "would",
    "and", "but", "than", "that", "what", "who", "how", "why", "when", "where", "which", "neither", "nor", "only",
    "not",
    "like", "does", "here", "there", "are",
  ]
}
