import OneStepFlow
import OneStepTensors

extension Method<TransitionBatch> {
  /// Bootstrapped flow Q-learning (2026): what OFQL learns by a derivative, learnt by agreement. A jump from t to r equals two
  /// jumps by way of m; very short jumps follow the path. No forward mode is needed.
  ///
  /// - Parameter share: of the batches that learn the agreement; the others learn short jumps.
  public static func bfq(eta: Double, share: Double = 0.5, value: ValueLearning = ValueLearning()) -> Method {
    valueMethod("bfq", "BFQ 2026", .average(.linear), value) { group, scene in
      let draw = try scene.draw()
      guard group == "student" else {
        let slow = scene.average.map
        return try value.losses(&scene, draw.condition) { try slow.action($0, &$1) }
      }
      var losses = Losses()
      if Double(scene.random.uniform(count: 1)[0]) < share {
        losses.add("agreement", try agreement(draw, &scene))
      } else {
        losses.add("boundary", try boundary(draw, &scene))
      }
      guard eta > 0 else { return losses }
      let actions = try scene.student.map.action(draw.condition, &scene.random)
      losses.add("value", weight: eta, try value.pull(&scene, actions, draw.condition))
      return losses
    }
  }

  /// `G(x, t, r) = SG[G(G(x, t, m), m, r)]` for random r <= m <= t.
  private static func agreement(_ draw: Draw<TransitionBatch>, _ scene: inout Scene<TransitionBatch>) throws -> Tensor {
    let n = draw.data.shape[0], law = TimeLaw.uniform(0...1)
    let triples = zip(law(n, &scene.random), zip(law(n, &scene.random), law(n, &scene.random))).map {
      [$0, $1.0, $1.1].sorted()
    }
    let (r, m, t) = (triples.map { $0[0] }, triples.map { $0[1] }, triples.map { $0[2] })
    let x = Path.linear.point(draw.data, noise: draw.noise, at: t), frozen = scene.frozen.map
    let middle = try frozen(x, from: t, to: m, draw.condition)
    let target = try frozen(middle, from: m, to: r, draw.condition)
    return Distance.l2(try scene.student.map(x, from: t, to: r, draw.condition), target.values).mean()
  }

  /// The average velocity over at most a thousandth of the path is the path's own.
  private static func boundary(_ draw: Draw<TransitionBatch>, _ scene: inout Scene<TransitionBatch>) throws -> Tensor {
    let n = draw.data.shape[0], t = TimeLaw.uniform(0...1)(n, &scene.random)
    let r = zip(t, TimeLaw.uniform(0...1e-3)(n, &scene.random)).map { max(0, $0 - $1) }
    let x = Path.linear.point(draw.data, noise: draw.noise, at: t)
    func clock(_ times: [Double]) -> Tensor { Tensor(times.map(Float.init), shape: [n]) }
    let u = try scene.student.network(x, [clock(t), clock(r)], draw.condition)
    return Distance.l2(u, draw.noise - draw.data).mean()
  }
}
