import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// What the value-based methods share: how the critics learn.
public struct ValueLearning: Sendable, Equatable {
  /// Discount of a reward one step later.
  public var discount: Double
  public var rate: Double
  /// Of the policy.
  public var policyRate: Double
  /// Next actions of which the best counts; 1, or 10 on AntMaze.
  public var candidates: Int

  public init(discount: Double = 0.99, rate: Double = 3e-4, policyRate: Double = 3e-4, candidates: Int = 1) {
    (self.discount, self.rate, self.policyRate, self.candidates) = (discount, rate, policyRate, candidates)
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
  func losses(
    _ scene: inout Scene<TransitionBatch>, _ batch: TransitionBatch,
    act: (TransitionBatch, inout RandomSource) throws -> Tensor
  ) throws -> Losses {
    guard let critic = scene.critics["critic"], let slow = scene.averageCritics["critic"] else {
      preconditionFailure("no critic is called critic")
    }
    let next = batch.next.repeated(candidates)
    let n = batch.rewards.count
    var worth = try slow(act(next, &scene.random), [], next)  // [B candidates, 2]
    if candidates > 1 { worth = worth.reshaped(n, candidates, 2).maximum([1]) }
    let target = batch.rewards + batch.continues * worth.minimum([1]) * Float(discount)
    let values = try critic(batch.actions, [], batch)
    var losses = Losses()
    losses.add("td", (values - target.values.reshaped(n, 1)).squared().mean([0]).sum())
    return losses
  }

  /// The value's pull on a policy, scaled by the values' own size: `-E[Q_a] / SG[E|Q_b|]` with the two critics in random roles.
  func pull(_ scene: inout Scene<TransitionBatch>, _ actions: Tensor, _ batch: TransitionBatch) throws -> Tensor {
    guard let critic = scene.critics["critic"] else { preconditionFailure("no critic is called critic") }
    let values = try critic(actions, [], batch)  // [B, 2]
    let first = Int(scene.random.integers(below: 2, count: 1)[0])
    func head(_ k: Int) -> Tensor { values.sliced(axis: 1, k..<k + 1) }
    let size = max(1e-6, head(1 - first).values.absolute().mean().item)
    return -(head(first).mean() / size)
  }
}

extension Method<TransitionBatch> {
  /// One-step flow Q-learning (Nguyen and Yoo, ICLR 2026): MeanFlow clones the behaviour, and the action of one network call climbs
  /// the critics' value.
  ///
  ///     L = || u - SG[u_target] ||² + eta (-E[Q(s, a)] / SG[E|Q|]),   a = eps - u(eps, 1, 0; s)
  ///
  /// The paper's times are its r <= t with t = 0 at data, as here.
  ///
  /// - Parameter eta: weight of the value; 0 clones.
  public static func ofql(eta: Double, value: ValueLearning = ValueLearning()) -> Method {
    let cloning = MeanFlow(
      times: TimePairLaw(.logitNormal(mean: -0.4, deviation: 1), equal: 0.5), distance: .l2)
    var method = Method(
      "ofql", "Nguyen and Yoo 2026", .average(.linear), critics: [value.critic], plan: .all("critic", "student")
    ) { group, scene in
      let draw = try scene.draw()
      guard group == "student" else {
        let slow = scene.average.map
        return try value.losses(&scene, draw.condition) { try slow.action($0, &$1) }
      }
      var losses = try cloning.losses(scene.student.average, draw, &scene.random)
      guard eta > 0 else { return losses }
      let actions = try scene.student.map.action(draw.condition, &scene.random)
      losses.add("value", weight: eta, try value.pull(&scene, actions, draw.condition))
      return losses
    }
    method.studentGroup = Group("student", .points(clocks: 2), rate: value.policyRate).steady(
      ValueLearning.policyAverage)
    return method
  }
}

extension FlowMap<TransitionBatch> {
  /// One action for each row, `[B, A]` in -1...1, from fresh noise by one call.
  func action(_ batch: TransitionBatch, _ random: inout RandomSource) throws -> Tensor {
    try generated(from: random.normal(batch.actions.shape), on: .linear, batch).clamped(to: -1...1)
  }
}
