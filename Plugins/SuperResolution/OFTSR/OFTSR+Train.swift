import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension OFTSR {
  /// What training a network takes, beside steps and seed.
  public struct Recipe: Sendable {
    /// Its name on the command line and in model files.
    public var preset: String
    public var rule: OptimizerRule
    public var teacherRate: Double
    public var studentRate: Double
    /// Most steps over which the rate rises; short runs take a tenth of theirs.
    public var warmUp: Int
    public var shape: LearningRate.Shape
    public var averageDecay: Double
    /// Crops a step and low-resolution pixels a side of a crop.
    public var rows: Int
    public var side: Int
    /// Share of the teacher's rows that stand at the source, where the one step starts, at the beginning and at the end
    /// of its training.
    public var sourceShare: (first: Double, last: Double)
  }

  /// Made for an hour or two on two cores. All of the teacher's rows begin at the source: the body learns most from the
  /// hardest point of the path.
  public static let recipe = Recipe(
    preset: "small", rule: .muon(), teacherRate: 1e-3, studentRate: 3e-4, warmUp: 200, shape: .cosine,
    averageDecay: 0.999, rows: 8, side: 48, sourceShare: (1, 0.4))

  /// One run from photographs to a student: flow matching trains a teacher, the chain distils it.
  public struct Training: Sendable, Codable, Equatable {
    public var teacherSteps: Int
    public var studentSteps: Int
    public var teacherRate: Double
    public var studentRate: Double
    /// Crops a step and low-resolution pixels a side of a crop.
    public var rows: Int
    public var side: Int
    public var seed: UInt64 = 1
    public var mixedPrecision: Bool
    /// Share of the teacher's rows that stand at the source, where the one step starts, at the end of its training.
    public var sourceShare: Double

    public init(teacherSteps: Int, studentSteps: Int, mixedPrecision: Bool, recipe: Recipe = OFTSR.recipe) {
      (self.teacherSteps, self.studentSteps) = (teacherSteps, studentSteps)
      self.mixedPrecision = mixedPrecision
      (teacherRate, studentRate) = (recipe.teacherRate, recipe.studentRate)
      (rows, side, sourceShare) = (recipe.rows, recipe.side, recipe.sourceShare.last)
    }

    func plan(_ stage: Stage, _ recipe: Recipe) -> TrainingPlan {
      let teacher = stage == .teacher
      let steps = teacher ? teacherSteps : studentSteps
      let rate = LearningRate(
        peak: teacher ? teacherRate : studentRate, warmUp: min(recipe.warmUp, steps / 10), shape: recipe.shape,
        final: 0.02)
      // The student's random streams follow the teacher's, so that it sees other crops.
      return TrainingPlan(
        steps: steps, rate: rate, averageDecay: recipe.averageDecay, seed: teacher ? seed : seed &+ 0x5EED,
        mixedPrecision: mixedPrecision)
    }
  }

  public enum Stage: String, Sendable, CaseIterable { case teacher, student }

  /// A stage in progress: what to minimise and the state of its trainer.
  public struct StageTrainer<Network: RestorationNetwork> {
    public let stage: Stage
    public var trainer: Trainer
    private let network: Network
    private let training: Training
    private let crops: PhotographCrops
    private let teacher: Parameters?

    /// The first stage, from fresh parameters or from `start`.
    public static func teacher(
      _ network: Network, _ training: Training, _ crops: PhotographCrops, from start: Parameters? = nil
    ) -> StageTrainer {
      let parameters = start ?? Parameters(specs: network.specs, seed: training.seed)
      return StageTrainer(
        stage: .teacher,
        trainer: Trainer(training.plan(.teacher, Network.recipe), rule: Network.recipe.rule, from: parameters),
        network: network,
        training: training, crops: crops, teacher: nil)
    }

    /// The second stage: the student starts as a copy of the teacher.
    public static func student(
      _ network: Network, _ training: Training, _ crops: PhotographCrops, teacher: Parameters
    ) -> StageTrainer {
      StageTrainer(
        stage: .student,
        trainer: Trainer(training.plan(.student, Network.recipe), rule: Network.recipe.rule, from: teacher),
        network: network,
        training: training, crops: crops, teacher: teacher)
    }

    /// Makes one step.
    public mutating func advance() throws -> Trainer.Report {
      let (network, crops, training, teacher) = (network, crops, training, teacher)
      let progress = Double(trainer.step) / Double(trainer.plan.steps)
      return try trainer.advance { parameters, random in
        let draw = try crops.draw(rows: training.rows, side: training.side, &random)
        // Where there is no dropout the random streams stay as they are without it.
        var dropout = network.dropout > 0 ? random.split() : nil
        func trained(_ x: Tensor, _ times: [Double], _ condition: Condition) -> Tensor {
          network.velocity(x, times, condition, parameters, dropout: dropout?.next())
        }
        guard let teacher else {
          let first = Network.recipe.sourceShare.first
          let share = first - (first - training.sourceShare) * progress
          let objective = FlowMatching(
            path: network.path, times: .atSource(time: 1, share: share, otherwise: 1e-3...1), distance: .l1)
          return try objective.losses(trained, draw, &random)
        }
        let frozen = training.mixedPrecision ? teacher.cast(to: .bf16) : teacher
        return try ChainDistillation(path: network.path).losses(
          student: trained, teacher: { network.velocity($0, $1, $2, frozen) }, draw, part: { $0.rows($1) },
          constraint: crops.isPureReduction ? (4, { Self.inconsistency($0, draw.condition.low) }) : nil, &random)
      }
    }

    /// Mean squared difference between results made small again and their low-resolution images. Where the input is
    /// the photograph's reduction, so must every result's be: realism may add detail, not change what was seen. Two pixels
    /// at the borders are left out, since they were made of more than the crop.
    private static func inconsistency(_ results: Tensor, _ low: Tensor) -> Tensor {
      let (height, width) = (low.shape[1], low.shape[2])
      func inner(_ x: Tensor) -> Tensor { x.sliced(axis: 1, 2..<height - 2).sliced(axis: 2, 2..<width - 2) }
      return Distance.l2(
        inner(results.resized(height: height, width: width, .bicubic, antialias: true)), inner(low)
      ).mean()
    }

    /// The averaged network, ready to restore.
    public func model(purpose: String, data: String, figures: String) -> RestorationModel<Network> {
      RestorationModel(
        network: network, parameters: trainer.average.parameters,
        card: ModelCard(
          architecture: Network.id, role: stage.rawValue, preset: Network.recipe.preset,
          configuration: network.configuration.json,
          purpose: purpose, data: data, steps: trainer.step, seed: training.seed, figures: figures))
    }
  }
}
