/// Why a checkpoint could not be read or written.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  case empty(String)
  /// Something other than a checkpoint.
  case foreign(name: String, what: String)
  /// A safetensors file that breaks the format's rules.
  case damaged(name: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .empty(let name): "\(name): the file is empty; download it again"
    case .foreign(let name, let what): "\(name): \(what)"
    case .damaged(let name, let reason): "\(name): damaged safetensors file: \(reason); get it again"
    }
  }
}

enum Sniffing {
  /// Recognises the files that people give by mistake, each with its own sentence.
  static func refuseForeign(_ bytes: UnsafeRawBufferPointer, name: String) throws(CheckpointError) {
    guard !bytes.isEmpty else { throw .empty(name) }
    let start = String(decoding: bytes.prefix(64), as: UTF8.self)
    let text = start.drop { $0.isWhitespace }.lowercased()
    if start.hasPrefix("version https://git-lfs") {
      throw .foreign(name: name, what: "a Git LFS pointer, not the model itself; fetch it with 'git lfs pull'")
    }
    if text.hasPrefix("<!doctype") || text.hasPrefix("<html") {
      throw .foreign(name: name, what: "a web page, not a model; the download went wrong")
    }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) || bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      throw .foreign(name: name, what: "an image, not a model")
    }
  }
}
