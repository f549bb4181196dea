import Glibc

/// Writes safetensors files: the same tensors and metadata always give the same bytes.
public enum SafetensorsWriter {
  /// A tensor to write; `bytes` are its contiguous little-endian elements.
  public typealias Entry = (name: String, elementType: StoredType, shape: [Int], bytes: [UInt8])

  /// The metadata key under which every written file records the SHA-256 of its tensor data.
  public static let digestKey = "sha256"

  /// The data starts at a multiple of this many bytes, so that mapped tensors are aligned.
  static let alignment = 64

  /// Writes `tensors` to a temporary file beside `path`, then renames it into place.
  ///
  /// The tensors are sorted by element size, largest first, then by name: every tensor is aligned
  /// to its element. `metadata` gains the entry `digestKey`.
  public static func write(
    tensors: [Entry], metadata: [String: String] = [:], to path: String
  ) throws(CheckpointError) {
    let name = Checkpoint.displayName(of: path)
    let sorted = canonicalOrder(tensors)
    let head: [UInt8]
    do { head = try header(of: sorted, metadata: metadata) } catch {
      throw .safetensors(file: name, error)
    }
    do { try AtomicFile.write([head] + sorted.map(\.bytes), to: path) } catch {
      throw .unwritable(file: name, code: error.code)
    }
  }

  /// The bytes `write` would put into a file.
  public static func encode(
    tensors: [Entry], metadata: [String: String] = [:]
  ) throws(SafetensorsFault) -> [UInt8] {
    let sorted = canonicalOrder(tensors)
    var bytes = try header(of: sorted, metadata: metadata)
    for tensor in sorted { bytes += tensor.bytes }
    return bytes
  }

  private static func canonicalOrder(_ tensors: [Entry]) -> [Entry] {
    tensors.sorted { precedes(($0.elementType, $0.name), ($1.elementType, $1.name)) }
  }

  /// The order of tensors in a written file and in digests.
  static func precedes(
    _ a: (type: StoredType, name: String), _ b: (type: StoredType, name: String)
  ) -> Bool {
    if a.type.byteCount != b.type.byteCount { return a.type.byteCount > b.type.byteCount }
    return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
  }

  /// Length, JSON and padding; `tensors` are in canonical order.
  private static func header(
    of tensors: [Entry], metadata: [String: String]
  ) throws(SafetensorsFault) -> [UInt8] {
    var digest = SHA256()
    var members: [String] = []
    var names: Set<String> = [SafetensorsReader.metadataKey]
    var end = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else { throw .duplicateKey(tensor.name) }
      guard let expected = tensor.elementType.byteCount(ofShape: tensor.shape) else {
        throw .sizeOverflow(tensor: tensor.name)
      }
      guard tensor.bytes.count == expected else {
        throw .wrongByteCount(
          tensor: tensor.name, expected: expected, actual: tensor.bytes.count)
      }
      tensor.bytes.withUnsafeBytes { digest.update($0) }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.elementType.safetensorsName)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(end),\(end + expected)]}")
      end += expected
    }
    var metadata = metadata
    metadata[digestKey] = digest.finish()
    let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\(quoted($0.key)):\(quoted($0.value))" }
    members.insert("\"\(SafetensorsReader.metadataKey)\":{\(pairs.joined(separator: ","))}", at: 0)
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    let unaligned = (json.count + 8) % alignment
    if unaligned > 0 { json += [UInt8](repeating: 0x20, count: alignment - unaligned) }
    guard json.count <= SafetensorsReader.maximumHeaderLength else {
      throw .headerTooLong(declared: UInt64(json.count))
    }
    return withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
