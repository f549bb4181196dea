/// Written English to words that can be said, by named rules.
///
/// Rules are tried in order at every place; the first that fits wins. Time is linear in the length of the text.
public struct TextNormalizer: Sendable {
  /// A piece of the text: words, or a pause.
  public struct Token: Sendable, Equatable {
    /// The rule that fired, such as "money"; "word" where nothing had to be done, "pause" for punctuation.
    public let rule: String
    public let written: String
    /// What is said. A word in capitals is spelled; `,` is a short pause. Empty for pauses.
    public let spoken: [String]
    public let pause: Pause?
    /// Characters of the input.
    public let range: Range<Int>
  }

  /// What a rule found: how many atoms it takes and what they say.
  struct Match {
    let count: Int
    let words: String
    var pause: Pause?
    init(_ count: Int, _ words: String, pause: Pause? = nil) {
      (self.count, self.words, self.pause) = (count, words, pause)
    }
  }
  typealias Rule = (name: String, match: @Sendable (Atoms, Int) -> Match?)

  static let rules: [Rule] = [
    ("phones", Rules.phones), ("slashed", Rules.slashed), ("address", Rules.address), ("electronic", Rules.electronic),
    ("telephone", Rules.telephone), ("date", Rules.date),
    ("time", Rules.time), ("money", Rules.money), ("fraction", Rules.fraction), ("range", Rules.range),
    ("measure", Rules.measure), ("ordinal", Rules.ordinal), ("roman", Rules.roman), ("version", Rules.version),
    ("decade", Rules.decade), ("math", Rules.math), ("serial", Rules.serial), ("year", Rules.year),
    ("decimal", Rules.decimal), ("cardinal", Rules.cardinal), ("abbreviation", Rules.abbreviation),
    ("letters", Rules.letters), ("symbol", Rules.symbol),
  ]
  /// Names of the rules in the order they are tried.
  public static var ruleNames: [String] { rules.map(\.name) }

  public init() {}

  /// - Parameter first: the place of the text's first character in a longer input, where ranges count from.
  public func callAsFunction(_ text: some StringProtocol, first: Int = 0) -> [Token] {
    let atoms = Atoms(text, first: first)
    var tokens: [Token] = [], i = 0
    while i < atoms.count {
      let (name, match) = Self.match(atoms, i)
      let end = min(i + max(1, match.count), atoms.count)
      let range = atoms.list[i].range.lowerBound..<atoms.list[end - 1].range.upperBound
      let written = (i..<end).map { (($0 > i && atoms.list[$0].isSpaced) ? " " : "") + atoms.text($0) }.joined()
      let spoken = match.words.split(separator: " ").map(String.init)
      if !spoken.isEmpty {
        tokens.append(Token(rule: name, written: written, spoken: spoken, pause: nil, range: range))
      }
      if let pause = match.pause {
        tokens.append(
          Token(rule: "pause", written: spoken.isEmpty ? written : "", spoken: [], pause: pause, range: range))
      }
      i = end
    }
    return tokens
  }

  private static func match(_ atoms: Atoms, _ i: Int) -> (String, Match) {
    let isPlain = atoms.isLetters(i) && !mayMean(atoms, i)
    if !isPlain {
      for rule in rules { if let match = rule.match(atoms, i) { return (rule.name, match) } }
    }
    if atoms.isLetters(i) { return ("word", Match(1, atoms.lower(i))) }
    return ("pause", Match(1, "", pause: Pause(atoms.text(i))))
  }

  /// Whether a word can be the start of anything but itself: most cannot, and skip all rules.
  private static func mayMean(_ a: Atoms, _ i: Int) -> Bool {
    if a.isGlued(i + 1), !a.isLetters(i + 1), !",;!?)\"".contains(a.text(i + 1)) { return true }
    if a.isGlued(i), !"(\"'".contains(a.text(i - 1)) { return true }
    let (text, lower) = (a.text(i), a.lower(i))
    if text != lower, text.count <= 5 || text.dropFirst().contains(where: \.isUppercase) { return true }
    return a.isDigits(i + 1) || NormalizerTables.months.contains(lower) || NormalizerTables.shortened[lower] != nil
      || NormalizerTables.shortMonths[lower] != nil || NormalizerTables.spelled.contains(lower) || lower.count <= 3
  }

  /// The words alone, for a look at what is said; pauses are left out.
  public func words(_ text: String) -> String {
    self(text).flatMap(\.spoken).filter { $0 != "," }.joined(separator: " ")
  }
}

/// A break in speech that the text's punctuation asks for.
public enum Pause: Int, Sendable, Equatable, CaseIterable {
  case short, stop, question, exclamation

  /// `nil` for signs that are not heard.
  init?(_ sign: String) {
    switch sign {
    case ",", ";", ":", "(", ")", "[", "]", "{", "}": self = .short
    case ".": self = .stop
    case "?": self = .question
    case "!": self = .exclamation
    default: return nil
    }
  }
}

/// The rules, each a function of the atoms and a place; extended in `Rules+*.swift`.
enum Rules {}
