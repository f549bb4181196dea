import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Where on the path cloning draws its times.
public enum CloningTimes: String, Sendable, Codable, CaseIterable {
  /// The paper's: about -0.4, mostly the middle of the path. It seldom trains the whole jump, which an action is.
  case logitNormal = "logit-normal"
  case uniform

  var law: TimeLaw { self == .uniform ? .uniform(0...1) : .logitNormal(mean: -0.4, deviation: 1) }
}

/// What the value-based methods share: how the critics learn.
public struct ValueLearning: Sendable, Equatable {
  /// Discount of a reward one step later.
  public var discount: Double
  public var rate: Double
  /// Of the policy.
  public var policyRate: Double
  /// Next actions of which the best counts; 1, or 10 on AntMaze.
  public var candidates: Int
  /// Of OFQL's cloning.
  public var times: CloningTimes

  public init(
    discount: Double = 0.99, rate: Double = 3e-4, policyRate: Double = 3e-4, candidates: Int = 1,
    times: CloningTimes = .logitNormal
  ) {
    (self.discount, self.rate, self.policyRate) = (discount, rate, policyRate)
    (self.candidates, self.times) = (candidates, times)
  }

  /// The slow copy of the critics: Polyak's average of every step.
  static let criticAverage = Averaging(decay: 0.995, warmsUp: false)
  /// The slow copy of a policy.
  static let policyAverage = Averaging(decay: 0.995, warmsUp: false, every: 5, after: 1000)

  var critic: Method<TransitionBatch>.Group {
    .init("critic", .scores(2), rate: rate).steady(Self.criticAverage)
  }

  /// TD(0) with the smaller of two slow critics (Fujimoto et al. 2018): the next action comes from `act`, which makes
  /// actions `[B, A]` for a batch.
  ///
  /// - Parameter penalty: weight of the squared distance between that action and the one that data took next.
  func losses(
    _ scene: inout Scene<TransitionBatch>, _ batch: TransitionBatch, penalty: Double = 0,
    act: (TransitionBatch, inout RandomSource) throws -> Tensor
  ) throws -> Losses {
    guard let critic = scene.critics["critic"], let slow = scene.averageCritics["critic"] else {
      preconditionFailure("no critic is called critic")
    }
    let next = batch.next.repeated(candidates)
    return try temporalDifference(critic, slow, batch, next, try act(next, &scene.random), penalty: penalty)
  }

  package func temporalDifference(
    _ critic: BoundNetwork<TransitionBatch>, _ slow: BoundNetwork<TransitionBatch>, _ batch: TransitionBatch,
    _ next: TransitionBatch, _ actions: Tensor, penalty: Double = 0
  ) throws -> Losses {
    let n = batch.rewards.count
    var worth = try slow(actions, [], next)  // [B candidates, 2]
    if candidates > 1 { worth = worth.reshaped(n, candidates, 2).maximum([1]) }
    var future = worth.minimum([1])
    if penalty > 0 { future = future - (actions - next.nextActions).squared().sum([1]) * Float(penalty) }
    let target = batch.rewards + batch.continues * future * Float(discount)
    let values = try critic(batch.actions, [], batch)
    var losses = Losses()
    losses.add("q", weight: 0, values.values.mean())  // to be looked at
    losses.add("td", (values - target.values.reshaped(n, 1)).squared().mean([0]).sum())
    return losses
  }

  /// The value's pull on a policy, scaled by the values' own size: `-E[Q_a] / SG[E|Q_b|]` with the two critics in random roles.
  func pull(_ scene: inout Scene<TransitionBatch>, _ actions: Tensor, _ batch: TransitionBatch) throws -> Tensor {
    guard let critic = scene.critics["critic"] else { preconditionFailure("no critic is called critic") }
    let first = scene.random.integers(below: 2, count: 1)[0]
    var (climbed, scaling) = (batch, batch)
    (climbed.critic, scaling.critic) = (first, 1 - first)
    return Self.pull(try critic(actions, [], climbed), scaledBy: try critic(actions.values, [], scaling))
  }

  /// - Parameter scale: values of the other critic.
  package static func pull(_ values: Tensor, scaledBy scale: Tensor) -> Tensor {
    -(values.mean() / max(1e-6, scale.values.absolute().mean().item))
  }
}

extension Method<TransitionBatch> {
  /// A policy beside two critics that learn first, all at constant rates, with slow copies.
  static func valueMethod(
    _ name: String, _ paper: String, _ form: StudentForm, _ value: ValueLearning, further: [Group] = [],
    plan: UpdatePlan = .all("critic", "student"),
    losses: @escaping (_ group: String, _ scene: inout Scene<TransitionBatch>) throws -> Losses
  ) -> Method {
    var method = Method(name, paper, form, critics: [value.critic] + further, plan: plan, losses: losses)
    method.studentGroup = Group("student", .points(clocks: form.clocks), rate: value.policyRate).steady(
      ValueLearning.policyAverage)
    return method
  }
}
