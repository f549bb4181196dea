import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension OFTSR {
  public enum Stage: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// The regression at the source of the path, of networks that keep it apart.
    case fidelity
    /// The velocity at every time, by flow matching.
    case teacher
    /// The average velocity from the source to any time, by distillation.
    case student
  }

  /// What training a network takes, beside steps and seed.
  public struct Recipe: Sendable {
    /// Its name on the command line and in model files.
    public var preset: String
    public var rule: OptimizerRule
    public var rates: [Stage: Double]
    /// Steps of a stage as a share of the first stage's, unless they are given.
    public var shares: [Stage: Double]
    /// Most steps over which the rate rises; short runs take a tenth of theirs.
    public var warmUp: Int
    public var shape: LearningRate.Shape
    public var averageDecay: Double
    /// Crops a step and low-resolution pixels a side of a crop.
    public var rows: Int
    public var side: Int
  }

  /// Made for an hour or two on two cores, most of it for fidelity.
  public static let recipe = Recipe(
    preset: "small", rule: .muon(), rates: [.fidelity: 1e-3, .teacher: 1e-3, .student: 3e-4],
    shares: [.fidelity: 1, .teacher: 0.3, .student: 0.15], warmUp: 200, shape: .cosine, averageDecay: 0.999, rows: 8,
    side: 48)

  /// One run from photographs to a student: flow matching trains a teacher, the chain distils it.
  public struct Training: Sendable, Codable, Equatable {
    public var steps: [Stage: Int]
    public var rates: [Stage: Double]
    /// Crops a step and low-resolution pixels a side of a crop.
    public var rows: Int
    public var side: Int
    public var seed: UInt64 = 1
    public var mixedPrecision: Bool

    /// - Parameter steps: of the first stage; the others follow by the recipe's shares.
    public init(steps: Int, mixedPrecision: Bool, recipe: Recipe = OFTSR.recipe) {
      self.steps = recipe.shares.mapValues { max(1, Int(Double(steps) * $0)) }
      self.mixedPrecision = mixedPrecision
      (rates, rows, side) = (recipe.rates, recipe.rows, recipe.side)
    }

    func plan(_ stage: Stage, _ recipe: Recipe) -> TrainingPlan {
      let steps = self.steps[stage] ?? 0
      let rate = LearningRate(
        peak: rates[stage] ?? 0, warmUp: min(recipe.warmUp, steps / 10), shape: recipe.shape, final: 0.02)
      // Each stage has random streams of its own, so that it sees other crops.
      let offset: UInt64 =
        switch stage {
        case .fidelity: 0
        case .teacher: 0x7EAC
        case .student: 0x5EED
        }
      return TrainingPlan(
        steps: steps, rate: rate, averageDecay: recipe.averageDecay, seed: seed &+ offset,
        mixedPrecision: mixedPrecision)
    }
  }

  /// A stage in progress: what to minimise and the state of its trainer.
  public struct StageTrainer<Network: RestorationNetwork> {
    public let stage: Stage
    public var trainer: Trainer
    private let network: Network
    private let training: Training
    private let crops: PhotographCrops
    /// The parameters at the beginning: a student's teacher, and what a stage leaves as it is.
    private let start: Parameters

    /// - Parameter start: the average of the stage before, or what the first stage begins with; `nil` for fresh parameters.
    public init(
      _ stage: Stage, _ network: Network, _ training: Training, _ crops: PhotographCrops, from start: Parameters?
    ) {
      self.start = start ?? Parameters(specs: network.specs, seed: training.seed)
      (self.stage, self.network, self.training, self.crops) = (stage, network, training, crops)
      trainer = Trainer(
        training.plan(stage, Network.recipe), rule: Network.recipe.rule, from: self.start,
        isFrozen: { !network.isTrained($0, in: stage) })
    }

    /// Makes one step.
    public mutating func advance() throws -> Trainer.Report {
      let (stage, network, crops, training, start) = (stage, network, crops, training, start)
      return try trainer.advance { parameters, random in
        var draw = try crops.draw(rows: training.rows, side: training.side, &random)
        // Where there is no dropout the random streams stay as they are without it.
        var dropout = network.dropout > 0 ? random.split() : nil
        func trained(_ x: Tensor, _ times: [Double], _ condition: Condition) -> Tensor {
          network.velocity(x, times, condition, parameters, dropout: dropout?.next())
        }
        let frozen = training.mixedPrecision ? start.cast(to: .bf16) : start
        if stage != .fidelity { draw.condition = network.prepared(draw.condition, frozen) }
        switch stage {
        case .fidelity:
          return try FlowMatching(path: network.path, times: .fixed(1), distance: .l1).losses(trained, draw, &random)
        case .teacher:
          let objective = FlowMatching(path: network.path, times: .uniform(1e-3...1), distance: .l1)
          return try objective.losses(trained, draw, &random)
        case .student:
          return try ChainDistillation(path: network.path).losses(
            student: trained, teacher: { network.velocity($0, $1, $2, frozen) }, draw, part: { $0.rows($1) },
            constraint: crops.isPureReduction ? (4, { Self.inconsistency($0, draw.condition.low) }) : nil, &random)
        }
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
