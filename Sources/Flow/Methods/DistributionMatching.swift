import Foundation
import OneStepTensors

// Matching the generator's distribution with a fake score beside it (objectives G and S).

extension Method {
  /// The path on which scores are compared: neither so little noise that the fake score is sharper than it can learn, nor
  /// so much that nothing is left to compare.
  package static var scorePath: Path { .edm(0.05...8) }

  static func fake(_ rate: Double = 2e-3) -> Group { Group("fake", .points(clocks: 1), rate: rate, beta1: 0) }
  static var discriminator: Group { Group("discriminator", .logit, rate: 1e-3, beta1: 0) }

  /// A generator from noise in one Euler step and the fake score that follows it.
  static func generator(
    _ name: String, _ paper: String, critics: [Group]? = nil, plan: UpdatePlan = .all("fake", "student"),
    student:
      @escaping (_ generated: Tensor, _ fake: Denoiser<C>, _ draw: Draw<C>, _ scene: inout Scene<C>) throws -> Losses
  ) -> Method {
    let path = scorePath
    return Method(
      name, paper, .velocity(.linear), rate: 1e-3, beta1: 0, critics: critics ?? [fake()], plan: plan
    ) { group, scene in
      let draw = try scene.draw()
      let generated = try scene.student.map.generated(from: draw.noise, on: .linear, draw.condition)
      let score = scene.denoiser(on: path)
      switch group {
      case "student": return try student(generated, score, draw, &scene)
      case "discriminator":
        return try Adversarial(path: path, times: times).losses(
          scene.logits(on: path), data: draw.data, generated: generated, draw.condition, &scene.random)
      default:
        return try DenoisingScoreMatching(times: times, weight: .edm(deviation: scene.material.deviation))
          .losses(score, data: generated, draw.condition, &scene.random)
      }
    }
  }

  /// Of the fake score.
  static var times: TimeLaw { .karras(scorePath.range, share: 1) }
  /// Of the generator: where the noise hides everything, scores differ by nothing that helps.
  static var generatorTimes: TimeLaw { .karras(scorePath.range, share: 0.75) }

  private static func matching(
    _ weight: ScoreWeight, share: Double = 0.75
  ) -> (Tensor, Denoiser<C>, Draw<C>, inout Scene<C>) throws -> Losses {
    { generated, fake, draw, scene in
      try ScoreDistillation(times: .karras(scorePath.range, share: share), weight: weight).losses(
        generated: generated, teacher: scene.material.teacher.on(scorePath), fake: fake, draw.condition, &scene.random)
    }
  }

  /// Diff-Instruct (Luo et al. 2023): the integral divergence, weight 1. ARDiT (Liu et al. 2024) uses it block by block.
  public static func diffInstruct() -> Method { generator("diff-instruct", "Luo et al. 2023", student: matching(.one)) }

  /// SwiftBrush (Nguyen and Tran 2024): variational score distillation with the noise weight, which favours strong noise: the
  /// law of times stays below it.
  public static func swiftBrush() -> Method {
    generator("swiftbrush", "Nguyen and Tran 2024", student: matching(.noise, share: 0.4))
  }

  /// DMD (Yin et al. 2024): normalised rows, and a regression on the teacher's pairs of weight 0.25.
  public static func dmd() -> Method {
    generator("dmd", "Yin et al. 2024") { generated, fake, draw, scene in
      var losses = try matching(.normalized)(generated, fake, draw, &scene)
      let pairs = try scene.pairs()
      losses.add(try PairRegression(path: .linear).losses(scene.student.map, pairs), weight: 0.25)
      return losses
    }
  }

  /// DMD2 (Yin et al. 2024b): no pairs; fake score and discriminator, which sees data, learn at every iteration, the student at
  /// each n-th. The paper has 5 for ImageNet and SDXL, 10 for Stable Diffusion 1.5; points of the plane need no more than 2.
  public static func dmd2(studentEvery n: Int = 2, adversarialWeight: Double = 3e-3) -> Method {
    generator(
      "dmd2", "Yin et al. 2024b", critics: [fake(), discriminator],
      plan: .critics(["fake", "discriminator"], studentEvery: n)
    ) { generated, fake, draw, scene in
      var losses = try matching(.normalized)(generated, fake, draw, &scene)
      losses.add(
        "adversarial", weight: adversarialWeight,
        try Adversarial(path: scorePath, times: times).generatorLoss(
          scene.logits(on: scorePath), generated: generated, draw.condition, &scene.random))
      return losses
    }
  }

  /// f-distill (Xu et al. 2025): DMD2 with rows weighted by h of the density ratio that the discriminator knows.
  public static func fDistill(_ divergence: Divergence = .jensenShannon, studentEvery n: Int = 2) -> Method {
    generator(
      "f-distill-\(divergence.rawValue)", "Xu et al. 2025", critics: [fake(), discriminator],
      plan: .exclusive(["fake", "discriminator"], studentEvery: n)
    ) { generated, fake, draw, scene in
      let logits = scene.logits(on: scorePath)
      var losses = try ScoreDistillation(times: generatorTimes).losses(
        generated: generated, teacher: scene.material.teacher.on(scorePath), fake: fake, draw.condition,
        factor: { x, t in
          let h = divergence.factors(logits: try logits(x, t, draw.condition).floats)
          return Tensor(h, shape: [h.count])
        }, &scene.random)
      losses.add(
        "adversarial", weight: 3e-3,
        try Adversarial(path: scorePath, times: times).generatorLoss(
          logits, generated: generated, draw.condition, &scene.random))
      return losses
    }
  }

  /// Score implicit matching (Luo et al. 2024b) with the pseudo-Huber distance.
  public static func sim() -> Method {
    generator("sim", "Luo et al. 2024b") { generated, fake, draw, scene in
      try ImplicitScoreMatching(.pseudoHuber(c: 0.05), times: generatorTimes).losses(
        generated: generated, teacher: scene.material.teacher.on(scorePath), fake: fake, draw.condition, &scene.random)
    }
  }

  /// Score identity distillation (Zhou et al. 2024).
  public static func sid(alpha: Float = 1) -> Method {
    generator("sid", "Zhou et al. 2024") { generated, fake, draw, scene in
      try ImplicitScoreMatching(.identity(alpha: alpha), times: generatorTimes).losses(
        generated: generated, teacher: scene.material.teacher.on(scorePath), fake: fake, draw.condition, &scene.random)
    }
  }

  /// InstaRevive's dynamic score matching (Zhu et al. 2025): the largest time falls with the discrepancy between results and
  /// what the teacher makes of them.
  public static func instaRevive() -> Method {
    generator("instarevive", "Zhu et al. 2025") { generated, fake, draw, scene in
      let teacher = scene.material.teacher.on(scorePath), clean = generated.values
      let t = [Double](repeating: 1, count: scene.rows)
      let point = scorePath.point(clean, noise: scene.random.normal(clean.shape), at: t)
      let distance = Double(Distance.l2(try teacher(point, at: t, draw.condition), clean).mean().item).squareRoot()
      let law = generatorTimes.bounded(by: distance / scene.material.deviation, least: 0.8)
      return try ScoreDistillation(times: law).losses(
        generated: generated, teacher: teacher, fake: fake, draw.condition, &scene.random)
    }
  }

  /// Trajectory distribution matching (Luo et al. 2025) with two steps.
  public static func tdm(_ material: Material<C>) -> Method {
    let path = scorePath, steps = TrajectoryMatching(times: [path.range.upperBound, 1.2, path.range.lowerBound])
    return Method(
      "tdm", "Luo et al. 2025", .denoiser(path, deviation: material.deviation), rate: 1e-3, beta1: 0, critics: [fake()],
      plan: .all("fake", "student"), samplers: [.oneStep, .jumps(times: steps.times)]
    ) { group, scene in
      let draw = try scene.draw()
      let segment = try steps.segment(scene.student.denoiser, noise: draw.noise, draw.condition, &scene.random)
      let score = scene.denoiser(on: path)
      guard group == "student" else {
        return try steps.fakeLosses(
          segment, fake: score, weight: .edm(deviation: scene.material.deviation), draw.condition)
      }
      return try steps.losses(segment, teacher: scene.material.teacher.on(path), fake: score, draw.condition)
    }
  }
}
