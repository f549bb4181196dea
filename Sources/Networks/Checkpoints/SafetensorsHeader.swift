import Foundation

/// The header of a safetensors file, checked against every rule of the format: what passes can be read without looking.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: StoredType
    var shape: [Int]
    /// Bytes in the file.
    var range: Range<Int>
  }
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  private(set) var dataStart = 0

  private static let largest = 100 << 20

  init(_ bytes: UnsafeRawBufferPointer, name: String) throws(CheckpointError) {
    func damaged(_ reason: String) -> CheckpointError { .damaged(name: name, reason: reason) }
    guard bytes.count >= 8 else { throw damaged("it ends before its header") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length >= 2, length <= Self.largest else { throw damaged("its header claims \(length) bytes") }
    guard Int(length) <= bytes.count - 8 else { throw damaged("it ends inside its header") }
    dataStart = 8 + Int(length)
    let text = Data(bytes[8..<dataStart])
    guard let object = try? JSONDecoder().decode([String: Field].self, from: text) else {
      throw damaged("its header is no JSON object of tensors")
    }
    guard Self.topLevelKeyCount(text) == object.count else { throw damaged("its header names a tensor twice") }
    for (key, value) in object {
      switch value {
      case .metadata(let strings) where key == "__metadata__": metadata = strings
      case .tensor(let fields): entries.append(try Self.entry(key, fields, dataStart, damaged))
      default: throw damaged("\(key) is described wrongly")
      }
    }
    entries.sort { ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name) }
    var at = dataStart
    for entry in entries {
      guard entry.range.lowerBound == at else { throw damaged("tensor \(entry.name) overlaps or leaves a hole") }
      at = entry.range.upperBound
    }
    guard at == bytes.count else {
      throw damaged(at > bytes.count ? "its tensors end after the file does" : "bytes follow its last tensor")
    }
  }

  private struct TensorFields: Decodable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }
  private enum Field: Decodable {
    case metadata([String: String])
    case tensor(TensorFields)

    init(from decoder: any Decoder) throws {
      if let fields = try? TensorFields(from: decoder) { self = .tensor(fields) } else {
        self = .metadata(try [String: String](from: decoder))
      }
    }
  }

  private static func entry(
    _ name: String, _ fields: TensorFields, _ dataStart: Int, _ damaged: (String) -> CheckpointError
  ) throws(CheckpointError) -> Entry {
    let (typeName, shape, offsets) = (fields.dtype, fields.shape, fields.data_offsets)
    guard offsets.count == 2, (shape + offsets).allSatisfy({ $0 >= 0 }) else {
      throw damaged("tensor \(name) is described wrongly")
    }
    guard let type = StoredType(rawValue: typeName) else { throw damaged("tensor \(name) has unknown type \(typeName)") }
    var size = type.byteCount
    for length in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else { throw damaged("tensor \(name) is larger than memory can be") }
      size = product
    }
    let limit = Int.max - dataStart
    guard offsets[0] <= offsets[1], offsets[1] <= limit, offsets[1] - offsets[0] == size else {
      throw damaged("tensor \(name) of shape \(shape) does not fill bytes \(offsets[0])..<\(offsets[1])")
    }
    return Entry(name: name, type: type, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// Keys of the outermost object, counted in the text: a JSON parser would silently keep one of two equal keys.
  private static func topLevelKeyCount(_ text: Data) -> Int {
    var (depth, count, inString, escaped) = (0, 0, false, false)
    for byte in text {
      if inString {
        if escaped { escaped = false } else if byte == UInt8(ascii: "\\") { escaped = true } else if byte == UInt8(ascii: "\"") { inString = false }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ":") where depth == 1: count += 1
      default: break
      }
    }
    return count
  }
}
