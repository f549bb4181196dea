import Foundation
import OneStepControl
import OneStepFlow

/// log.csv of one seed: means over every hundred steps of all losses and gradient norms.
struct ControlLog {
  static let interval = 100
  private let path: String
  private(set) var measurements: [ControlReport.Measurement] = []
  private var sums: [String: (total: Double, count: Int)] = [:]

  /// Keeps the rows up to `step`: those after it will be made again.
  init(_ folder: String, from step: Int) throws {
    path = folder.appendingPath("log.csv")
    guard step > 0, PathKind(path) == .file else { return }
    let text = try utf8(readBytes(path), name: path)
    let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    guard let names = lines.first?.dropFirst().map(String.init), Set(names).count == names.count else { return }
    for cells in lines.dropFirst() {
      guard let row = Int(cells[0]), row <= step, cells.count == names.count + 1 else { continue }
      let values = zip(names, cells.dropFirst()).compactMap { name, cell in Double(cell).map { (name, $0) } }
      measurements.append(.init(step: row, values: Dictionary(uniqueKeysWithValues: values)))
    }
  }

  /// - Returns: the row that this step completes.
  mutating func add(_ reports: [String: Trainer.Report], step: Int) -> ControlReport.Measurement? {
    for (group, report) in reports {
      for (name, value) in report.parts.map({ ($0.name, $0.value) }) + [("gradient", report.gradientNorm)] {
        let old = sums["\(group)/\(name)"] ?? (0, 0)
        sums["\(group)/\(name)"] = (old.total + value, old.count + 1)
      }
    }
    guard step.isMultiple(of: Self.interval) else { return nil }
    let row = ControlReport.Measurement(step: step, values: sums.mapValues { $0.total / Double($0.count) })
    measurements.append(row)
    sums = [:]
    return row
  }

  func write() throws {
    let names = Set(measurements.flatMap(\.values.keys)).sorted()
    let rows = measurements.map { row in
      ([String(row.step)] + names.map { row.values[$0].map { String(format: "%.6g", $0) } ?? "" }).joined(
        separator: ",")
    }
    try writeText(([(["step"] + names).joined(separator: ",")] + rows).joined(separator: "\n") + "\n", to: path)
  }
}
