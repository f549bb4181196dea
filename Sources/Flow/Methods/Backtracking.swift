import OneStepTensors

// Score distillation with another teacher than the exact end point (objective G).

extension Method {
  /// DisBack (Zhang et al. 2025): distribution backtracking. The teacher's score is far from what an untrained student makes;
  /// a teacher that is fine-tuned to those samples passes through distributions in between. The student walks this way back:
  /// the "real" score is one of the recorded nodes after the other, each for an equal interval, and then the teacher itself.
  /// On points of the plane scores overlap from the start, and the way back has been seen to cost more than it saves.
  ///
  /// - Parameters:
  ///   - nodes: learnt scores, the one nearest to the untrained student first; without any this is plain score
  ///     distillation with normalised rows. The fake score should start where the recording ended.
  ///   - walk: share of the training spent on the nodes; the rest is the teacher's.
  public static func disBack(nodes: [Denoiser<C>], walk: Double = 0.3) -> Method {
    precondition(walk > 0 && walk <= 1, "a way back over \(walk) of the training")
    return generator("disback", "Zhang et al. 2025") { generated, fake, draw, scene in
      let node = min(nodes.count, Int(scene.progress / walk * Double(nodes.count)))
      let real = node < nodes.count ? nodes[node] : scene.material.teacher
      return try ScoreDistillation(times: generatorTimes).losses(
        generated: generated, teacher: real.on(scorePath), fake: fake, draw.condition, &scene.random)
    }
  }

  /// Two-way distillation after EchoDistill: a learnt teacher and its student train together. The student regresses what the
  /// teacher's steps make of its noise and faces a discriminator that knows data; the teacher learns from data and, with a
  /// smaller weight, from the student's samples: the echo.
  ///
  /// Put together from the paper's abstract alone: the terms and their order are the paper's, all weights and step counts are
  /// ours, and what images share there (a text encoder) has no counterpart here.
  public static func echo(steps: Int = 4, adversarialWeight: Double = 1e-2, echoWeight: Double = 0.05) -> Method {
    let path = Path.linear
    return Method(
      "echo", "EchoDistill 2025", .velocity(path), rate: 1e-3,
      critics: [Group("teacher", .points(clocks: 1), rate: 2e-3), discriminator],
      plan: .all("teacher", "discriminator", "student")
    ) { group, scene in
      let draw = try scene.draw()
      let adversarial = Adversarial(path: scorePath, times: times)
      let field = scene.velocity("teacher")
      func generated() throws -> Tensor { try scene.student.map.generated(from: draw.noise, on: path, draw.condition) }
      switch group {
      case "student":
        let taught = try FlowMap.integrating(field, with: .heun, steps: steps)
          .generated(from: draw.noise, on: path, draw.condition).values
        let result = try generated()
        var losses = Losses()
        losses.add("teacher", Distance.l2(result, taught).mean())
        losses.add(
          "adversarial", weight: adversarialWeight,
          try adversarial.generatorLoss(
            scene.logits(on: scorePath), generated: result, draw.condition, &scene.random))
        return losses
      case "discriminator":
        return try adversarial.losses(
          scene.logits(on: scorePath), data: draw.data, generated: generated(), draw.condition, &scene.random)
      default:
        let flow = FlowMatching(path: path, times: .uniform(1e-3...1))
        var losses = try flow.losses(field, draw, &scene.random)
        let fresh = scene.random.normal(draw.noise.shape)
        let echo = Draw(data: try generated().values, noise: fresh, anchor: draw.anchor, condition: draw.condition)
        losses.add(try flow.losses(field, echo, &scene.random), weight: echoWeight)
        return losses
      }
    }
  }

  /// TAD-SR (He et al. 2024): the student regresses the teacher's samples; at little noise, where detail is decided, its
  /// results follow the difference between the noise that the teacher sees in them and in its own samples of the same noise;
  /// a discriminator that knows the time compares noisy results with noisy data by hinge losses.
  ///
  /// Noise is normal throughout, as the paper means it.
  ///
  /// - Parameter low: noise levels of the score term: those of fine structure.
  public static func timeAware(
    low: ClosedRange<Double> = 0.05...0.3, scoreWeight: Double = 0.05, adversarialWeight: Double = 2e-3
  ) -> Method {
    let path = scorePath
    return Method(
      "tad-sr", "He et al. 2024", .velocity(.linear), rate: 1e-3, critics: [discriminator],
      plan: .all("discriminator", "student")
    ) { group, scene in
      let pairs = try scene.pairs(), logits = scene.logits(on: path)
      let result = try scene.student.map.generated(from: pairs.noise, on: .linear, pairs.condition)
      let t = times(scene.rows, &scene.random)
      let noisy = path.point(
        group == "student" ? result : result.values, noise: scene.random.normal(result.shape), at: t)
      var losses = Losses()
      guard group == "student" else {
        let data = path.point(try scene.draw().data, noise: scene.random.normal(result.shape), at: t)
        losses.add("data", (1 - (try logits(data, t, pairs.condition))).relu().mean())
        losses.add("generated", (1 + (try logits(noisy, t, pairs.condition))).relu().mean())
        return losses
      }
      losses.add("pairs", Distance.l2(result, pairs.data).mean())
      let tau = TimeLaw.uniform(low)(scene.rows, &scene.random), noise = scene.random.normal(result.shape)
      let teacher = scene.material.teacher.on(path)
      func seen(_ data: Tensor) throws -> Tensor {
        try teacher.predict(.noise, path.point(data.values, noise: noise, at: tau), at: tau, pairs.condition).values
      }
      let direction = (try seen(result) - seen(pairs.data)).withoutNonFinite()
      losses.add("score", weight: scoreWeight, (result * direction).mean())
      losses.add("adversarial", weight: adversarialWeight, -(try logits(noisy, t, pairs.condition)).mean())
      return losses
    }
  }
}

extension Scene {
  /// A critic of one clock as a velocity field.
  public func velocity(_ critic: String) -> VelocityField<C> {
    guard let network = critics[critic] else { preconditionFailure("no critic is called \(critic)") }
    return { x, t, c in try network(x, [clock(t)], c) }
  }
}
