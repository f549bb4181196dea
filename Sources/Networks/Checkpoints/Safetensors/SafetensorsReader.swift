/// A safetensors file, checked in full before any tensor is handed out.
///
/// Layout: header length n (8 bytes, little-endian), n bytes of JSON, then the tensors' bytes without
/// holes up to the end of the file.
struct SafetensorsReader {
  /// In the order of their data.
  let tensors: [CheckpointTensor]
  let metadata: [String: String]

  /// The limit other readers of the format set, too.
  static let maximumHeaderLength = 100_000_000
  static let metadataKey = "__metadata__"

  init(_ bytes: ByteSlice) throws(SafetensorsFault) {
    let header = try Self.header(of: bytes)
    guard header.starts(with: "{".utf8) else { throw .malformedHeader(offset: 0) }
    guard case .object(let members) = try HeaderJSON(parsing: header) else {
      throw .malformedHeader(offset: 0)
    }
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    for (key, value) in members {
      if key == Self.metadataKey {
        metadata = try Self.metadata(value)
      } else {
        entries.append(try Entry(tensor: key, value))
      }
    }
    let data = bytes[8 + header.count..<bytes.count]
    // The index keeps zero-size tensors, which share their offset with a neighbour, in header order.
    let ordered = entries.enumerated().sorted {
      ($0.element.start, $0.element.end, $0.offset) < ($1.element.start, $1.element.end, $1.offset)
    }.map(\.element)
    try Self.checkCoverage(ordered, dataLength: data.count)
    tensors = ordered.map {
      CheckpointTensor(
        name: $0.tensor, elementType: $0.elementType, shape: $0.shape,
        bytes: data[$0.start..<$0.end])
    }
    self.metadata = metadata
  }

  private static func header(of bytes: ByteSlice) throws(SafetensorsFault) -> ByteSlice {
    guard bytes.count >= 8 else {
      throw .headerBeyondFile(declared: 8, available: bytes.count)
    }
    let declared = bytes.integer(at: 0, as: UInt64.self)
    // The shortest header is {}; other writers do not always pad to a multiple of eight.
    guard declared >= 2 else { throw .headerTooShort(declared: declared) }
    guard declared <= maximumHeaderLength else { throw .headerTooLong(declared: declared) }
    let available = bytes.count - 8
    guard declared <= available else {
      throw .headerBeyondFile(declared: declared, available: available)
    }
    return bytes[8..<8 + Int(declared)]
  }

  private static func metadata(_ value: HeaderJSON) throws(SafetensorsFault) -> [String: String] {
    guard case .object(let members) = value else { throw .metadataNotText(key: metadataKey) }
    var metadata: [String: String] = [:]
    for (key, value) in members {
      guard case .text(let text) = value else { throw .metadataNotText(key: key) }
      metadata[key] = text
    }
    return metadata
  }

  /// The tensors, sorted by position, must tile the data from its first byte to its last.
  private static func checkCoverage(
    _ entries: [Entry], dataLength: Int
  ) throws(SafetensorsFault) {
    var end = 0
    for entry in entries {
      if entry.start < end {
        throw .overlap(tensor: entry.tensor, expectedStart: end, start: entry.start)
      }
      if entry.start > end {
        throw .gap(tensor: entry.tensor, expectedStart: end, start: entry.start)
      }
      end = entry.end
      if end > dataLength {
        throw .tensorBeyondFile(tensor: entry.tensor, missing: end - dataLength)
      }
    }
    if end < dataLength { throw .trailingBytes(count: dataLength - end) }
  }
}

extension SafetensorsReader {
  /// One tensor's line of the header; the byte range fits the shape.
  fileprivate struct Entry {
    let tensor: String
    let elementType: StoredType
    let shape: [Int]
    let start: Int
    let end: Int

    init(tensor: String, _ value: HeaderJSON) throws(SafetensorsFault) {
      guard case .object(let members) = value else {
        throw .malformedEntry(tensor: tensor, field: "entry")
      }
      var fields = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
      guard case .text(let typeName) = fields.removeValue(forKey: "dtype") else {
        throw .malformedEntry(tensor: tensor, field: "dtype")
      }
      guard let shape = fields.removeValue(forKey: "shape")?.integers else {
        throw .malformedEntry(tensor: tensor, field: "shape")
      }
      guard let offsets = fields.removeValue(forKey: "data_offsets")?.integers, offsets.count == 2,
        offsets[0] <= offsets[1]
      else { throw .malformedEntry(tensor: tensor, field: "data_offsets") }
      // A field we do not know might change what the bytes mean.
      if let unknown = fields.keys.min() { throw .malformedEntry(tensor: tensor, field: unknown) }
      guard let elementType = StoredType(safetensorsName: typeName) else {
        throw .unsupportedElementType(tensor: tensor, name: typeName)
      }
      guard let expected = elementType.byteCount(ofShape: shape) else {
        throw .sizeOverflow(tensor: tensor)
      }
      guard offsets[1] - offsets[0] == expected else {
        throw .wrongByteCount(
          tensor: tensor, expected: expected, actual: offsets[1] - offsets[0])
      }
      self.tensor = tensor
      self.elementType = elementType
      self.shape = shape
      start = offsets[0]
      end = offsets[1]
    }
  }
}

extension HeaderJSON {
  /// The elements of a list of non-negative whole numbers.
  fileprivate var integers: [Int]? {
    guard case .array(let elements) = self else { return nil }
    var integers: [Int] = []
    for element in elements {
      guard case .integer(let value) = element else { return nil }
      integers.append(value)
    }
    return integers
  }
}

extension StoredType {
  /// The name safetensors headers use: upper case.
  var safetensorsName: String { rawValue.uppercased() }

  init?(safetensorsName name: String) {
    guard name == name.uppercased() else { return nil }
    self.init(rawValue: name.lowercased())
  }
}
