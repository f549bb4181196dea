/// Everything that can go wrong with sound given by a user.
public enum AudioError: Error, Equatable, Sendable {
  /// A file could not be read; `code` is the system's errno.
  case unreadable(path: String, code: Int32)
  /// A file could not be written; `reason` is the system's message.
  case unwritable(path: String, reason: String)
  /// The file extension names no format that is written.
  case unknownExtension(path: String)
  /// There are no bytes, or no samples, at all.
  case empty(name: String)
  /// The bytes are something other than a sound file; `detail` says what.
  case foreign(name: String, detail: String)
  /// The bytes end before the sound does.
  case truncated(name: String)
  /// The bytes break the format's rules; `detail` is the decoding library's message.
  case damaged(name: String, detail: String)
  /// The file holds more samples than `Audio.sampleLimit`.
  case tooLong(name: String)
  /// A sample is not a number or infinite.
  case notFinite(name: String)
  /// The sound could not be encoded; `detail` says why.
  case cannotEncode(AudioFormat, detail: String)
  /// The sample rate, in Hz, cannot be reached from the sound's.
  case unusableRate(from: Int, to: Int)
  /// The sound is too short for what was asked.
  case tooShort(samples: Int, minimum: Int)

  /// What kind of failure it is, so that a command line can choose its exit code.
  public var kind: MediaError.Kind {
    switch self {
    case .unreadable: .cannotRead
    case .unwritable, .unknownExtension, .cannotEncode: .cannotWrite
    default: .badData
    }
  }
}

extension AudioError {
  /// Errors of reading and writing bytes, which images have in common.
  init(_ error: MediaError, path: String) {
    switch error {
    case .unreadable(let path, let code): self = .unreadable(path: path, code: code)
    case .unwritable(let path, let reason): self = .unwritable(path: path, reason: reason)
    default: self = .damaged(name: path, detail: error.description)
    }
  }
}

extension AudioError: CustomStringConvertible {
  /// One line: where, what, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let code):
      "\(path): cannot be read: \(systemMessage(code)). Check the path and its permissions."
    case .unwritable(let path, let reason):
      "\(path): cannot be written: \(reason). Check the folder, its permissions and the free space."
    case .unknownExtension(let path):
      "\(path): the extension names no sound format. Use .wav, .flac, .opus or .ogg."
    case .empty(let name): "\(name): holds no sound. Fetch or record it again."
    case .foreign(let name, let detail): "\(name): \(detail)"
    case .truncated(let name): "\(name): ends too early. Was it cut off while being copied?"
    case .damaged(let name, let detail): "\(name): is damaged: \(detail). Fetch or export it again."
    case .tooLong(let name): "\(name): holds more than \(Audio.sampleLimit) samples. Cut it into parts."
    case .notFinite(let name): "\(name): holds samples that are not numbers. Export it again, as 16-bit PCM."
    case .cannotEncode(let format, let detail):
      "the sound cannot be written as \(format.displayName): \(detail). Choose another format."
    case .unusableRate(let from, let to): "sound at \(from) Hz cannot be brought to \(to) Hz. Use 1000 to 384000 Hz."
    case .tooShort(let samples, let minimum):
      "\(samples) samples of sound are too few; at least \(minimum) are needed."
    }
  }
}
