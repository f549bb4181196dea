import Foundation

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
