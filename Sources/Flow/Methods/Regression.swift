import OneStepTensors

// Regression to data or to what a teacher made of the same noise (objective R).

extension Method {
  /// Flow matching, the 1-rectified flow (Liu et al. 2023): the velocity of the straight path. Its one step is the mean of
  /// all data; it is the teacher that others start from.
  public static func flowMatching(times: TimeLaw = .uniform(1e-3...1)) -> Method {
    Method("flow-matching", "Liu et al. 2023", .velocity(.linear), samplers: twoSteps) { _, scene in
      let draw = try scene.draw()
      return try FlowMatching(path: .linear, times: times).losses(scene.student.velocity, draw, &scene.random)
    }
  }

  /// Reflow (Liu et al. 2023): flow matching on the teacher's pairs, which straightens the paths.
  public static func reflow(times: TimeLaw = .uniform(0...1)) -> Method {
    Method("reflow", "Liu et al. 2023", .velocity(.linear), samplers: twoSteps) { _, scene in
      let pairs = try scene.pairs()
      return try FlowMatching(path: .linear, times: times).losses(scene.student.velocity, pairs, &scene.random)
    }
  }

  /// Rectified-flow distillation with one step (InstaFlow, Liu et al. 2024).
  public static func instaFlow() -> Method {
    Method("instaflow", "Liu et al. 2024", .velocity(.linear)) { _, scene in
      try PairRegression(path: .linear).losses(scene.student.map, scene.pairs())
    }
  }

  /// SlimFlow's annealing reflow (Zhu et al. 2024): for students that cannot start as a copy of their teacher, the pairs'
  /// noise takes over from fresh noise during the first 60 % of the training.
  public static func annealingReflow() -> Method {
    Method("annealing-reflow", "Zhu et al. 2024", .velocity(.linear), samplers: twoSteps) { _, scene in
      let pairs = try scene.pairs().annealed(share: max(0, 1 - scene.progress / 0.6), &scene.random)
      return try FlowMatching(path: .linear, times: .uniform(0...1)).losses(
        scene.student.velocity, pairs, &scene.random)
    }
  }

  /// SlimFlow's distillation (Zhu et al. 2024): pairs, and guidance by the teacher along the student's own line.
  public static func slimFlow() -> Method {
    Method("slimflow", "Zhu et al. 2024", .velocity(.linear)) { _, scene in
      let pairs = try scene.pairs()
      var losses = try PairRegression(path: .linear).losses(scene.student.map, pairs)
      let fresh = scene.random.normal(pairs.noise.shape)
      losses.add(
        try FlowGuidedDistillation().losses(
          scene.student.map, teacher: scene.material.teacher.on(.linear).velocity, noise: fresh, pairs.condition,
          &scene.random), weight: 0.1)
      return losses
    }
  }

  /// OFTSR's chain (Zhu et al. 2026) between noise and data: the average velocity from the source to any time.
  public static func oftsr() -> Method {
    Method("oftsr", "Zhu et al. 2026", .average(.linear), samplers: [.oneStep]) { _, scene in
      let draw = try scene.draw(), field = scene.material.teacher.on(.linear).velocity
      let student = scene.student.map
      // What the chain calls u(x, 1, s) is the two-clock average velocity from the source.
      return try ChainDistillation(path: .linear, step: 0.3, weights: (1, 0.1, 1), boundaryDistance: .l2).losses(
        student: { x, s, c in
          let ones = [Double](repeating: 1, count: s.count), apart = s.map { min($0, 1 - 1e-3) }
          let there = try student(x, from: ones, to: apart, c)
          return (there - x) * perRow(apart.map { 1 / ($0 - 1) }, like: x)
        },
        teacher: { try field($0, $1.map { max($0, 1e-3) }, $2) }, draw, part: { c, _ in c }, &scene.random)
    }
  }

  /// Two Euler steps.
  static var twoSteps: [Sampler] { [.oneStep, .jumps(times: [1, 0.5, 0])] }
}
