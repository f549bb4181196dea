import OneStepFlow
import OneStepMedia

/// Progress on the terminal and rows of log.csv for stages that follow one another.
struct StageLog {
  private let path: String
  private let quiet: Bool
  /// Seconds between two lines where there is no terminal.
  private let interval: Double
  private let line: ProgressLine
  private let clock = ContinuousClock()
  private var log: TrainingLog?
  private var begin: ContinuousClock.Instant, told: ContinuousClock.Instant
  private var first = 0
  private var failure: (any Error)?
  private(set) var stage = "nothing"
  private(set) var step = 0

  init(_ path: String, quiet: Bool, interval: Double) {
    (self.path, self.quiet, self.interval) = (path, quiet, interval)
    line = ProgressLine(quiet: quiet)
    begin = clock.now
    told = begin
  }

  /// - Parameter step: of the stage, where the report counts other steps.
  mutating func add(_ report: Trainer.Report, stage: String, step: Int? = nil, of total: Int) {
    let step = step ?? report.step
    if stage != self.stage { start(stage, step, total) }
    self.step = step
    let seconds = begin.duration(to: clock.now).seconds
    // The run goes on where a log cannot be written; the end says so.
    do { try log?.add(report, step: step, seconds: seconds) } catch { failure = failure ?? error }
    let perStep = seconds / Double(max(1, step - first))
    func text() -> String {
      let parts = report.parts.map { "\($0.name) \(fixed($0.value, 4))" }.joined(separator: ", ")
      return "\(stage): step \(step)/\(total), \(parts), \(fixed(perStep * 1000, 0)) ms a step, "
        + "\(clockTime(perStep * Double(total - step))) left"
    }
    line.show(text())
    if !quiet, !Console.standardErrorIsTerminal, told.duration(to: clock.now).seconds >= interval {
      told = clock.now
      Console.note(text())
    }
  }

  private mutating func start(_ stage: String, _ step: Int, _ total: Int) {
    line.clear()
    (self.stage, first, begin) = (stage, step, clock.now)
    do {
      try log?.flush()
      log = try TrainingLog(path, stage: stage, from: step - 1, of: total)
    } catch { failure = failure ?? error }
    if !quiet { Console.note("\(stage): \(total) steps" + (first > 1 ? ", going on from \(first - 1)" : "")) }
  }

  /// Writes what is left.
  mutating func finish() throws {
    line.clear()
    try log?.flush()
    if let failure { throw failure }
  }
}
