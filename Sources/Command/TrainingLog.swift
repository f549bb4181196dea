import Foundation
import OneStepFlow
import OneStepMedia

/// log.csv: a row of means over every few steps, for all stages.
struct TrainingLog {
  private static let head = "stage,step,loss,rate,gradient_norm,seconds,terms"

  private let path: String
  private let stage: String
  /// Steps a row.
  private let interval: Int
  private let total: Int
  private var lines: [String]
  /// Seconds that earlier sessions of this stage took.
  private var earlier = 0.0
  private var pending: [Trainer.Report] = []

  /// Keeps the rows up to `step` of this stage: those after it will be made again.
  init(_ path: String, stage: String, from step: Int, of total: Int) throws {
    (self.path, self.stage, self.total) = (path, stage, total)
    interval = total <= 200 ? 1 : 20
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    lines = [Self.head]
    for line in text.split(separator: "\n").dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == 7, let row = Int(cells[1]), let seconds = Double(cells[5]) else { continue }
      if cells[0] != stage {
        lines.append(String(line))
      } else if row <= step {
        lines.append(String(line))
        earlier = seconds
      }
    }
  }

  /// - Parameter step: of the stage; a report of a part of it counts from its own beginning.
  mutating func add(_ report: Trainer.Report, step: Int? = nil, seconds: Double) throws {
    let step = step ?? report.step
    // Means are of reports of the same terms.
    if pending.last.map({ $0.parts.count != report.parts.count }) ?? false { pending = [] }
    pending.append(report)
    guard pending.count == interval || step == total else { return }
    let n = Double(pending.count)
    let loss = pending.reduce(0) { $0 + $1.total } / n
    let norm = pending.reduce(0) { $0 + $1.gradientNorm } / n
    let terms = report.parts.indices.map { k in
      "\(report.parts[k].name)=\(fixed(pending.reduce(0) { $0 + $1.parts[k].value } / n, 6))"
    }
    lines.append(
      "\(stage),\(step),\(fixed(loss, 6)),\(String(format: "%.4g", report.rate)),\(fixed(norm, 5)),"
        + "\(fixed(earlier + seconds, 2)),\(terms.joined(separator: " "))")
    pending = []
    try flush()
  }

  /// Writes the whole log; it stays small, and so it is never half a line.
  mutating func flush() throws(MediaError) {
    try writeText(lines.joined(separator: "\n") + "\n", to: path)
  }
}
