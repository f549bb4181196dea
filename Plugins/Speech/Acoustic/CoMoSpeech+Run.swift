import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension CoMoSpeech {
  /// Where a run stands, once a step.
  public struct Progress: Sendable {
    public let stage: Stage
    public let report: Trainer.Report
    /// Of the stage.
    public let steps: Int
    public let stepsPerSecond: Double
    public var secondsLeft: Double { Double(steps - report.step) / max(1e-9, stepsPerSecond) }
  }

  /// Trains all stages, or goes on where an earlier call with the same folder stopped, with the same bits.
  ///
  /// The folder gets `encoder.safetensors`, `teacher.safetensors` and `student.safetensors`, and a state beside each. When a
  /// loss is not finite, the last good state is saved and the error thrown.
  ///
  /// - Parameters:
  ///   - start: a model to go on from, such as one of another voice; its network must be `configuration`'s.
  ///   - data: names and licences of what is learnt from, for the model cards.
  ///   - checkpointSeconds: time between two saved states.
  ///   - shouldStop: asked before every step; the state is saved then.
  /// - Returns: the student, or `nil` when stopped before the end.
  public static func train(
    _ corpus: AcousticCorpus, _ configuration: Configuration, _ training: Training, in folder: String,
    from start: Parameters? = nil, purpose: String, data: String, checkpointSeconds: Double = 120,
    shouldStop: () -> Bool = { false }, progress: (Progress) -> Void = { _ in }
  ) throws -> CoMoSpeechModel? {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var network = CoMoSpeech(configuration), parameters = start
    var model: CoMoSpeechModel?
    for stage in Stage.allCases {
      var trainer = StageTrainer(stage, network, training, corpus, from: parameters)
      let state = "\(folder)/\(stage.rawValue).state.safetensors"
      if FileManager.default.fileExists(atPath: state) { try trainer.trainer.restore(from: state) }
      let isFinished = try trainer.finish(
        state: state, checkpointSeconds: checkpointSeconds, shouldStop: shouldStop, progress: progress)
      guard isFinished else { return nil }
      let made = trainer.model(purpose: purpose, data: data)
      try made.card.write(made.parameters, to: "\(folder)/\(stage.rawValue).safetensors")
      (network, parameters, model) = (made.network, made.parameters, made)
    }
    return model
  }
}

extension CoMoSpeech.StageTrainer {
  /// Makes the remaining steps; whether all are made.
  fileprivate mutating func finish(
    state: String, checkpointSeconds: Double, shouldStop: () -> Bool, progress: (CoMoSpeech.Progress) -> Void
  ) throws -> Bool {
    let clock = ContinuousClock(), begin = clock.now, first = trainer.step
    var saved = begin
    while !trainer.isFinished {
      if shouldStop() {
        try trainer.save(to: state)
        return false
      }
      let report: Trainer.Report
      do { report = try advance() } catch {
        // The state before the failed step; its own failure to be written says less than the first.
        try? trainer.save(to: state)
        throw error
      }
      let now = clock.now
      progress(
        CoMoSpeech.Progress(
          stage: stage, report: report, steps: trainer.plan.steps,
          stepsPerSecond: Double(report.step - first) / max(1e-9, (now - begin) / .seconds(1))))
      if (now - saved) / .seconds(1) >= checkpointSeconds {
        try trainer.save(to: state)
        saved = now
      }
    }
    try trainer.save(to: state)
    return true
  }
}
