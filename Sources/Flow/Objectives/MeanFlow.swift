import OneStepTensors

/// How MeanFlow draws its two times s <= t, one pair a row.
public struct TimePairLaw: Sendable, Equatable {
  /// Both times are drawn from it, then ordered.
  public var law: TimeLaw
  /// Share of the rows whose times are equal: plain flow matching. 0.75 in the paper's ImageNet runs, 0.25 for CIFAR-10.
  public var equal: Double

  public init(_ law: TimeLaw = .uniform(0...1), equal: Double = 0.5) { (self.law, self.equal) = (law, equal) }

  public func callAsFunction(_ rows: Int, _ random: inout RandomSource) -> (from: [Double], to: [Double]) {
    let (a, b) = (law(rows, &random), law(rows, &random))
    let same = Int((equal * Double(rows)).rounded())
    let from = zip(a, b).map { max($0, $1) }
    return (from, zip(a, b).enumerated().map { $0 < same ? from[$0] : min($1.0, $1.1) })
  }
}

/// MeanFlow (Geng et al. 2025): the average velocity between two times by its own identity,
///
///     u(x_t, t, s) = v - (t - s) d/dt u,    d/dt u = the directional derivative of u along (v, 1, 0) in (x, t, s).
///
/// The derivative is taken in forward mode, in the same pass as u itself, and held fixed, so nothing is differentiated twice. `v` is the velocity of the
/// conditional path, or the teacher's where there is one.
public struct MeanFlow: Sendable {
  public var times: TimePairLaw
  public var distance: Distance

  /// In low dimensions uniform times and the plain squared norm are best; images take log-normal ones and power 1.
  public init(times: TimePairLaw = TimePairLaw(), distance: Distance = .adaptive(power: 0, c: 1e-3)) {
    (self.times, self.distance) = (times, distance)
  }

  /// u(x, t, s | c) as a function of tensors, times `[N]`, so that they can move.
  public typealias Average<C> = (_ x: Tensor, _ from: Tensor, _ to: Tensor, _ condition: C) throws -> Tensor

  /// - Parameters:
  ///   - average: the student's average velocity, with gradients of its parameters.
  ///   - velocity: the teacher's marginal velocity; without one the conditional path's is used.
  public func losses<C>(
    _ average: Average<C>, velocity: VelocityField<C>? = nil, on path: Path = .linear,
    _ draw: Draw<C>,
    _ random: inout RandomSource
  ) throws -> Losses {
    let (t, s) = times(draw.rows, &random)
    return try losses(average, velocity: velocity, on: path, draw, from: t, to: s)
  }

  /// The same between given times, one pair a row, `t` the later.
  public func losses<C>(
    _ average: Average<C>, velocity: VelocityField<C>? = nil, on path: Path = .linear, _ draw: Draw<C>,
    from t: [Double], to s: [Double]
  ) throws -> Losses {
    let n = draw.rows
    let x = path.point(draw.data, anchor: draw.anchor, noise: draw.noise, at: t)
    let v =
      try velocity?(x, t, draw.condition).values
      ?? path.velocity(draw.data, anchor: draw.anchor, noise: draw.noise, at: t)
    func clock(_ times: [Double]) -> Tensor { Tensor(times.map(Float.init), shape: [n]) }
    let u = try average(x.withTangent(v), clock(t).withTangent(.ones([n])), clock(s), draw.condition)
    let target = v - u.tangent * perRow(zip(t, s).map { $0 - $1 }, like: x)
    var losses = Losses()
    losses.add("meanflow", distance(u.withoutTangent, target.values).mean())
    return losses
  }
}
