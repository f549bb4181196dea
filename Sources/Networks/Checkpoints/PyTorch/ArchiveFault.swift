import CZip

/// What is wrong with a zip archive given as a PyTorch checkpoint.
public enum ArchiveFault: Error, Equatable, Sendable {
  /// Not a readable zip archive; `code` is libzip's error code.
  case damaged(code: Int32)
  /// An entry cannot be read in full or fails its checksum.
  case damagedEntry(name: String, code: Int32)
  /// The entries together claim more bytes than any honest file of this size.
  case tooLarge
  case noPickle
  case torchScript
  case bigEndian
  case missingStorage(key: String)
}

extension ArchiveFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .damaged(let code):
      "is a damaged or unfinished zip archive (libzip error \(code)). Fetch it again."
    case .damagedEntry(let name, ZIP_ER_CRC):
      "entry \"\(name)\" fails its checksum: damaged, or saved with set_crc32_options(False). "
        + "Fetch or save the file again."
    case .damagedEntry(let name, let code):
      "entry \"\(name)\" is damaged (libzip error \(code)). Fetch or save the file again."
    case .tooLarge: "unpacks to far more than its size allows: not an honest checkpoint."
    case .noPickle: "is a zip archive without data.pkl: not a PyTorch checkpoint. Unpack it?"
    case .torchScript: "is a TorchScript program. Save the model's state_dict() instead."
    case .bigEndian: "was saved on a big-endian machine. Save it again on a little-endian one."
    case .missingStorage(let key): "lacks the tensor data \"\(key)\". Fetch or save it again."
    }
  }
}
