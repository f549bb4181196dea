import OneStepFlow
import OneStepTensors

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
    let cloning = MeanFlow(times: TimePairLaw(value.times.law, equal: 0.5), distance: .l2)
    return valueMethod("ofql", "Nguyen and Yoo 2026", .average(.linear), value) { group, scene in
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
  }
}

extension FlowMap<TransitionBatch> {
  /// One action for each row, `[B, A]` in -1...1, from fresh noise by one call.
  func action(_ batch: TransitionBatch, _ random: inout RandomSource) throws -> Tensor {
    try generated(from: random.normal(batch.actions.shape), on: .linear, batch).clamped(to: -1...1)
  }
}
