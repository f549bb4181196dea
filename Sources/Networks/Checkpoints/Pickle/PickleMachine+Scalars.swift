/// The opcodes handled here, by their bytes. Left out: extension codes, persistent ids as text, and
/// out-of-band buffers, none of which torch.save writes.
enum PickleOpcode: UInt8 {
  case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, duplicate = 0x32
  case float = 0x46, int = 0x49, binInt = 0x4A, binInt1 = 0x4B, long = 0x4C, binInt2 = 0x4D
  case none = 0x4E, binPersistentID = 0x51, reduce = 0x52, string = 0x53, binString = 0x54
  case shortBinString = 0x55, unicode = 0x56, binUnicode = 0x58, append = 0x61, build = 0x62
  case global = 0x63, dictionary = 0x64, emptyDictionary = 0x7D, appends = 0x65, get = 0x67
  case binGet = 0x68, instance = 0x69, longBinGet = 0x6A, list = 0x6C, emptyList = 0x5D
  case object = 0x6F, put = 0x70, binPut = 0x71, longBinPut = 0x72, setItem = 0x73, tuple = 0x74
  case emptyTuple = 0x29, setItems = 0x75, binFloat = 0x47
  // Protocol 2
  case proto = 0x80, newObject = 0x81, tuple1 = 0x85, tuple2, tuple3, newTrue, newFalse
  case long1 = 0x8A, long4
  // Protocol 3
  case binBytes = 0x42, shortBinBytes = 0x43
  // Protocols 4 and 5
  case shortBinUnicode = 0x8C, binUnicode8, binBytes8, emptySet, addItems, frozenSet, newObjectEx
  case stackGlobal = 0x93, memoize, frame, byteArray8
}

extension PickleMachine {
  /// The value of an opcode that only pushes a number, a text or bytes.
  mutating func scalar(_ opcode: PickleOpcode) throws(PickleFault) -> PickleValue {
    switch opcode {
    case .none: return .none
    case .newTrue: return .bool(true)
    case .newFalse: return .bool(false)
    case .binInt: return .integer(Int(try reader.integer(Int32.self)))
    case .binInt1: return .integer(Int(try reader.byte()))
    case .binInt2: return .integer(Int(try reader.integer(UInt16.self)))
    case .long1: return reader.long(try reader.length(UInt8.self))
    case .long4: return reader.long(try reader.length(Int32.self))
    case .binFloat:
      // The only big-endian number of the format.
      return .real(Double(bitPattern: try reader.integer(UInt64.self).byteSwapped))
    case .int, .long, .float, .string, .unicode: return try lineValue(opcode)
    case .binString: return .text(reader.byteText(try reader.length(Int32.self)))
    case .shortBinString: return .text(reader.byteText(try reader.length(UInt8.self)))
    case .binUnicode: return .text(try reader.text(try reader.length(UInt32.self)))
    case .shortBinUnicode: return .text(try reader.text(try reader.length(UInt8.self)))
    case .binUnicode8: return .text(try reader.text(try reader.length(UInt64.self)))
    case .binBytes: return skippedBytes(try reader.length(UInt32.self))
    case .shortBinBytes: return skippedBytes(try reader.length(UInt8.self))
    case .binBytes8, .byteArray8: return skippedBytes(try reader.length(UInt64.self))
    default: throw .unsupportedOpcode(opcode.rawValue, offset: position)
    }
  }

  private mutating func skippedBytes(_ length: Int) -> PickleValue {
    _ = reader.slice(length)
    return .bytes
  }

  /// The text opcodes of protocol 0. Escapes inside texts are refused: no checkpoint has them.
  private mutating func lineValue(_ opcode: PickleOpcode) throws(PickleFault) -> PickleValue {
    let line = try reader.line()
    switch opcode {
    case .int where line == "00": return .bool(false)
    case .int where line == "01": return .bool(true)
    case .int, .long:
      guard let value = Int(line.hasSuffix("L") ? String(line.dropLast()) : line) else { break }
      return .integer(value)
    case .float:
      guard let value = Double(line) else { break }
      return .real(value)
    case .unicode where !line.contains("\\"): return .text(line)
    case .string where !line.contains("\\"):
      guard line.count >= 2, let quote = line.first, quote == "'" || quote == "\"",
        line.last == quote
      else { break }
      return .text(String(line.dropFirst().dropLast()))
    default: break
    }
    throw malformed
  }
}
