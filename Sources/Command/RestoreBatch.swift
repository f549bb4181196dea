import Foundation
import OneStepMedia
import OneStepSuperResolution

/// Restores one file after the other; a failure does not stop the rest.
struct RestoreBatch {
  /// A line of `--json`, beside the common fields.
  struct Line: Encodable {
    var input: String, output: String
    var width: Int, height: Int
    var realism: Double
    var scale: Int
    /// Whether the network's result was resized to another scale.
    var resized: Bool
    var tiles: Int
  }

  private let command: Restore
  private let restorer: Restorer
  private let modelName: String
  private let progress: ProgressLine
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init(command: Restore, restorer: Restorer, modelName: String) {
    (self.command, self.restorer, self.modelName) = (command, restorer, modelName)
    progress = ProgressLine(quiet: command.common.quiet)
    start = clock.now
  }

  func run(_ plan: RestorePlan) throws {
    var failures = plan.failures
    for (index, item) in plan.items.enumerated() {
      do { try restore(item, index, of: plan.items.count) } catch {
        failures.append((item.input, error))
        if ExitCode(of: error) == .interrupted { break }
        // With no place for results, the other images would only be computed in vain.
        if case MediaError.unwritable(path: "standard output", _) = error { break }
      }
    }
    progress.clear()
    guard let first = failures.first else { return }
    if plan.items.count + plan.failures.count > 1 && !Interruption.isRequested {
      Console.report("\(failures.count) of \(plan.items.count + plan.failures.count) failed:")
    }
    for (input, error) in failures { Console.report(Self.message(error, about: input)) }
    let code = Interruption.isRequested ? .interrupted : ExitCode(of: first.error)
    throw ReportedFailure(code: code ?? .internalFailure)
  }

  private func restore(_ item: RestorePlan.Item, _ index: Int, of count: Int) throws {
    try item.checkOutput(force: command.force)
    let begin = clock.now
    let image = try item.read()
    if item.format == .jpeg && image.hasAlpha && !image.isOpaque { throw MediaError.cannotHoldAlpha(.jpeg) }
    let read = clock.now
    var tiles = 0
    var result = try Interruption.whileWorking {
      try restorer(image, command.options) { done, all in
        tiles = all
        progress.show(progressText(item, index, count, done, all))
        return !Interruption.isRequested
      }
    }
    let computed = clock.now
    sign(&result)
    try Interruption.whileWriting { try item.write(result, quality: command.quality) }
    progress.clear()
    let end = clock.now
    if command.common.verbose {
      let parts = [("read", begin, read), ("restored", read, computed), ("written", computed, end)]
      let text = parts.map { "\($0.0) \(fixed($0.1.duration(to: $0.2).seconds, 3)) s" }.joined(separator: ", ")
      Console.note("\(item.input): \(image.width)x\(image.height) to \(result.width)x\(result.height), \(text)")
    }
    if item.output != "-" { try report(item, result, tiles, begin.duration(to: end).seconds) }
    if Interruption.isRequested { throw RestorationError.cancelled }
  }

  private func report(_ item: RestorePlan.Item, _ result: Image, _ tiles: Int, _ seconds: Double) throws {
    guard command.common.json else {
      if !command.common.quiet { try Console.writeLine(item.output) }
      return
    }
    let line = Line(
      input: item.input, output: item.output, width: result.width, height: result.height, realism: command.realism,
      scale: command.scale, resized: command.scale != restorer.modelScale, tiles: tiles)
    let facts = RunFacts(
      seconds: seconds, model: modelName, seed: command.seed, precision: restorer.precision.name)
    try Console.writeJSON(Joined(line, facts))
  }

  /// Says in the file how it was made; only PNG has a place for it.
  private func sign(_ image: inout Image) {
    let value =
      "version=\(OneStep.version) model=\(modelName) seed=\(command.seed) realism=\(command.realism) "
      + "scale=\(command.scale) precision=\(restorer.precision.name)"
    image.metadata.text.removeAll { $0.key == "onestep" }
    image.metadata.text.append(Metadata.Text(key: "onestep", value: value))
  }

  private func progressText(
    _ item: RestorePlan.Item, _ index: Int, _ count: Int, _ done: Int, _ all: Int
  ) -> String {
    let share = (Double(index) + Double(done) / Double(all)) / Double(count)
    let spent = start.duration(to: clock.now).seconds
    let file = count > 1 ? "\(index + 1)/\(count) " : ""
    return "\(file)\(item.input.lastPathComponent): tile \(done)/\(all), \(Int(share * 100)) %, "
      + "\(clockTime(spent / share - spent)) left"
  }

  /// Messages that do not say which file they are about get its name in front.
  private static func message(_ error: any Error, about input: String) -> String {
    let text = "\(error)"
    let known = text.hasPrefix(input) || text.contains("cannot be written") || error is CommandError
    if known || ExitCode(of: error) == .interrupted || input == "-" { return text }
    return "\(input): \(text)"
  }
}
