import Foundation

/// Lines of a text file with their numbers from 1; empty ones are passed over.
private struct TextLines {
  private let file: MappedFile
  private var place = 0
  private(set) var number = 0

  init(_ path: String) throws(DatasetError) {
    file = try MappedFile(path)
    if file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The next line without its end; valid while this value lives.
  mutating func next() -> UnsafeRawBufferPointer? {
    while place < file.bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: file.bytes[place...])
      var length = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
      place += length + 1
      number += 1
      if length > 0 && rest[length - 1] == UInt8(ascii: "\r") { length -= 1 }
      if rest[..<length].contains(where: { $0 > 0x20 }) { return UnsafeRawBufferPointer(rebasing: rest[..<length]) }
    }
    return nil
  }
}

/// Reads comma-separated numbers: columns `observation_0`, `observation_1`, ..., `action_0`, ..., `reward`, `terminal` and
/// optionally `timeout`, in any order, named by the first line; others are passed over. A row is a step as D4RL stores
/// one: its next observation is that of the row after.
enum CSVReader {
  private struct Columns {
    var observations: [Int] = []
    var actions: [Int] = []
    let reward: Int, terminal: Int
    let timeout: Int?
    let names: [String]

    init(_ header: String) throws(LineFailure) {
      names = header.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
      }
      var places: [String: Int] = [:]
      for (place, name) in names.enumerated() where places.updateValue(place, forKey: name) != nil {
        throw LineFailure(.repeatedColumn(name))
      }
      while let place = places["observation_\(observations.count)"] { observations.append(place) }
      while let place = places["action_\(actions.count)"] { actions.append(place) }
      for name in ["observation_0", "action_0", "reward", "terminal"] where places[name] == nil {
        throw LineFailure(.missingColumn(name))
      }
      for (prefix, count) in [("observation_", observations.count), ("action_", actions.count)] {
        let named = names.count { $0.hasPrefix(prefix) && Int($0.dropFirst(prefix.count)) != nil }
        if named > count { throw LineFailure(.missingColumn("\(prefix)\(count)")) }
      }
      (reward, terminal, timeout) = (places["reward"]!, places["terminal"]!, places["timeout"])
    }
  }

  static func read(_ path: String) throws(DatasetError) -> StepRecords {
    var lines = try TextLines(path)
    guard let header = lines.next() else { throw .foreign(path: path, .empty) }
    do throws(LineFailure) {
      let columns = try Columns(String(decoding: header, as: UTF8.self))
      var records = StepRecords(observationSize: columns.observations.count, actionSize: columns.actions.count)
      if columns.timeout != nil { records.timeouts = [] }
      while let line = lines.next() { try append(line, columns, to: &records) }
      return records
    } catch { throw .line(path: path, number: lines.number, error.fault) }
  }

  private static func append(
    _ line: UnsafeRawBufferPointer, _ columns: Columns, to records: inout StepRecords
  ) throws(LineFailure) {
    let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard fields.count == columns.names.count else {
      throw LineFailure(.columns(expected: columns.names.count, found: fields.count))
    }
    func text(_ place: Int) -> String {
      let isBlank = { (byte: UInt8) in byte <= 0x20 }
      let field = fields[place].drop(while: isBlank)
      return String(
        decoding: field[..<(field.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? field.startIndex)], as: UTF8.self)
    }
    func number(_ place: Int) throws(LineFailure) -> Float {
      guard let value = Float(text(place)), value.isFinite else {
        throw LineFailure(.number(column: columns.names[place], text: text(place)))
      }
      return value
    }
    func flag(_ place: Int) throws(LineFailure) -> Bool {
      switch text(place).lowercased() {
      case "0", "0.0", "false": return false
      case "1", "1.0", "true": return true
      default: throw LineFailure(.flag(column: columns.names[place], text: text(place)))
      }
    }
    for place in columns.observations { records.observations.append(try number(place)) }
    for place in columns.actions { records.actions.append(try number(place)) }
    records.rewards.append(try number(columns.reward))
    records.terminals.append(try flag(columns.terminal))
    if let timeout = columns.timeout { records.timeouts!.append(try flag(timeout)) }
  }
}

/// Reads a JSON object on each line: `observation` and `action` are arrays of numbers, `reward` a number, `terminal` and
/// optionally `timeout` true or false (or 1 or 0). A row is a step as D4RL stores one: its next observation is that of
/// the row after.
enum JSONLinesReader {
  private struct Flag: Decodable {
    let value: Bool

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self.value = value
      } else {
        let number = try container.decode(Int.self)
        guard number == 0 || number == 1 else {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(number) is no truth value")
        }
        value = number == 1
      }
    }
  }

  private struct Row: Decodable {
    let observation: [Float]
    let action: [Float]
    let reward: Float
    let terminal: Flag
    let timeout: Flag?
  }

  static func read(_ path: String) throws(DatasetError) -> StepRecords {
    var lines = try TextLines(path), records: StepRecords?
    let decoder = JSONDecoder()
    do throws(LineFailure) {
      while let line = lines.next() { try append(try row(line, decoder), to: &records) }
    } catch { throw .line(path: path, number: lines.number, error.fault) }
    guard let records else { throw .foreign(path: path, .empty) }
    return records
  }

  private static func row(_ line: UnsafeRawBufferPointer, _ decoder: JSONDecoder) throws(LineFailure) -> Row {
    do { return try decoder.decode(Row.self, from: Data(line)) } catch DecodingError.keyNotFound(let key, _) {
      throw LineFailure(.notJSON("there is no \(key.stringValue)"))
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw LineFailure(.notJSON("\(name(context)) has another type"))
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw LineFailure(.notJSON("\(name(context)) has no usable value"))
    } catch { throw LineFailure(.notJSON("the line is cut off or broken")) }
  }

  private static func name(_ context: DecodingError.Context) -> String {
    context.codingPath.first?.stringValue ?? "the line"
  }

  private static func append(_ row: Row, to records: inout StepRecords?) throws(LineFailure) {
    if records == nil {
      for (field, values) in [("observation", row.observation), ("action", row.action)] where values.isEmpty {
        throw LineFailure(.notJSON("\(field) is empty"))
      }
      records = StepRecords(
        observationSize: row.observation.count, actionSize: row.action.count, timeouts: row.timeout.map { _ in [] })
    }
    let (size, actionSize) = (records!.observationSize, records!.actionSize)
    guard row.observation.count == size else {
      throw LineFailure(.length(field: "observation", expected: size, found: row.observation.count))
    }
    guard row.action.count == actionSize else {
      throw LineFailure(.length(field: "action", expected: actionSize, found: row.action.count))
    }
    guard (row.timeout == nil) == (records!.timeouts == nil) else {
      throw LineFailure(.notJSON("timeout must be in every line or in none"))
    }
    records!.observations += row.observation
    records!.actions += row.action
    records!.rewards.append(row.reward)
    records!.terminals.append(row.terminal.value)
    if let timeout = row.timeout { records!.timeouts!.append(timeout.value) }
  }
}

private struct LineFailure: Error {
  let fault: DatasetError.LineFault
  init(_ fault: DatasetError.LineFault) { self.fault = fault }
}
