import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSuperResolution

/// A line of `--json`, beside the common fields.
private struct StageLine: Encodable { let stage: String, output: String, steps: Int, photographs: Int, loss: Double? }

/// Runs the stages and keeps their files in order.
struct TrainingRun<Network: RestorationNetwork> {
  private let plan: RunPlan
  private let folder: RunFolder
  private let crops: PhotographCrops
  private let options: CommonOptions
  private let credits: String
  /// Seconds between two checkpoints.
  private let checkpointInterval: Double
  private let network: Network
  private let progress: ProgressLine
  private let clock = ContinuousClock()

  init(
    _ network: Network, plan: RunPlan, folder: RunFolder, crops: PhotographCrops, options: CommonOptions,
    credits: String, checkpointInterval: Double
  ) {
    (self.plan, self.folder, self.crops, self.options) = (plan, folder, crops, options)
    (self.credits, self.checkpointInterval) = (credits, checkpointInterval)
    self.network = network
    progress = ProgressLine(quiet: options.quiet)
  }

  func run(start: Parameters?, isNew: Bool) throws {
    var parameters = start
    for (index, stage) in Network.stages.enumerated() {
      var trainer = OFTSR.StageTrainer(stage, network, plan.training, crops, from: parameters)
      if isNew && index == 0 {
        // The state comes first: a folder with a plan can always go on.
        try Interruption.whileWriting {
          try trainer.trainer.save(to: folder.state(of: stage))
          try writeText(try plan.json() + "\n", to: folder.plan)
        }
      } else if PathKind(folder.state(of: stage)) != .missing {
        try trainer.trainer.restore(from: folder.state(of: stage))
      }
      try finish(&trainer)
      parameters = trainer.trainer.average.parameters
    }
  }

  /// Makes the stage's remaining steps and writes its model.
  private func finish(_ trainer: inout OFTSR.StageTrainer<Network>) throws {
    let stage = trainer.stage, total = trainer.trainer.plan.steps, first = trainer.trainer.step
    var log = try TrainingLog(folder.log, stage: stage.rawValue, from: first, of: total)
    let begin = clock.now
    var lastSave = begin, lastLoss = 0.0
    tell("\(stage.rawValue): \(total) steps" + (first > 0 ? ", going on from \(first)" : ""))
    while !trainer.trainer.isFinished {
      if Interruption.isRequested { try stop(&trainer, &log) }
      let report = try advance(&trainer)
      let spent = begin.duration(to: clock.now).seconds
      lastLoss = report.total
      try log.add(report, seconds: spent)
      let text = describe(report, total, spent / Double(report.step - first))
      progress.show(text)
      if lastSave.duration(to: clock.now).seconds >= checkpointInterval {
        try save(trainer, &log)
        lastSave = clock.now
        if !Console.standardErrorIsTerminal { tell(text) }
      }
    }
    progress.clear()
    try save(trainer, &log)
    try writeModel(trainer, loss: first < total ? lastLoss : nil, seconds: begin.duration(to: clock.now).seconds)
  }

  /// A step; when its numbers are not finite, the state before it is kept.
  private func advance(_ trainer: inout OFTSR.StageTrainer<Network>) throws -> Trainer.Report {
    do { return try trainer.advance() } catch let error as TrainingError {
      try? trainer.trainer.save(to: folder.state(of: trainer.stage))
      throw error
    }
  }

  private func stop(_ trainer: inout OFTSR.StageTrainer<Network>, _ log: inout TrainingLog) throws -> Never {
    progress.clear()
    try save(trainer, &log)
    throw CommandError.interrupted(
      saved: "\(trainer.stage.rawValue) is saved at step \(trainer.trainer.step); go on with --resume")
  }

  private func save(_ trainer: OFTSR.StageTrainer<Network>, _ log: inout TrainingLog) throws {
    try Interruption.whileWriting {
      // Rows that are ahead of the state are cut when the run goes on; rows that lag behind would be missing.
      try log.flush()
      try trainer.trainer.save(to: folder.state(of: trainer.stage))
    }
  }

  private func writeModel(_ trainer: OFTSR.StageTrainer<Network>, loss: Double?, seconds: Double) throws {
    let stage = trainer.stage
    let purpose =
      plan.degradation == .photo
      ? "4x restoration of photographs with some blur, noise or JPEG blocks" : "4x enlargement of clean images"
    let model = trainer.model(
      purpose: stage == .student ? purpose : "\(stage.rawValue) stage of: \(purpose)", data: credits, figures: "")
    let path = folder.model(of: stage)
    try Interruption.whileWriting { try model.card.write(model.parameters, to: path) }
    guard options.json else {
      if !options.quiet { try Console.writeLine(path) }
      return
    }
    let line = StageLine(
      stage: stage.rawValue, output: path, steps: trainer.trainer.step, photographs: plan.photographs.count, loss: loss)
    let facts = RunFacts(
      seconds: seconds, model: stage.rawValue, seed: plan.training.seed, precision: plan.training.precisionName)
    try Console.writeJSON(Joined(line, facts))
  }

  // MARK: Words

  private func tell(_ text: String) {
    if !options.quiet { Console.note(text) }
  }

  private func describe(_ report: Trainer.Report, _ total: Int, _ secondsPerStep: Double) -> String {
    let parts = report.parts.map { "\($0.name) \(fixed($0.value, 4))" }.joined(separator: ", ")
    return "step \(report.step)/\(total), loss \(fixed(report.total, 4)) (\(parts)), rate \(String(format: "%.2g", report.rate)), "
      + "\(fixed(secondsPerStep * 1000, 0)) ms a step, \(clockTime(secondsPerStep * Double(total - report.step))) left"
  }
}
