import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Soft actor-critic with a temperature that adapts itself (Haarnoja et al. 2018, arXiv 1812.05905): a policy climbs the
/// smaller of two critics and keeps its entropy near a target.
///
///     y      = r + discount (min Q'(s', a') - alpha log pi(a' | s')),  a' ~ pi(s')     (eq. 3 and 5)
///     critic = E (Q1 - y)² + E (Q2 - y)²
///     policy = E alpha log pi(a | s) - min Q(s, a),  a ~ pi(s)                         (eq. 9)
///     alpha  = -log alpha (E log pi(a | s) + target)                                   (eq. 18, in log alpha)
public struct SoftActorCritic: Sendable {
  /// What is the same for a whole run.
  public struct Options: Sendable, Codable, Equatable {
    /// Of the hidden layers.
    public var width: Int
    /// Learning rate of all three.
    public var rate: Double
    /// Steps in a batch.
    public var batch: Int
    /// Of a reward one step later.
    public var discount: Double
    /// Share of the critics that their slow copies take over at every update.
    public var tau: Double
    /// The policy's entropy, in nats, that the temperature aims at; `nil` is minus the actions' size.
    public var targetEntropy: Double?

    public init(
      width: Int = 256, rate: Double = 3e-4, batch: Int = 256, discount: Double = 0.99, tau: Double = 0.005,
      targetEntropy: Double? = nil
    ) {
      (self.width, self.rate, self.batch) = (width, rate, batch)
      (self.discount, self.tau, self.targetEntropy) = (discount, tau, targetEntropy)
    }
  }

  /// What one update saw.
  public struct Report: Sendable {
    /// Mean squared error of both critics together.
    public let criticLoss: Double
    /// Mean of the smaller critic for the policy's actions.
    public let value: Double
    /// Estimate of the policy's entropy, in nats.
    public let entropy: Double
    /// Worth of a nat in rewards.
    public let temperature: Double
  }

  public let options: Options
  public let network: BehaviourNetwork
  private let twins: TwinCritics
  private let targetEntropy: Double
  package internal(set) var policy: Trainer
  package internal(set) var critics: Trainer
  package internal(set) var temperature: Trainer

  public init(observationSize: Int, actionSize: Int, options: Options = Options(), seed: UInt64 = 1) {
    let sizes = BehaviourSizes(observationSize: observationSize, actionSize: actionSize, width: options.width)
    (self.options, network, twins) = (options, BehaviourNetwork(sizes), TwinCritics(sizes))
    targetEntropy = options.targetEntropy ?? -Double(actionSize)
    func trainer(_ specs: [ParameterSpec], _ index: UInt64) -> Trainer {
      let own = seed &+ index << 40
      var plan = TrainingPlan(steps: .max, rate: LearningRate(peak: options.rate), clip: nil, seed: own)
      plan.average = Averaging(decay: 1 - options.tau, warmsUp: false)
      return Trainer(plan, from: Parameters(specs: specs, seed: own))
    }
    policy = trainer(network.specs, 0)
    critics = trainer(twins.specs, 1)
    temperature = trainer([ParameterSpec(name: "log_temperature", shape: [1], initialization: .zeros)], 2)
  }

  /// Updates made so far.
  public var updates: Int { policy.step }
  /// The policy's numbers as they are now.
  public var parameters: Parameters { policy.parameters }

  /// Learns from a batch: the critics, then the policy, then the temperature.
  ///
  /// - Throws: `TrainingError` when a number is not finite. The learner is then of no use; go on from a saved state.
  public mutating func update(_ batch: ReplayBuffer.Batch) throws -> Report {
    try Compute.perform {
      let alpha = temperature.parameters.tensors[0].exp()
      let critic = try updateCritics(batch, alpha)
      let (value, logDensity) = try updatePolicy(batch, alpha)
      _ = try temperature.advance { leaves, _ in
        var losses = Losses()
        losses.add("temperature", leaves.tensors[0] * -Float(logDensity + targetEntropy))
        return losses
      }
      return Report(criticLoss: critic, value: value, entropy: -logDensity, temperature: Double(alpha.item))
    }
  }

  private mutating func updateCritics(_ batch: ReplayBuffer.Batch, _ alpha: Tensor) throws -> Double {
    let (now, slow) = (policy.parameters, critics.average.parameters)
    return try critics.advance { leaves, random in
      let (next, logDensity) = network(batch.nextObservations, now).sample(random.normal(batch.actions.shape))
      let (first, second) = twins(batch.nextObservations, next, slow)
      let future = Tensor.minimum(first, second) - alpha * logDensity
      let target = batch.rewards + batch.continues * future * Float(options.discount)
      let values = twins(batch.observations, batch.actions, leaves)
      var losses = Losses()
      losses.add("td", ((values.0 - target).squared() + (values.1 - target).squared()).mean())
      return losses
    }.total
  }

  private mutating func updatePolicy(
    _ batch: ReplayBuffer.Batch, _ alpha: Tensor
  ) throws -> (value: Double, logDensity: Double) {
    let judges = critics.parameters
    let parts = try policy.advance { leaves, random in
      let (actions, logDensity) = network(batch.observations, leaves).sample(random.normal(batch.actions.shape))
      let (first, second) = twins(batch.observations, actions, judges)
      var losses = Losses()
      losses.add("log density", weight: Double(alpha.item), logDensity.mean())
      losses.add("value", weight: -1, Tensor.minimum(first, second).mean())
      return losses
    }.parts
    return (parts[1].value, parts[0].value)
  }
}
