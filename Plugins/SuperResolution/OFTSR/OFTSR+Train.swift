import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension OFTSR {
  /// One run from photographs to a student: flow matching trains a teacher, the chain distils it.
  public struct Training: Sendable, Codable, Equatable {
    public var teacherSteps: Int
    public var studentSteps: Int
    public var teacherRate = 1e-3
    public var studentRate = 3e-4
    /// Crops a step and low-resolution pixels a side of a crop.
    public var rows = 8
    public var side = 48
    public var seed: UInt64 = 1
    public var mixedPrecision: Bool
    /// Share of the teacher's rows that stand at the source, where the one step starts, at the end of its training. It
    /// begins with all of them: the body learns most from the hardest point of the path.
    public var sourceShare = 0.4

    public init(teacherSteps: Int, studentSteps: Int, mixedPrecision: Bool) {
      (self.teacherSteps, self.studentSteps) = (teacherSteps, studentSteps)
      self.mixedPrecision = mixedPrecision
    }

    func plan(_ stage: Stage) -> TrainingPlan {
      let teacher = stage == .teacher
      let steps = teacher ? teacherSteps : studentSteps
      let rate = LearningRate(
        peak: teacher ? teacherRate : studentRate, warmUp: min(200, steps / 10), shape: .cosine, final: 0.02)
      // The student's random streams follow the teacher's, so that it sees other crops.
      return TrainingPlan(
        steps: steps, rate: rate, seed: teacher ? seed : seed &+ 0x5EED, mixedPrecision: mixedPrecision)
    }
  }

  public enum Stage: String, Sendable, CaseIterable { case teacher, student }

  /// A stage in progress: what to minimise and the state of its trainer.
  public struct StageTrainer {
    public let stage: Stage
    public var trainer: Trainer
    private let network: OFTSR
    private let training: Training
    private let crops: PhotographCrops
    private let teacher: Parameters?

    /// The first stage, from fresh parameters or from `start`.
    public static func teacher(
      _ network: OFTSR, _ training: Training, _ crops: PhotographCrops, from start: Parameters? = nil
    ) -> StageTrainer {
      let parameters = start ?? Parameters(specs: network.specs, seed: training.seed)
      return StageTrainer(
        stage: .teacher, trainer: Trainer(training.plan(.teacher), rule: .muon(), from: parameters), network: network,
        training: training, crops: crops, teacher: nil)
    }

    /// The second stage: the student starts as a copy of the teacher.
    public static func student(
      _ network: OFTSR, _ training: Training, _ crops: PhotographCrops, teacher: Parameters
    ) -> StageTrainer {
      StageTrainer(
        stage: .student, trainer: Trainer(training.plan(.student), rule: .muon(), from: teacher), network: network,
        training: training, crops: crops, teacher: teacher)
    }

    /// Makes one step.
    public mutating func advance() throws -> Trainer.Report {
      let (network, crops, training, teacher) = (network, crops, training, teacher)
      let progress = Double(trainer.step) / Double(trainer.plan.steps)
      return try trainer.advance { parameters, random in
        let draw = try crops.draw(rows: training.rows, side: training.side, &random)
        guard let teacher else {
          let share = 1 - (1 - training.sourceShare) * progress
          let objective = FlowMatching(
            path: network.path, times: .atSource(time: 1, share: share, otherwise: 1e-3...1), distance: .l1)
          return try objective.losses({ network.velocity($0, $1, $2, parameters) }, draw, &random)
        }
        let frozen = training.mixedPrecision ? teacher.cast(to: .bf16) : teacher
        return try ChainDistillation(path: network.path).losses(
          student: { network.velocity($0, $1, $2, parameters) },
          teacher: { network.velocity($0, $1, $2, frozen) }, draw, part: { $0.rows($1) }, &random)
      }
    }

    /// The averaged network, ready to restore.
    public func model(purpose: String, data: String, figures: String) -> Model {
      Model(
        network: network, parameters: trainer.average.parameters,
        card: ModelCard(
          architecture: OFTSR.id, role: stage.rawValue, preset: "small", configuration: network.configuration.json,
          purpose: purpose, data: data, steps: trainer.step, seed: training.seed, figures: figures))
    }
  }
}
