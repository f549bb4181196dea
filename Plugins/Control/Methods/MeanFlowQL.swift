import OneStepFlow
import OneStepTensors

extension Method<TransitionBatch> {
  /// One-step generative policies (MeanFlowQL, AAAI 2026): the map g(x, t) = x - u(x, t, 0) is learnt itself, so an action is
  /// g(eps, 1). The next action is the best of a few, and actions beyond the bounds cost their excess.
  ///
  ///     g_target = x + (t - 1) v - t d/dt g,   clipped to -5...5
  ///
  /// - Parameter candidates: next actions of which the best counts.
  public static func meanFlowQL(eta: Double, candidates: Int = 2, value: ValueLearning = ValueLearning()) -> Method {
    var chosen = value
    chosen.candidates = max(value.candidates, candidates)
    return valueMethod("meanflowql", "MeanFlowQL 2026", .raw(clocks: 1), chosen) { [chosen] group, scene in
      let draw = try scene.draw()
      guard group == "student" else {
        let slow = scene.average.network
        return try chosen.losses(&scene, draw.condition) {
          try generated(slow, $0, &$1).clamped(to: -1...1)
        }
      }
      var losses = Losses()
      losses.add("meanflow", try residual(draw, &scene))
      let raw = try generated(scene.student.network, draw.condition, &scene.random)
      losses.add("bound", ((raw - 1).relu() + (-raw - 1).relu()).mean())
      guard eta > 0 else { return losses }
      losses.add("value", weight: eta, try chosen.pull(&scene, raw.clamped(to: -1...1), draw.condition))
      return losses
    }
  }

  private static func generated(
    _ network: BoundNetwork<TransitionBatch>, _ batch: TransitionBatch, _ random: inout RandomSource
  ) throws -> Tensor {
    try network(random.normal(batch.actions.shape), [.ones([batch.rewards.count])], batch)
  }

  /// The squared distance to the target with MeanFlow's weight, `1 / (d² + 1e-4)^0.2` of the mean over the action.
  private static func residual(_ draw: Draw<TransitionBatch>, _ scene: inout Scene<TransitionBatch>) throws -> Tensor {
    let n = draw.data.shape[0], t = TimeLaw.uniform(0...1)(n, &scene.random)
    let x = Path.linear.point(draw.data, noise: draw.noise, at: t), v = draw.noise - draw.data
    let clock = Tensor(t.map(Float.init), shape: [n]), column = clock.reshaped(n, 1)
    let g = try scene.student.network(x.withTangent(v), [clock.withTangent(.ones([n]))], draw.condition)
    let target = (x + v * (column - 1) - g.tangent * column).clamped(to: -5...5)
    let square = Distance.l2(g.withoutTangent, target.values)
    return (square / .power(square.values + 1e-4, .filled(0.2, [1]))).mean()
  }
}
