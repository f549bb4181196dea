import Foundation
import OneStepSpeech
import SwiftCSV

/// The lines of a batch: CSV with a header, or a JSON object a line.
struct SpeechTable {
  /// What a line asks for; what it leaves out is as on the command line.
  struct Row: Decodable, Equatable {
    var id: String, text: String
    var voice: String?
    var speed: Double?, pitch: Double?, volume: Double?, temperature: Double?
    var seed: UInt64?
    var steps: Int?
  }
  struct Entry {
    /// Of the file, from 1.
    let line: Int
    let row: Result<Row, Fault>
  }
  enum Fault: Error, Equatable, CustomStringConvertible {
    case damaged, noID, badID(String), repeatedID(String, line: Int), noText
    case value(column: String, String)

    var description: String {
      switch self {
      case .damaged: "is no JSON object with an id and a text"
      case .noID: "has no id"
      case .badID(let id): "the id '\(id)' cannot name a file; leave out / and a leading dot"
      case .repeatedID(let id, let line): "the id '\(id)' is that of line \(line) too"
      case .noText: "has no text"
      case .value(let column, let value): "'\(value)' is no value for \(column)"
      }
    }
  }

  private(set) var entries: [Entry] = []

  init(contentsOf path: String) throws {
    let text = try utf8(readBytes(path), name: path)
    let isJSON = [".jsonl", ".json", ".ndjson"].contains { path.lowercased().hasSuffix($0) }
    let read = isJSON ? Self.jsonLines(text) : try Self.csv(text, path)
    var seen: [String: Int] = [:]
    entries = read.map { entry in
      Entry(line: entry.line, row: entry.row.flatMap { Self.checked($0, entry.line, &seen) })
    }
    if entries.isEmpty { throw CommandError.emptyTable(path) }
  }

  private static func checked(_ row: Row, _ line: Int, _ seen: inout [String: Int]) -> Result<Row, Fault> {
    guard !row.id.isEmpty else { return .failure(.noID) }
    let isName = !row.id.hasPrefix(".") && !row.id.contains { $0 == "/" || $0 == "\0" } && row.id.utf8.count < 200
    guard isName else { return .failure(.badID(row.id)) }
    guard row.text.contains(where: { !$0.isWhitespace }) else { return .failure(.noText) }
    if let other = seen.updateValue(line, forKey: row.id) { return .failure(.repeatedID(row.id, line: other)) }
    return .success(row)
  }

  private static func jsonLines(_ text: String) -> [Entry] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap { index, line in
      guard line.contains(where: { !$0.isWhitespace }) else { return nil }
      let row = try? JSONDecoder().decode(Row.self, from: Data(line.utf8))
      return Entry(line: index + 1, row: row.map { .success($0) } ?? .failure(.damaged))
    }
  }

  private static func csv(_ text: String, _ path: String) throws -> [Entry] {
    guard text.contains(where: { !$0.isWhitespace }) else { return [] }
    guard text.utf8.lazy.filter({ $0 == UInt8(ascii: "\"") }).count.isMultiple(of: 2) else {
      throw CommandError.damagedTable(path, reason: "a quotation mark is never closed")
    }
    let table: CSV<Enumerated>
    do {
      table = try CSV<Enumerated>(
        string: text, delimiter: path.lowercased().hasSuffix(".tsv") ? .tab : .comma, loadColumns: false)
    } catch { throw CommandError.damagedTable(path, reason: "a quotation mark is out of place") }
    let header = table.header.map { $0.lowercased() }
    let known = ["id", "text", "voice", "speed", "pitch", "volume", "temperature", "seed", "steps"]
    if let foreign = header.first(where: { !known.contains($0) }) {
      throw CommandError.damagedTable(
        path, reason: "the first line names a column '\(foreign)'; known are \(known.joined(separator: ", "))")
    }
    guard header.contains("id"), header.contains("text") else {
      throw CommandError.damagedTable(path, reason: "the first line has to name the columns, id and text among them")
    }
    var line = 1 + newlines(in: table.header)
    return table.rows.compactMap { fields in
      line += 1
      defer { line += newlines(in: fields) }
      if fields.allSatisfy({ $0.isEmpty }) && fields.count <= 1 { return nil }
      return Entry(line: line, row: row(Dictionary(zip(header, fields)) { first, _ in first }))
    }
  }

  private static func newlines(in fields: [String]) -> Int {
    fields.reduce(0) { $0 + $1.lazy.filter(\.isNewline).count }
  }

  private static func row(_ fields: [String: String]) -> Result<Row, Fault> {
    var row = Row(id: fields["id"] ?? "", text: fields["text"] ?? "")
    func value<T: LosslessStringConvertible>(_ column: String) throws(Fault) -> T? {
      guard let text = fields[column], !text.isEmpty else { return nil }
      guard let value = T(text) else { throw .value(column: column, text) }
      return value
    }
    do throws(Fault) {
      row.voice = try value("voice")
      (row.speed, row.pitch, row.volume) = (try value("speed"), try value("pitch"), try value("volume"))
      (row.temperature, row.seed, row.steps) = (try value("temperature"), try value("seed"), try value("steps"))
    } catch { return .failure(error) }
    return .success(row)
  }
}
