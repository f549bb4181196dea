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
