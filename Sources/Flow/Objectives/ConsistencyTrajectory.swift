import OneStepTensors

/// Consistency trajectory models (Kim et al. 2024): jumps `G(x, t, s)` between any two times of a path.
///
///     estimate = G_SG( G(x_t, t, s), s, end )    target = G_SG( G_SG( solver(x_t; t -> u), u, s ), s, end ),   s <= u < t
///
/// plus denoising score matching of the diagonal g(x, t, t). The outer map is frozen, yet the gradient passes through its
/// input: both are compared where data live.
public struct ConsistencyTrajectory<C> {
  public var path: Path
  /// Times from the end of the path up to its source.
  public var grid: [Double]
  /// Most solver steps between t and u, in intervals of the grid.
  public var longest: Int
  public var distance: Distance
  public var denoisingWeight: Double

  public init(path: Path, grid: [Double], longest: Int, distance: Distance = .l2, denoisingWeight: Double = 1) {
    (self.path, self.grid, self.longest, self.distance) = (path, grid.sorted(), longest, distance)
    self.denoisingWeight = denoisingWeight
  }

  /// - Parameters:
  ///   - student: the jumps, with gradients of the student's parameters.
  ///   - frozen: the same jumps without.
  ///   - diagonal: g(x, t, t), the denoiser within the student.
  ///   - teacher: the velocity field that carries x_t to x_u.
  public func losses(
    student: FlowMap<C>, frozen: FlowMap<C>, diagonal: Denoiser<C>, teacher: VelocityField<C>, _ draw: Draw<C>,
    _ random: inout RandomSource
  ) throws -> Losses {
    let n = draw.rows, last = grid.count - 1
    let t = random.integers(below: last, count: n).map { $0 + 1 }
    let share = random.uniform(count: 2 * n).map(Double.init)
    let u = zip(t, share).map { t, r in max(0, t - 1 - Int(r * r.squareRoot() * Double(min(t, longest)))) }
    let s = zip(u, share[n...]).map { u, r in Int(r * Double(u + 1)) }
    func times(_ index: [Int]) -> [Double] { index.map { grid[$0] } }
    let (from, middle, to) = (times(t), times(u), times(s)), ends = [Double](repeating: grid[0], count: n)
    let x = path.point(draw.data, noise: draw.noise, at: from)
    let carried = try transported(x, t, u, teacher, draw.condition)
    let estimate = try frozen(student(x, from: from, to: to, draw.condition), from: to, to: ends, draw.condition)
    let jumped = try frozen(carried, from: middle, to: to, draw.condition)
    let target = try frozen(jumped, from: to, to: ends, draw.condition).values
    var losses = Losses()
    losses.add("trajectory", distance(estimate, target).mean())
    // Equal weight at every noise level, as EDM has it: errors of data grow with the noise.
    let level = from.map { path.noiseToSignal($0) }, weight = level.map { 1 / ($0 * $0) + 1 }
    let error = Distance.l2(try diagonal(x, at: from, draw.condition), draw.data)
    losses.add(
      "denoising", weight: denoisingWeight, (error * Tensor(weight.map(Float.init), shape: [n])).mean())
    return losses
  }

  /// Heun's steps of one interval each from index t to index u; rows that have arrived stay.
  private func transported(
    _ x: Tensor, _ t: [Int], _ u: [Int], _ teacher: VelocityField<C>, _ condition: C
  ) throws -> Tensor {
    var (x, now) = (x, t)
    while zip(now, u).contains(where: { $0 > $1 }) {
      let next = zip(now, u).map { max($0 - 1, $1) }
      let (a, b) = (now.map { grid[$0] }, next.map { grid[$0] })
      let slope = try Solver.heun.slope(x, from: a, to: b) { try teacher($0, $1, condition) }
      x = (x + slope * perRow(zip(a, b).map { $1 - $0 }, like: x)).values
      now = next
    }
    return x
  }
}
