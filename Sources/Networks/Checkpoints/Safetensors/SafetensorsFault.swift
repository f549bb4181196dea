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
