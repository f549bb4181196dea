import OneStepTensors

/// dx/dt at points `x`, one time a row, under a condition `C` -> like x.
public typealias VelocityField<C> = (_ x: Tensor, _ times: [Double], _ condition: C) throws -> Tensor

/// The one thing every method of this package learns: the average velocity `u(x, t, s | c)` of a path between two times,
/// and the jump it makes, `G(x, t, s) = x + (s - t) u`.
public struct FlowMap<C> {
  public typealias Jump = (_ x: Tensor, _ from: [Double], _ to: [Double], _ condition: C) throws -> Tensor
  private let jump: Jump

  /// From the jumps themselves: a network whose output is data rather than velocity.
  public init(jump: @escaping Jump) { self.jump = jump }

  public init(average: @escaping Jump) {
    jump = { x, from, to, condition in
      x + (try average(x, from, to, condition)) * perRow(zip(from, to).map { $1 - $0 }, like: x)
    }
  }

  /// Jumps from times `from` to times `to`; the network is called once.
  public func callAsFunction(_ x: Tensor, from: [Double], to: [Double], _ condition: C) throws -> Tensor {
    try jump(x, from, to, condition)
  }

  /// The jump from the source of `path` to data. The source is `noise` at the path's last noise scale; the little signal
  /// that some paths leave there is not in it.
  public func generated(from noise: Tensor, on path: Path, _ condition: C) throws -> Tensor {
    let source = path.range.upperBound, n = noise.shape[0]
    return try jump(
      noise * Float(path.scales(source).noise), [Double](repeating: source, count: n), [Double](repeating: 0, count: n),
      condition)
  }

  /// The jump made by integrating a velocity field: what a teacher offers instead of a learnt map.
  public static func integrating(_ field: @escaping VelocityField<C>, with solver: Solver, steps: Int) -> FlowMap {
    FlowMap(jump: { x, from, to, condition in
      try solver.integrate(x, from: from, to: to, steps: steps) { try field($0, $1, condition) }
    })
  }

  /// The deterministic DDIM step of a denoiser (Song et al. 2021), exact where the data at the end of the jump are what the
  /// denoiser says: `x' = (noise' / noise) x + (signal' - signal noise' / noise) D(x)`.
  public static func ddim(_ denoiser: Denoiser<C>) -> FlowMap {
    FlowMap(jump: { x, from, to, condition in
      let scales = zip(from, to).map { (denoiser.path.scales($0), denoiser.path.scales($1)) }
      let ratio = scales.map { $1.noise / $0.noise }
      let gain = zip(scales, ratio).map { pair, r in pair.1.signal - pair.0.signal * r }
      return x * perRow(ratio, like: x) + (try denoiser(x, at: from, condition)) * perRow(gain, like: x)
    })
  }
}
