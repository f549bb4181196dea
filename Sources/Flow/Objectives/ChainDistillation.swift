import OneStepTensors

/// OFTSR's distillation (Zhu et al. 2025, section "distillation"; our convention: t_ours = 1 - t_paper, u = -v): a student
/// that always starts at the source learns the average velocity from there to any time, so that its chain of targets
/// follows the teacher's trajectory.
///
/// With `x_t = x + (t - 1) u(x, 1, t)`, the student's point at time t, and s = t - step:
///
///     distill  || u(x, 1, s) - SG[ u(x, 1, t) + step / (1 - s) (v_teacher(x_t, t -> s) - u(x, 1, t)) ] ||²
///     align    || t (u(x, 1, t) - v_teacher(x_t, t)) ||²
///     boundary   u(x, 1, 1) against the conditional velocity itself
///
/// The boundary term regresses data rather than the frozen teacher (the paper's choice): at t = 1 both have the same
/// optimum, the conditional mean, and regressing data keeps improving it.
public struct ChainDistillation: Sendable {
  public var path: Path
  public var solver: Solver
  /// Length of the teacher's step in time.
  public var step: Double
  public var weights: (distill: Double, align: Double, boundary: Double)
  public var distillDistance: Distance
  public var boundaryDistance: Distance
  /// Share of the rows that the boundary term sees.
  public var boundaryShare: Double

  public init(
    path: Path, solver: Solver = .midpoint, step: Double = 0.05,
    weights: (distill: Double, align: Double, boundary: Double) = (1, 0.01, 0.1), distillDistance: Distance = .l2,
    boundaryDistance: Distance = .l1, boundaryShare: Double = 0.25
  ) {
    (self.path, self.solver, self.step, self.weights) = (path, solver, step, weights)
    (self.distillDistance, self.boundaryDistance) = (distillDistance, boundaryDistance)
    self.boundaryShare = boundaryShare
  }

  /// - Parameters:
  ///   - student: u(x, 1, s) as a function of the source point and the target time s.
  ///   - teacher: the frozen velocity field.
  ///   - constraint: a scalar loss of the one-step results x - u(x, 1, s), for what must hold wherever the knob stands.
  public func losses<C>(
    student: VelocityField<C>, teacher: VelocityField<C>, _ draw: Draw<C>,
    part: (C, Range<Int>) -> C, constraint: (weight: Double, loss: (Tensor) -> Tensor)? = nil,
    _ random: inout RandomSource
  ) throws -> Losses {
    let n = draw.rows, ones = [Double](repeating: 1, count: n)
    let x = path.point(draw.data, anchor: draw.anchor, noise: draw.noise, at: ones)
    // t_paper ~ U[0.01, 0.99]; its step never leaves the path.
    let t = TimeLaw.uniform(0.01...0.99)(n, &random)
    let s = t.map { max(0, $0 - step) }
    let here = try student(x, t, draw.condition)
    let point = (x + here * perRow(t.map { $0 - 1 }, like: x)).values
    let first = try teacher(point, t, draw.condition).values
    let slope = try solver.slope(point, from: t, to: s, first: first) { try teacher($0, $1, draw.condition) }.values
    let gain = perRow(zip(t, s).map { ($0 - $1) / (1 - $1) }, like: x)
    let target = here.values + (slope - here.values) * gain

    var losses = Losses()
    let there = try student(x, s, draw.condition)
    losses.add("distill", weight: weights.distill, distillDistance(there, target).mean())
    if let constraint { losses.add("constraint", weight: constraint.weight, constraint.loss(x - there)) }
    let scale = perRow(t, like: x)
    losses.add("align", weight: weights.align, Distance.l2(here * scale, first * scale).mean())
    let rows = 0..<max(1, Int((boundaryShare * Double(n)).rounded()))
    func head(_ tensor: Tensor) -> Tensor { tensor.sliced(axis: 0, rows) }
    let velocity = path.velocity(
      head(draw.data), anchor: draw.anchor.map(head), noise: head(draw.noise), at: [1])
    let start = try student(head(x), [Double](repeating: 1, count: rows.count), part(draw.condition, rows))
    losses.add("boundary", weight: weights.boundary, boundaryDistance(start, velocity).mean())
    return losses
  }
}
