/// Why a text could not be spoken.
public enum SpeakingError: Error, Equatable, CustomStringConvertible {
  /// The text has no letter, digit or sign that can be said, and asks for no silence.
  case nothingToSay
  case tooLong(bytes: Int, limit: Int)
  case option(String, value: Double, allowed: String)
  /// Markup asks for a voice that was not given.
  case unknownVoice(String, known: [String])

  public var description: String {
    switch self {
    case .nothingToSay: "there is nothing to say: the text has no letter, digit or sign with a name"
    case .tooLong(let bytes, let limit): "the text has \(bytes) bytes, more than \(limit); split it"
    case .option(let name, let value, let allowed): "\(name) \(value.shortest) is outside \(allowed)"
    case .unknownVoice(let name, let known):
      "the text asks for the voice \(name); known here: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
    }
  }
}

extension Double {
  /// Whole numbers without a fraction.
  var shortest: String { Int(exactly: self).map(String.init) ?? String(self) }
}
