/// The file formats a checkpoint can be read from.
public enum CheckpointFormat: String, Sendable, CaseIterable {
  /// A JSON header and raw tensor data.
  case safetensors
  /// `torch.save` since PyTorch 1.6: a zip archive.
  case pytorchZip
  /// `torch.save` before PyTorch 1.6: pickles followed by raw storages.
  case pytorchLegacy
}

/// What a file turned out to hold instead of tensors, told by its first bytes.
public enum ForeignContent: Sendable, Equatable {
  case empty, tooShort, zeros, lfsPointer, html, xml, json, tar, gzip, png, jpeg, riff, numpy, hdf5
  case gguf, unknown
}

extension CheckpointFormat {
  /// The format of `bytes`, told by content alone: file extensions lie.
  static func sniff(_ bytes: ByteSlice) throws(SniffFailure) -> CheckpointFormat {
    if bytes.count == 0 { throw SniffFailure(content: .empty) }
    // First, because a header length may look like any short signature: 640 is 80 02, a pickle.
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes.integer(at: 4, as: UInt32.self) == 0 {
      return .safetensors
    }
    if bytes.starts(with: "PK\u{3}\u{4}".utf8) || bytes.starts(with: "PK\u{5}\u{6}".utf8) {
      return .pytorchZip
    }
    // A pickle of protocol 2 or later opens with PROTO.
    if bytes.count >= 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) { return .pytorchLegacy }
    if let content = ForeignContent(firstBytesOf: bytes) { throw SniffFailure(content: content) }
    if bytes.count < 8 { throw SniffFailure(content: .tooShort) }
    if bytes.count == 8 || bytes[8] == UInt8(ascii: "{") { return .safetensors }
    throw SniffFailure(content: .unknown)
  }

  struct SniffFailure: Error { let content: ForeignContent }
}

extension ForeignContent {
  private static let signatures: [([UInt8], ForeignContent)] = [
    ([0x89, 0x50, 0x4E, 0x47], .png), ([0xFF, 0xD8, 0xFF], .jpeg), ([0x1F, 0x8B], .gzip),
    (Array("RIFF".utf8), .riff), (Array("GGUF".utf8), .gguf),
    ([0x93] + Array("NUMPY".utf8), .numpy), ([0x89] + Array("HDF".utf8), .hdf5),
    (Array("version https://git-lfs".utf8), .lfsPointer),
  ]

  fileprivate init?(firstBytesOf bytes: ByteSlice) {
    for (signature, content) in Self.signatures where bytes.starts(with: signature) {
      self = content
      return
    }
    if bytes.count >= 262, bytes[257..<262].starts(with: "ustar".utf8) {
      self = .tar
      return
    }
    let start = bytes.prefix(512)
    if start.count >= 16, (0..<start.count).allSatisfy({ start[$0] == 0 }) {
      self = .zeros
      return
    }
    let text = (0..<start.count).lazy.map { start[$0] }.drop { $0 <= 0x20 }.prefix(15)
    let word = String(decoding: text, as: UTF8.self).lowercased()
    if word.hasPrefix("<!doctype html") || word.hasPrefix("<html") || word.hasPrefix("<head") {
      self = .html
    } else if word.hasPrefix("<?xml") {
      self = .xml
    } else if word.hasPrefix("{\"") || word.hasPrefix("{}") || word.hasPrefix("{ ") {
      self = .json
    } else {
      return nil
    }
  }
}
