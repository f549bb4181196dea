/// The strict part of JSON that safetensors headers use.
///
/// Foundation's parser is not used because it keeps one of two duplicate keys without a word.
indirect enum HeaderJSON {
  case object([(key: String, value: HeaderJSON)])
  case array([HeaderJSON])
  case text(String)
  /// A non-negative whole number; anything else (-1, 1.5, 1e3, 2^63) is `other`.
  case integer(Int)
  /// Any other number, true, false or null.
  case other

  /// Parses one value and the white space around it; anything after it is a fault.
  init(parsing bytes: ByteSlice) throws(SafetensorsFault) {
    var parser = HeaderParser(bytes: bytes)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.offset == bytes.count else { throw parser.malformed }
  }
}

private struct HeaderParser {
  let bytes: ByteSlice
  var offset = 0

  /// Deeper than any header: object, entry, list.
  static let maximumDepth = 8

  var malformed: SafetensorsFault { .malformedHeader(offset: offset) }

  init(bytes: ByteSlice) { self.bytes = bytes }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsFault) {
    guard skip(character) else { throw malformed }
  }

  mutating func value(depth: Int) throws(SafetensorsFault) -> HeaderJSON {
    guard depth < Self.maximumDepth else { throw malformed }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true")
    case UInt8(ascii: "f"): return try word("false")
    case UInt8(ascii: "n"): return try word("null")
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(SafetensorsFault) -> HeaderJSON {
    try expect("{")
    skipSpace()
    if skip("}") { return .object([]) }
    var members: [(key: String, value: HeaderJSON)] = []
    var keys: Set<String> = []
    repeat {
      skipSpace()
      let key = try string()
      guard keys.insert(key).inserted else { throw .duplicateKey(key) }
      skipSpace()
      try expect(":")
      members.append((key, try value(depth: depth + 1)))
      skipSpace()
    } while skip(",")
    try expect("}")
    return .object(members)
  }

  private mutating func array(depth: Int) throws(SafetensorsFault) -> HeaderJSON {
    try expect("[")
    skipSpace()
    if skip("]") { return .array([]) }
    var elements: [HeaderJSON] = []
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(",")
    try expect("]")
    return .array(elements)
  }

  private mutating func word(_ word: StaticString) throws(SafetensorsFault) -> HeaderJSON {
    for character in word.description.unicodeScalars { try expect(character) }
    return .other
  }

  private mutating func digits() throws(SafetensorsFault) -> Range<Int> {
    let start = offset
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    guard offset > start else { throw malformed }
    return start..<offset
  }

  private mutating func number() throws(SafetensorsFault) -> HeaderJSON {
    var isPlain = !skip("-")
    let whole = try digits()
    if whole.count > 1, bytes[whole.lowerBound] == UInt8(ascii: "0") { throw malformed }
    if skip(".") {
      isPlain = false
      _ = try digits()
    }
    if skip("e") || skip("E") {
      isPlain = false
      if !skip("+") { _ = skip("-") }
      _ = try digits()
    }
    guard isPlain, let value = bytes[whole].text.flatMap({ Int($0) }) else { return .other }
    return .integer(value)
  }

  private mutating func string() throws(SafetensorsFault) -> String {
    try expect("\"")
    var units: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw malformed }
      offset += 1
      if byte == UInt8(ascii: "\\") {
        units.append(contentsOf: String(try escape()).utf8)
      } else {
        units.append(byte)
      }
    }
    try expect("\"")
    guard let text = String(validating: units, as: UTF8.self) else { throw malformed }
    return text
  }

  private mutating func escape() throws(SafetensorsFault) -> Unicode.Scalar {
    guard let byte = next else { throw malformed }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw malformed
    }
    let high = try hexadecimal()
    guard high & 0xFC00 == 0xD800 else {
      guard let scalar = Unicode.Scalar(high) else { throw malformed }
      return scalar
    }
    try expect("\\")
    try expect("u")
    let low = try hexadecimal()
    guard low & 0xFC00 == 0xDC00,
      let scalar = Unicode.Scalar(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF)
    else { throw malformed }
    return scalar
  }

  private mutating func hexadecimal() throws(SafetensorsFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
      else { throw malformed }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}
