import Foundation

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
