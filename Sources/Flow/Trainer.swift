import Foundation
import OneStepNetworks
import OneStepTensors

/// Everything about a run that must stay the same when it is resumed.
public struct TrainingPlan: Sendable, Codable, Equatable {
  public var steps: Int
  public var rate: LearningRate
  /// Largest global norm of the gradient.
  public var clip: Double?
  /// The moving average that is evaluated and shipped.
  public var average: Averaging
  public var seed: UInt64
  /// Compute in bf16 with f32 master weights, norms and losses.
  public var mixedPrecision: Bool

  public init(
    steps: Int, rate: LearningRate, clip: Double? = 1, averageDecay: Double = 0.999, seed: UInt64 = 1,
    mixedPrecision: Bool = false
  ) {
    (self.steps, self.rate, self.clip) = (steps, rate, clip)
    (average, self.seed, self.mixedPrecision) = (Averaging(decay: averageDecay), seed, mixedPrecision)
  }
}

/// Minimises a loss over parameters, one step at a time, and can stop and go on at any step with the same bits.
///
/// Randomness of step n comes from streams of the seed that belong to n alone, so there is no generator state to lose.
public struct Trainer: Sendable {
  public let plan: TrainingPlan
  public internal(set) var parameters: Parameters
  public internal(set) var average: MovingAverage
  public internal(set) var optimizer: Optimizer
  /// Steps made so far.
  public internal(set) var step = 0
  private let isFrozen: @Sendable (ParameterSpec) -> Bool

  /// - Parameter isFrozen: names the parameters that stay as they are.
  public init(
    _ plan: TrainingPlan, rule: OptimizerRule = .adam(), from start: Parameters,
    isFrozen: @escaping @Sendable (ParameterSpec) -> Bool = { _ in false }
  ) {
    (self.plan, parameters, self.isFrozen) = (plan, start, isFrozen)
    average = MovingAverage(plan.average, of: start)
    optimizer = Optimizer(rule, for: start)
  }

  public var isFinished: Bool { step >= plan.steps }

  /// What one step did.
  public struct Report: Sendable {
    /// Steps made, this one included.
    public let step: Int
    public let total: Double
    public let parts: [(name: String, value: Double)]
    public let gradientNorm: Double
    public let rate: Double
  }

  /// A loss of the parameters (leaves of a tape, in the precision to compute in) under this step's randomness.
  public typealias Loss = (Parameters, inout RandomSource) throws -> Losses

  /// Makes one step. When a loss or the gradient is not finite, nothing has changed and an error names the term.
  public mutating func advance(_ loss: Loss) throws -> Report {
    try Compute.perform {
      var random = RandomSource(seed: plan.seed, stream: UInt64(step) << 20)
      let tape = Tape()
      defer { tape.reset() }
      let trained = parameters.specs.indices.filter { !isFrozen(parameters.specs[$0]) }
      let leaves = parameters.watched(on: tape, isFrozen: isFrozen)
      let losses = try loss(plan.mixedPrecision ? leaves.cast(to: .bf16) : leaves, &random)
      let total = losses.total
      let parts = losses.parts.map { (name: $0.name, value: Double($0.value.item)) }
      if let bad = parts.first(where: { !$0.value.isFinite }) {
        throw TrainingError.notFinite(term: bad.name, step: step)
      }
      var gradients = [Tensor?](repeating: nil, count: leaves.tensors.count)
      for (index, gradient) in zip(trained, tape.gradients(of: total, for: trained.map { leaves.tensors[$0] })) {
        gradients[index] = gradient
      }
      let rate = plan.rate(step: step, of: plan.steps)
      let norm = optimizer.update(&parameters, gradients: gradients, rate: rate, clip: plan.clip)
      guard norm.isFinite else { throw TrainingError.notFinite(term: "gradient", step: step) }
      average.update(with: parameters)
      step += 1
      return Report(step: step, total: Double(total.item), parts: parts, gradientNorm: norm, rate: rate)
    }
  }
}

public enum TrainingError: Error, Equatable, CustomStringConvertible {
  case notFinite(term: String, step: Int)
  case otherRun(file: String, reason: String)
  case unreadable(CheckpointError)

  public var description: String {
    switch self {
    case .notFinite(let term, let step):
      "training stopped at step \(step): \(term) is not finite. The last checkpoint is kept; resume with a lower rate"
    case .otherRun(let file, let reason):
      "\(file): belongs to another run: \(reason). Give another output folder, or the options it was started with"
    case .unreadable(let error): error.description
    }
  }
}
