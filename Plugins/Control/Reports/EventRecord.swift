/// What TensorBoard reads: `Event` messages in protocol buffers, each in a frame of TensorFlow's record files.
///
/// A frame is the length of its content (8 bytes), that length's checksum (4), the content, and its checksum (4), all
/// little-endian. Checksums are masked CRC-32C.
package enum EventRecord {
  /// The first record of a file: which kind of file it is.
  static func version(at time: Double) -> [UInt8] {
    frame(event(at: time, step: 0) { $0.append(field: 3, bytes: Array("brain.Event:2".utf8)) })
  }

  /// Numbers by name after so many steps.
  /// - Parameter time: seconds since 1970.
  static func scalars(_ values: [(name: String, value: Float)], step: Int, at time: Double) -> [UInt8] {
    var summary: [UInt8] = []
    for (name, value) in values {
      var entry: [UInt8] = []
      entry.append(field: 1, bytes: Array(name.utf8))
      entry.append(field: 2, bits: value.bitPattern)
      summary.append(field: 1, bytes: entry)
    }
    return frame(event(at: time, step: step) { $0.append(field: 5, bytes: summary) })
  }

  private static func event(at time: Double, step: Int, _ content: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(field: 1, bits: time.bitPattern)
    if step != 0 { bytes.append(field: 2, number: UInt64(bitPattern: Int64(step))) }
    content(&bytes)
    return bytes
  }

  private static func frame(_ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(content.count))
    bytes.append(littleEndian: CRC32C.masked(bytes))
    bytes += content
    bytes.append(littleEndian: CRC32C.masked(content))
    return bytes
  }

  // MARK: Reading back

  /// The whole, undamaged records at the beginning of a file, each with its step.
  static func records(in bytes: [UInt8]) -> [(bytes: ArraySlice<UInt8>, step: Int)] {
    var records: [(ArraySlice<UInt8>, Int)] = [], start = 0
    while bytes.count - start >= 16 {
      let length = number(bytes[start..<start + 8])
      guard number(bytes[start + 8..<start + 12]) == UInt64(CRC32C.masked(bytes[start..<start + 8])),
        length <= UInt64(bytes.count - start - 16)
      else { break }
      let content = bytes[start + 12..<start + 12 + Int(length)], end = content.endIndex + 4
      guard number(bytes[content.endIndex..<end]) == UInt64(CRC32C.masked(content)), let step = step(of: content) else {
        break
      }
      records.append((bytes[start..<end], step))
      start = end
    }
    return records
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The second field of an event, 0 where it has none; nil for bytes that are no message.
  private static func step(of content: ArraySlice<UInt8>) -> Int? {
    var rest = content, step = 0
    while !rest.isEmpty {
      guard let key = takeNumber(&rest) else { return nil }
      let skipped: UInt64
      switch key & 7 {
      case 0:
        guard let value = takeNumber(&rest) else { return nil }
        if key >> 3 == 2 { step = Int(Int64(bitPattern: value)) }
        continue
      case 1: skipped = 8
      case 2:
        guard let length = takeNumber(&rest) else { return nil }
        skipped = length
      case 5: skipped = 4
      default: return nil
      }
      guard skipped <= UInt64(rest.count) else { return nil }
      rest.removeFirst(Int(skipped))
    }
    return step
  }

  private static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0, shift: UInt64 = 0
    while shift < 64, let byte = bytes.popFirst() {
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

/// The checksum of record files: CRC-32 with Castagnoli's polynomial, bits reflected.
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table
    return ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// Rotated and shifted, as record files hold it: checksums of data that hold checksums are weak.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func append(field: UInt64, number: UInt64) {
    append(number: field << 3)
    append(number: number)
  }

  fileprivate mutating func append(field: UInt64, bytes: [UInt8]) {
    append(number: field << 3 | 2)
    append(number: UInt64(bytes.count))
    self += bytes
  }

  fileprivate mutating func append(field: UInt64, bits: UInt64) {
    append(number: field << 3 | 1)
    append(littleEndian: bits)
  }

  fileprivate mutating func append(field: UInt64, bits: UInt32) {
    append(number: field << 3 | 5)
    append(littleEndian: bits)
  }
}
