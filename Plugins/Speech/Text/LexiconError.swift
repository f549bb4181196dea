/// What can be wrong with a lexicon.
public enum LexiconError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String)
  /// A compiled lexicon that is cut short or of another format.
  case damaged(file: String)
  case phone(String, line: Int)
  case noPhones(word: String, line: Int)

  public var description: String {
    switch self {
    case .unreadable(let file): "\(file): cannot be read; check the path and its permissions"
    case .damaged(let file): "\(file): is no compiled lexicon of this version; install the package again"
    case .phone(let name, let line):
      "line \(line): '\(name)' is no ARPAbet phone; write one of AA AE AH ... ZH, vowels with stress 0, 1 or 2"
    case .noPhones(let word, let line): "line \(line): '\(word)' has no phones; write 'WORD  PH1 PH2 ...'"
    }
  }
}
