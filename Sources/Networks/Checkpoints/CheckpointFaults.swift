/// What is wrong with a safetensors file, or with tensors about to become one.
public enum SafetensorsFault: Error, Equatable, Sendable {
  case headerTooLong(declared: UInt64)
  case headerBeyondFile(declared: UInt64, available: Int)
  case headerTooShort(declared: UInt64)
  /// The header stops being strict JSON of the expected form at this byte of the header.
  case malformedHeader(offset: Int)
  case duplicateKey(String)
  /// `__metadata__` holds something that is not text.
  case metadataNotText(key: String)
  /// The entry lacks one of `dtype`, `shape`, `data_offsets`, or it has the wrong form.
  case malformedEntry(tensor: String, field: String)
  case unsupportedElementType(tensor: String, name: String)
  case sizeOverflow(tensor: String)
  case wrongByteCount(tensor: String, expected: Int, actual: Int)
  /// The tensor begins before the previous one ends.
  case overlap(tensor: String, expectedStart: Int, start: Int)
  /// Unused bytes before the tensor.
  case gap(tensor: String, expectedStart: Int, start: Int)
  /// The tensor ends after the end of the file: the file is cut short.
  case tensorBeyondFile(tensor: String, missing: Int)
  case trailingBytes(count: Int)
}

extension SafetensorsFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .headerTooLong(let declared):
      "claims a header of \(declared) bytes, more than the allowed 100 MB: not a safetensors file?"
    case .headerBeyondFile(let declared, let available):
      "is cut short: the header takes \(declared) bytes, \(available) are there. Fetch it again."
    case .headerTooShort(let declared):
      "claims a header of \(declared) bytes, too few for JSON: not a safetensors file?"
    case .malformedHeader(let offset):
      "the header is not valid JSON at its byte \(offset). Write the file again."
    case .duplicateKey(let key): "the name \"\(key)\" appears twice. Write the file again."
    case .metadataNotText(let key):
      "metadata \"\(key)\" is not text. Write the file again with text values only."
    case .malformedEntry(let tensor, let field):
      "tensor \"\(tensor)\" has a missing or malformed \(field). Write the file again."
    case .unsupportedElementType(let tensor, let name):
      "tensor \"\(tensor)\" has element type \(name), which is not supported. Convert it to F32."
    case .sizeOverflow(let tensor):
      "tensor \"\(tensor)\" has a shape whose size overflows. Write the file again."
    case .wrongByteCount(let tensor, let expected, let actual):
      "tensor \"\(tensor)\" has \(actual) bytes where its shape needs \(expected). "
        + "Write the file again."
    case .overlap(let tensor, let expected, let start):
      "tensor \"\(tensor)\" starts at byte \(start), inside the previous one, which ends at "
        + "\(expected). Write the file again."
    case .gap(let tensor, let expected, let start):
      "tensor \"\(tensor)\" starts at byte \(start) where \(expected) was due: a hole in the data. "
        + "Write the file again."
    case .tensorBeyondFile(let tensor, let missing):
      "is cut short: tensor \"\(tensor)\" lacks \(missing) bytes. Fetch it again."
    case .trailingBytes(let count):
      "has \(count) unexplained bytes after the last tensor. Fetch or write it again."
    }
  }
}

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

/// Why a tensor described by a pickle cannot be built.
public enum TensorFault: Error, Equatable, Sendable {
  /// A size, stride or offset is negative or their product overflows.
  case malformedShape
  /// The strides reach element `needed` of a storage that has `available`.
  case beyondStorage(needed: Int, available: Int)
  /// Strided tensors would together need far more memory than the file's size allows.
  case tooLarge
  case duplicateName
}

extension TensorFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformedShape: "its shape, strides or offset make no sense. Save the file again."
    case .beyondStorage(let needed, let available):
      "needs \(needed) elements of a storage that has \(available). Save the file again."
    case .tooLarge:
      "repeats its storage too often to unfold. Save it with .contiguous(), or drop it."
    case .duplicateName: "two tensors flatten to this name. Rename one and save again."
    }
  }
}
