/// The sound file formats that are written; libsndfile reads more, MP3 among them.
public enum AudioFormat: String, CaseIterable, Sendable {
  /// 16-bit PCM.
  case wav
  /// 16 bits, lossless.
  case flac
  /// Opus in Ogg, at 48 kHz or one of its lower rates.
  case opus
  /// Vorbis in Ogg.
  case vorbis

  /// The format a file extension stands for, with or without its dot, in any case; nil when unknown.
  public init?(pathExtension: String) {
    switch pathExtension.drop(while: { $0 == "." }).lowercased() {
    case "wav", "wave": self = .wav
    case "flac": self = .flac
    case "opus": self = .opus
    case "ogg", "oga": self = .vorbis
    default: return nil
    }
  }

  /// The format that the extension of a path stands for, or nil.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    self.init(pathExtension: String(path[dot...]))
  }

  /// The usual file extension, without a dot.
  public var pathExtension: String { self == .vorbis ? "ogg" : rawValue }

  /// The name as people write it.
  public var displayName: String {
    switch self {
    case .wav: "WAV"
    case .flac: "FLAC"
    case .opus: "Ogg Opus"
    case .vorbis: "Ogg Vorbis"
    }
  }
}
