import OneStepTensors

/// Distillation of a teacher's pairs into one step (rectified flow's k = 1, InstaFlow; Liu et al. 2023): the jump from the
/// source, compared with what the teacher's many steps made of the same noise.
///
/// `distance` may be any that acts on data, a perceptual one too: then the gradient passes through it to the student.
public struct PairRegression: Sendable {
  public typealias Measure = @Sendable (_ result: Tensor, _ target: Tensor) -> Tensor
  public var path: Path
  public var distance: Measure

  /// - Parameter distance: results and targets, `[N, ...]`, to a number a row.
  public init(path: Path, distance: @escaping Measure = { Distance.l2($0, $1) }) {
    (self.path, self.distance) = (path, distance)
  }

  public func losses<C>(_ student: FlowMap<C>, _ pairs: Draw<C>) throws -> Losses {
    let result = try student.generated(from: pairs.noise, on: path, pairs.condition)
    var losses = Losses()
    losses.add("pairs", distance(result, pairs.data).mean())
    return losses
  }
}

/// SlimFlow's flow-guided distillation (Zhu et al. 2024, section 3.2): beside the pairs, the student's own straight line is
/// followed to a random time, where the teacher says how it would go on from there in one step.
///
///     x_t = eps + (t - 1) u(eps),  target = SG[x_t - t v_teacher(x_t, t)],  || (eps - u(eps)) - target ||²
///
/// On the linear path. Times are uniform in the middle: at the ends the teacher has nothing to add.
public struct FlowGuidedDistillation: Sendable {
  public var times: TimeLaw
  public var distance: Distance

  public init(times: TimeLaw = .uniform(0.2...0.8), distance: Distance = .l2) {
    (self.times, self.distance) = (times, distance)
  }

  /// - Parameter noise: fresh eps, `[N, ...]`.
  public func losses<C>(
    _ student: FlowMap<C>, teacher: VelocityField<C>, noise: Tensor, _ condition: C, _ random: inout RandomSource
  ) throws -> Losses {
    let t = times(noise.shape[0], &random)
    let result = try student.generated(from: noise, on: .linear, condition)
    let along = (noise * perRow(t, like: noise) + result * perRow(t.map { 1 - $0 }, like: noise)).values
    let velocity = try teacher(along, t, condition).values
    var losses = Losses()
    losses.add("guidance", distance(result, along - velocity * perRow(t, like: noise)).mean())
    return losses
  }
}
