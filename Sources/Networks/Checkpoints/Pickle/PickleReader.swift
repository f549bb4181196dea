/// A cursor over the bytes of a pickle.
struct PickleReader {
  let bytes: ByteSlice
  private(set) var offset: Int

  init(_ bytes: ByteSlice, offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var remaining: Int { bytes.count - offset }

  mutating func byte() throws(PickleFault) -> UInt8 { try integer(UInt8.self) }

  /// A little-endian integer.
  mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type
  ) throws(PickleFault) -> Value {
    guard remaining >= MemoryLayout<Value>.size else { throw .truncated(offset: offset) }
    defer { offset += MemoryLayout<Value>.size }
    return bytes.integer(at: offset, as: type)
  }

  /// A length stored as `type`: never more than what is left of the file.
  mutating func length<Value: FixedWidthInteger>(_ type: Value.Type) throws(PickleFault) -> Int {
    let start = offset
    let value = try integer(type)
    guard value >= 0 else { throw .malformed(offset: start) }
    guard value <= remaining else { throw .truncated(offset: start) }
    return Int(value)
  }

  /// The next `length` bytes, which a call of `length` has found to be there.
  mutating func slice(_ length: Int) -> ByteSlice {
    defer { offset += length }
    return bytes[offset..<offset + length]
  }

  mutating func text(_ length: Int) throws(PickleFault) -> String {
    let start = offset
    guard let text = slice(length).text else { throw .invalidText(offset: start) }
    return text
  }

  /// Text of Python 2, which may be in any encoding: Latin-1 unless it is UTF-8.
  mutating func byteText(_ length: Int) -> String {
    let slice = slice(length)
    if let text = slice.text { return text }
    var text = ""
    for index in 0..<slice.count { text.unicodeScalars.append(Unicode.Scalar(slice[index])) }
    return text
  }

  /// The text up to the next line feed, which is consumed.
  mutating func line() throws(PickleFault) -> String {
    var end = offset
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    guard end < bytes.count else { throw .truncated(offset: offset) }
    let line = try text(end - offset)
    offset += 1
    return line
  }

  /// A little-endian two's complement integer of `length` bytes.
  mutating func long(_ length: Int) -> PickleValue {
    let slice = slice(length)
    guard length <= 8 else { return .bigInteger(slice) }
    guard length > 0 else { return .integer(0) }
    var value = slice[length - 1] >= 0x80 ? -1 : 0
    for index in (0..<length).reversed() { value = value << 8 | Int(slice[index]) }
    return .integer(value)
  }
}
