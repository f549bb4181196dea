import OneStepTensors

// Students that are more than generators: a policy that seeks reward, a decoder of quantised points.

extension Method {
  /// One-step flow Q-learning (OFQL 2026) where episodes last one step: MeanFlow clones the behaviour, and the one-step action
  /// climbs a learnt value.
  ///
  ///     L = || u - SG[u_target] ||² + eta (-E[Q(a)] / SG[E|Q(a)|]),   a = eps - u(eps, 1, 0)
  ///
  /// The value is regressed on data's own actions: with one step there is no next state, hence no target networks and one
  /// critic instead of two.
  ///
  /// - Parameters:
  ///   - eta: weight of the value; 0 is behaviour cloning.
  ///   - times: the paper's law is logit-normal about -0.4; in two dimensions it leaves the whole jump untrained.
  ///   - reward: of actions, `[N, ...]` -> [N]; it is asked for data's actions only.
  public static func flowQLearning(
    eta: Double, times: TimePairLaw = TimePairLaw(), reward: @escaping (Tensor) throws -> Tensor
  ) -> Method {
    Method(
      "ofql", "OFQL 2026", .average(.linear), rate: 1e-3, critics: [Group("value", .logit, rate: 2e-3)],
      plan: .all("value", "student")
    ) { group, scene in
      let draw = try scene.draw(), still = clock([Double](repeating: 0, count: scene.rows))
      guard let value = scene.critics["value"] else { preconditionFailure("no critic is called value") }
      var losses = Losses()
      guard group == "student" else {
        let target = try reward(draw.data).values
        losses.add("value", (try value(draw.data, [still], draw.condition) - target).squared().mean())
        return losses
      }
      losses.add(
        try MeanFlow(times: times).losses(scene.student.average, draw, &scene.random))
      guard eta > 0 else { return losses }
      let fresh = scene.random.normal(draw.noise.shape)
      let action = try scene.student.map.generated(from: fresh, on: .linear, draw.condition)
      let worth = try value(action, [still], draw.condition)
      let scale = max(1e-6, worth.values.absolute().mean().item)
      losses.add("reward", weight: -eta, worth.mean() / scale)
      return losses
    }
  }

  /// OSCAR (Guo et al. 2025): one decoder for several rates. Each quantiser's output stands at the time of the path at which
  /// noise would have done as much harm, and one call of the denoiser from there is the decoder.
  ///
  /// - Parameter rates: each quantiser, and where its output stands.
  public static func oscar(
    _ material: Material<C>, rates: [(quantize: (Tensor) -> Tensor, place: PseudoTime)]
  ) -> Method {
    precondition(!rates.isEmpty, "a codec without a rate")
    let path = scorePath
    return Method("oscar", "Guo et al. 2025", .denoiser(path, deviation: material.deviation), rate: 2e-3) { _, scene in
      let draw = try scene.draw(), rate = rates[scene.random.integers(below: rates.count, count: 1)[0]]
      let x = rate.place.point(rate.quantize(draw.data), on: path, deviation: material.deviation)
      var losses = Losses()
      losses.add(
        "decoded", Distance.l2(try scene.student.denoiser(x.point, at: x.times, draw.condition), draw.data).mean())
      return losses
    }
  }
}

/// Where a degraded version of data stands on a path of noise (OSCAR, Guo et al. 2025): scaled to the norm of data, it has
/// the cosine c with them that noise leaves at a noise-to-signal ratio of `deviation sqrt(1 / c² - 1)`.
public struct PseudoTime: Sendable, Equatable {
  /// Cosine of the angle between data and their degraded version, over all elements.
  public let cosine: Double
  /// Norm of data over that of the degraded version.
  public let gain: Double

  /// Measured on examples, `[N, ...]` each; nil where the two have nothing in common.
  public init?(data: Tensor, degraded: Tensor) {
    precondition(data.shape == degraded.shape, "data of shape \(data.shape), their degraded version \(degraded.shape)")
    let norms = [data, degraded].map { Double($0.squared().mean().item).squareRoot() }
    let product = Double((data * degraded).mean().item)
    guard norms[0] > 0, norms[1] > 0, product > 0 else { return nil }
    cosine = min(1, product / (norms[0] * norms[1]))
    gain = norms[0] / norms[1]
  }

  /// The time on a path without an anchor, inside its range.
  public func time(on path: Path, deviation: Double) -> Double {
    let t = path.time(deviation * (1 / (cosine * cosine) - 1).squareRoot())
    return min(path.range.upperBound, max(path.range.lowerBound, t))
  }

  /// A degraded version `[N, ...]` as points of the path, with one time a row. What noise adds to data's norm is added too.
  public func point(_ degraded: Tensor, on path: Path, deviation: Double) -> (point: Tensor, times: [Double]) {
    let t = time(on: path, deviation: deviation)
    return (
      degraded * Float(gain * path.scales(t).signal / cosine), [Double](repeating: t, count: degraded.shape[0])
    )
  }
}
