import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension Method<TransitionBatch> {
  /// Flow Q-learning (Park et al. 2025): a flow clones the behaviour, and a one-step policy follows its integral while it climbs
  /// the value.
  ///
  ///     L = E || mu(s, z) - SG[ODE(flow, s, z)] ||² + eta (-E[Q(s, mu)] / SG[E|Q|])
  ///
  /// The paper's time runs from noise at 0 to the action at 1; here the action is at 0.
  ///
  /// - Parameter steps: Euler steps of the integral, while training only.
  public static func fql(eta: Double, steps: Int = 10, value: ValueLearning = ValueLearning()) -> Method {
    let flow = Group("flow", .points(clocks: 1), rate: value.policyRate).steady(ValueLearning.policyAverage)
    let grid = (0...steps).map { 1 - Double($0) / Double(steps) }
    return valueMethod(
      "fql", "Park et al. 2025", .raw(clocks: 0), value, further: [flow], plan: .all("critic", "flow", "student")
    ) { group, scene in
      let draw = try scene.draw()
      guard let teacher = scene.critics["flow"].map({ Student(.velocity(.linear), $0) }) else {
        preconditionFailure("no network is called flow")
      }
      switch group {
      case "critic":
        let now = scene.frozen.network
        return try value.losses(&scene, draw.condition) {
          try now($1.normal($0.actions.shape), [], $0).clamped(to: -1...1)
        }
      case "flow":
        return try FlowMatching(path: .linear, times: .uniform(0...1)).losses(teacher.velocity, draw, &scene.random)
      default:
        let noise = scene.random.normal(draw.data.shape)
        let cloned = try Sampler.jumps(times: grid)(
          teacher.map, noise: noise, on: .linear, draw.condition, &scene.random)
        let raw = try scene.student.network(noise, [], draw.condition)
        var losses = Losses()
        losses.add("distilled", Distance.l2(raw, cloned.values.clamped(to: -1...1)).mean())
        guard eta > 0 else { return losses }
        losses.add("value", weight: eta, try value.pull(&scene, raw.clamped(to: -1...1), draw.condition))
        return losses
      }
    }
  }
}
