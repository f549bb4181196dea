import Foundation
import OneStepFlow

/// English text to the symbols a voice is trained on.
///
/// Text is cut at sentences, normalised by rules, and every word is looked up: the user's lexicon, homographs, the
/// dictionary, its regular forms, letters for abbreviations, and last the letter-to-sound network.
public struct FrontEnd: Sendable {
  /// Where the phones of a word come from.
  public enum Source: String, Sendable, CaseIterable {
    case user, homograph, dictionary, inflected, letters, network, given
  }

  /// A written word and how it is said.
  public struct Word: Sendable, Equatable {
    public let written: String
    /// The words it is said as, separated by blanks.
    public let spoken: String
    /// The rule that made the spoken form.
    public let rule: String
    public var phones: [Phone]
    public let source: Source
    /// Characters of the input.
    public let range: Range<Int>
  }

  /// What is said in one go.
  public struct Utterance: Sendable, Equatable {
    public var words: [Word] = []
    /// Ids of ``PhoneSymbols``.
    public var symbols: [Int] = []
    /// For every symbol the index of its word, or `nil` for pauses.
    public var wordOfSymbol: [Int?] = []
    public var endsParagraph = false
    public init() {}

    /// What a voice is given: the symbols after one for the silence before the first phone.
    public var ids: [Int] { [PhoneSymbols.pad] + symbols }
  }

  /// Symbols beyond which an utterance is closed.
  public static let limit = 300
  /// Letters beyond which an unknown word is no word, and is spelled: the network takes long over those.
  static let longestWord = 50

  private let normalizer = TextNormalizer()
  private let lexicon: Lexicon
  private let user: UserLexicon?
  private let network: LazyNetwork

  /// - Parameters:
  ///   - lexicon: a compiled dictionary.
  ///   - network: the letter-to-sound model, opened when the first unknown word comes.
  public init(lexicon: Lexicon, network path: String?, user: UserLexicon? = nil) {
    (self.lexicon, self.user) = (lexicon, user)
    network = LazyNetwork(path)
  }

  /// The dictionary `cmudict.lexicon` and the model `g2p.safetensors` of a folder; without the model unknown words are
  /// spelled.
  public init(folder: String, user: UserLexicon? = nil) throws(LexiconError) {
    let model = folder + "/g2p.safetensors"
    self.init(
      lexicon: try Lexicon(contentsOf: folder + "/cmudict.lexicon"),
      network: FileManager.default.fileExists(atPath: model) ? model : nil, user: user)
  }

  /// An utterance of phones that were given, as by SSML's `phoneme`.
  public func callAsFunction(phones: [Phone], written: String) -> Utterance {
    var result = Utterance()
    let word = Word(
      written: written, spoken: written, rule: "phones", phones: phones, source: .given, range: 0..<written.count)
    result.append(phones, of: word, joining: false)
    return result
  }

  /// The utterances of a text; none where it has no letter, digit or sign that can be said.
  public func callAsFunction(_ text: String) throws(ModelError) -> [Utterance] {
    try utterances(text, first: 0)
  }

  func utterances(_ text: String, first: Int) throws(ModelError) -> [Utterance] {
    var result: [Utterance] = []
    for sentence in Sentences.split(text) {
      var building = Utterance()
      let tokens = normalizer(sentence.text, first: first + sentence.first)
      let spoken = tokens.flatMap { $0.spoken.filter { $0 != "," } }
      var at = 0
      for token in tokens {
        if let pause = token.pause { building.append(pause) }
        var place = at
        at += token.spoken.lazy.filter { $0 != "," }.count
        for part in token.spoken {
          if part == "," { building.append(.short); continue }
          func neighbour(_ i: Int) -> String { spoken.indices.contains(i) ? spoken[i].lowercased() : "" }
          let (phones, source) =
            token.rule == "phones"
            ? (Self.given(part, of: token), .given)
            : try phones(
              part, before: neighbour(place - 1), beforeThat: neighbour(place - 2), after: neighbour(place + 1))
          place += 1
          if building.symbols.count + phones.count >= Self.limit { building.close(&result, cut: true) }
          let isFirst = part == token.spoken.first { $0 != "," }
          building.append(
            phones,
            of: Word(
              written: token.written, spoken: token.spoken.filter { $0 != "," }.joined(separator: " "),
              rule: token.rule, phones: phones,
              source: source, range: token.range), joining: !isFirst)
        }
      }
      building.close(&result, cut: false)
      // Also where the last sentence has nothing that can be said.
      if sentence.endsParagraph, !result.isEmpty { result[result.count - 1].endsParagraph = true }
    }
    return result
  }

  /// The phones of one spoken word between its neighbours, and where they come from.
  func phones(
    _ word: String, before: String = "", beforeThat: String = "", after: String = ""
  ) throws(ModelError) -> ([Phone], Source) {
    let lower = word.lowercased()
    if let own = user?[lower] { return (own, .user) }
    let isCapital = word == word.uppercased() && word.contains { $0.isLetter }
    if isCapital, word.count == 1, word != "I" || before == "" && after == "" { return (Self.spelled(lower), .letters) }
    if let found = Homographs.phones(lower, before: before, beforeThat: beforeThat, after: after) {
      return (found, .homograph)
    }
    if lower == "a" { return ([Phone("AH0")!], .dictionary) }
    // "US" and "IT" are letters though "us" and "it" are words; "NASA" is a word.
    let isInitialism =
      isCapital
      && (word.count <= 2 || (word.count == 3 && Self.initialisms.contains(word))
        || (lexicon[lower] == nil && word.count <= 5))
    if isInitialism { return (Self.spelled(lower), .letters) }
    if let found = lexicon[lower] { return (found, .dictionary) }
    if let found = inflected(lower) { return (found, .inflected) }
    let base = lower.hasSuffix("'s") ? String(lower.dropLast(2)) : lower
    if base.count == 1 || base.count > Self.longestWord || !base.contains(where: { "aeiouy".contains($0) }) {
      let letters = Self.spelled(base)
      return (base == lower ? letters : letters + Self.plural(after: letters), .letters)
    }
    let said = try network()?(base) ?? Self.spelled(base)
    return (base == lower ? said : said + Self.plural(after: said), network.isPresent ? .network : .letters)
  }

  /// The phones that a bracket gives, in ARPAbet with its sign, or in the International Phonetic Alphabet.
  private static func given(_ part: String, of token: TextNormalizer.Token) -> [Phone] {
    "[{".contains(token.written.first!) ? [Phone(part)!] : IPA.phones(part) ?? []
  }

  private static let initialisms: Set<String> = [
    "WHO", "USA", "CIA", "FBI", "CEO", "BBC", "CNN", "NBA", "NFL", "IBM", "PHD", "DNA", "IRS",
  ]

  /// `'s`, plurals, `-ed`, `-ing` and compounds of words the dictionary has.
  private func inflected(_ word: String) -> [Phone]? {
    func stem(_ count: Int, adding: String = "") -> [Phone]? {
      word.count > count + 2 ? lexicon[word.dropLast(count) + adding] : nil
    }
    if word.hasSuffix("'s") || word.hasSuffix("s'"), let base = stem(2) ?? stem(1) {
      return base + Self.plural(after: base)
    }
    if word.hasSuffix("es"), let base = stem(1) ?? stem(2) { return base + Self.plural(after: base) }
    if word.hasSuffix("s"), !word.hasSuffix("ss"), let base = stem(1) { return base + Self.plural(after: base) }
    if word.hasSuffix("ed"), let base = stem(1) ?? stem(2), let last = base.last {
      return base
        + (["T", "D"].contains(last.base)
          ? [Phone("IH0")!, Phone("D")!] : [Phone(Self.isVoiceless(last) ? "T" : "D")!])
    }
    if word.hasSuffix("ing"), let base = stem(3) ?? stem(3, adding: "e") {
      return base + [Phone("IH0")!, Phone("NG")!]
    }
    if word.hasSuffix("ly"), let base = stem(2) { return base + [Phone("L")!, Phone("IY0")!] }
    return nil
  }

  private static func isVoiceless(_ phone: Phone) -> Bool {
    ["P", "T", "K", "F", "TH", "S", "SH", "CH"].contains(phone.base)
  }
  static func plural(after phones: [Phone]) -> [Phone] {
    guard let last = phones.last else { return [Phone("Z")!] }
    if ["S", "Z", "SH", "ZH", "CH", "JH"].contains(last.base) { return [Phone("IH0")!, Phone("Z")!] }
    return [Phone(isVoiceless(last) ? "S" : "Z")!]
  }

  private static let letterNames: [Character: [Phone]] = [
    "a": "EY1", "b": "B IY1", "c": "S IY1", "d": "D IY1", "e": "IY1", "f": "EH1 F", "g": "JH IY1", "h": "EY1 CH",
    "i": "AY1",
    "j": "JH EY1", "k": "K EY1", "l": "EH1 L", "m": "EH1 M", "n": "EH1 N", "o": "OW1", "p": "P IY1", "q": "K Y UW1",
    "r": "AA1 R", "s": "EH1 S", "t": "T IY1", "u": "Y UW1", "v": "V IY1", "w": "D AH1 B AH0 L Y UW0", "x": "EH1 K S",
    "y": "W AY1", "z": "Z IY1",
  ].mapValues { [Phone](arpabet: $0)! }

  static func spelled(_ word: String) -> [Phone] { word.flatMap { letterNames[$0] ?? [] } }
}

/// The letter-to-sound network, opened once and only when a word needs it.
private final class LazyNetwork: @unchecked Sendable {
  // The lock guards `opened`; the network itself is a value that never changes.
  private let lock = NSLock()
  private let path: String?
  private var opened: GraphemeToPhoneme?

  init(_ path: String?) { self.path = path }
  var isPresent: Bool { path != nil }

  func callAsFunction() throws(ModelError) -> GraphemeToPhoneme? {
    lock.lock()
    defer { lock.unlock() }
    guard let path else { return nil }
    if let opened { return opened }
    let network = try GraphemeToPhoneme(contentsOf: path)
    opened = network
    return network
  }
}
