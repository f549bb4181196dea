import Foundation
import OneStepTensors

// Self-consistency along a path (objective C).

extension Method {
  /// EDM's path for data of a standard deviation near one: up to 20 there is nothing left of them.
  static var edmPath: Path { .edm(0.002...20) }

  static func grid(_ path: Path, _ points: Int) -> [Double] {
    let (high, low) = (pow(path.range.upperBound, 1 / 7), pow(path.range.lowerBound, 1 / 7))
    return (0..<points).map { pow(low + Double($0) / Double(points - 1) * (high - low), 7) }
  }

  private static func consistency(
    _ name: String, _ paper: String, rate: Double = 1e-3, material: Material<C>,
    _ objective: @escaping (Path) -> Consistency<C>
  ) -> Method {
    let path = edmPath
    return Method(
      name, paper, .consistency(path, deviation: material.deviation), rate: rate,
      samplers: [.oneStep, .renoising(times: [path.range.upperBound, 0.8])]
    ) { _, scene in
      let draw = try scene.draw()
      return try objective(path).losses(
        student: scene.student.map, target: scene.frozen.map, draw, progress: scene.progress, &scene.random)
    }
  }

  /// Consistency distillation (Song et al. 2023): neighbours on a grid, one teacher step apart.
  public static func consistencyDistillation(_ material: Material<C>, solver: Solver = .euler) -> Method {
    let schedule = IntervalSchedule.doubling(first: 10, last: 160)
    return consistency("consistency-distillation", "Song et al. 2023", material: material) { path in
      Consistency(
        path: path, intervals: .neighbours { grid(path, schedule($0)) },
        transport: .solver(material.teacher.on(path).velocity, solver), distance: .pseudoHuber(c: 0.03),
        weight: { 1 / ($0 - $1) })
    }
  }

  /// Consistency training (Song et al. 2023): the same without a teacher, uniform in weight and index. The target is the student
  /// itself, where the paper has its average, and the distance pseudo-Huber, where the paper has a perceptual one.
  public static func consistencyTraining(_ material: Material<C>) -> Method {
    let schedule = IntervalSchedule.progressive(first: 10, last: 60)
    return consistency("consistency-training", "Song et al. 2023", material: material) { path in
      Consistency(
        path: path, intervals: .neighbours { grid(path, schedule($0)) }, transport: .sameNoise(on: path),
        distance: .pseudoHuber(c: 0.03))
    }
  }

  /// Improved consistency training (Song and Dhariwal 2024): no average, pseudo-Huber, weight 1 / (t - u), log-normal levels.
  public static func improvedConsistency(_ material: Material<C>) -> Method {
    let schedule = IntervalSchedule.doubling(first: 10, last: 160)
    return consistency("ict", "Song and Dhariwal 2024", rate: 4e-3, material: material) { path in
      Consistency(
        path: path, intervals: .lognormalNeighbours { grid(path, schedule($0)) }, transport: .sameNoise(on: path),
        distance: .pseudoHuber(c: 0.03), weight: { 1 / ($0 - $1) })
    }
  }

  /// Easy consistency tuning (Geng et al. 2025): continuous times that come closer by stages.
  public static func easyConsistency(_ material: Material<C>) -> Method {
    consistency("ect", "Geng et al. 2025", rate: 4e-3, material: material) { path in
      Consistency(
        path: path, intervals: .easy(mean: -0.4, deviation: 1.6, range: path.range, stages: 7),
        transport: .sameNoise(on: path), distance: .pseudoHuber(c: 0.03), weight: { 1 / ($0 - $1) })
    }
  }

  /// Stochastic consistency distillation (Liu et al. 2025, SCott): the teacher's steps renew part of the noise.
  public static func stochasticConsistency(_ material: Material<C>) -> Method {
    let schedule = IntervalSchedule.doubling(first: 10, last: 160)
    return consistency("scott", "Liu et al. 2025", material: material) { path in
      Consistency(
        path: path, intervals: .neighbours { grid(path, schedule($0)) },
        transport: .stochastic(material.teacher.on(path), steps: 2, eta: 0.2), distance: .pseudoHuber(c: 0.03),
        weight: { 1 / ($0 - $1) })
    }
  }

  /// Multistep consistency (Heek et al. 2024; Efficient-vDiT, Ding et al. 2025): a step a segment instead of one to the end.
  /// The student jumps between any two times of its segment.
  public static func multistepConsistency(_ material: Material<C>, segments: Int = 2) -> Method {
    let path = edmPath, ends = grid(path, segments + 1)
    let schedule = IntervalSchedule.doubling(first: 10, last: 160)
    return Method(
      "multistep-consistency", "Heek et al. 2024", .trajectory(path, deviation: material.deviation), rate: 1e-3,
      samplers: [.oneStep, .jumps(times: ends.reversed())]
    ) { _, scene in
      let draw = try scene.draw()
      let objective = Consistency<C>(
        path: path, intervals: .neighbours { grid(path, schedule($0)) },
        transport: .solver(material.teacher.on(path).velocity, .heun), distance: .pseudoHuber(c: 0.03),
        weight: { 1 / ($0 - $1) }, end: { t in ends.last { $0 < t * (1 - 1e-9) } ?? ends[0] })
      return try objective.losses(
        student: scene.student.map, target: scene.frozen.map, draw, progress: scene.progress, &scene.random)
    }
  }

  /// Consistency trajectory models (Kim et al. 2024), without their adversarial term.
  public static func consistencyTrajectory(_ material: Material<C>) -> Method {
    let path = edmPath
    return Method(
      "ctm", "Kim et al. 2024", .trajectory(path, deviation: material.deviation), rate: 4e-3,
      samplers: [.oneStep, .gamma(0, times: [path.range.upperBound, 0.8, path.range.lowerBound])]
    ) { _, scene in
      let draw = try scene.draw()
      let objective = ConsistencyTrajectory<C>(path: path, grid: grid(path, 24), longest: 3, denoisingWeight: 0.1)
      return try objective.losses(
        student: scene.student.map, frozen: scene.frozen.map, diagonal: scene.student.denoiser,
        teacher: material.teacher.on(path).velocity, draw, &scene.random)
    }
  }

  /// MeanFlow (Geng et al. 2025), from data or, with `fromTeacher`, towards the teacher's velocity.
  public static func meanFlow(fromTeacher: Bool = false, _ objective: MeanFlow = MeanFlow()) -> Method {
    Method(
      fromTeacher ? "meanflow-distillation" : "meanflow", "Geng et al. 2025", .average(.linear), samplers: twoSteps
    ) {
      _, scene in
      let draw = try scene.draw(), teacher = scene.material.teacher.on(.linear).velocity
      let velocity: VelocityField<C> = { x, t, c in try teacher(x, t.map { min(max($0, 1e-3), 1) }, c) }
      return try objective.losses(
        scene.student.average, velocity: fromTeacher ? velocity : nil, draw, &scene.random
      )
    }
  }

  /// sCM (Lu and Song 2025): consistency in continuous time, with the teacher's velocity.
  public static func continuousConsistency(_ material: Material<C>, fromTeacher: Bool = true) -> Method {
    let form = StudentForm.trigonometric(deviation: material.deviation)
    return Method(
      "scm", "Lu and Song 2025", form, rate: 1e-3, samplers: [.oneStep, .renoising(times: [Double.pi / 2, 0.8])]
    ) { _, scene in
      let draw = try scene.draw(), objective = ContinuousConsistency(deviation: material.deviation)
      func tensors(_ student: Student<C>) -> ContinuousConsistency.Network<C> { { try student.network($0, [$1], $2) } }
      return try objective.losses(
        tensors(scene.student), frozen: tensors(scene.frozen),
        velocity: fromTeacher ? material.teacher.on(form.path).velocity : nil, draw, progress: scene.progress,
        &scene.random)
    }
  }
}
