import Foundation
import OneStepTensors

/// How a self-consistency objective gets from a point at time t to one nearer the data at time u < t.
public struct Transport<C> {
  public typealias Move = (
    _ x: Tensor, _ from: [Double], _ to: [Double], _ draw: Draw<C>, _ random: inout RandomSource
  ) throws -> Tensor
  private let move: Move

  public init(_ move: @escaping Move) { self.move = move }

  public func callAsFunction(
    _ x: Tensor, from: [Double], to: [Double], _ draw: Draw<C>, _ random: inout RandomSource
  ) throws -> Tensor {
    try move(x, from, to, draw, &random)
  }

  /// The same data and noise at the other time: consistency training, without a teacher.
  public static func sameNoise(on path: Path) -> Transport {
    Transport { _, _, to, draw, _ in path.point(draw.data, anchor: draw.anchor, noise: draw.noise, at: to) }
  }

  /// Steps of a solver along the teacher's probability flow: consistency distillation.
  public static func solver(_ teacher: @escaping VelocityField<C>, _ solver: Solver, steps: Int = 1) -> Transport {
    let map = FlowMap.integrating(teacher, with: solver, steps: steps)
    return Transport { x, from, to, draw, _ in try map(x, from: from, to: to, draw.condition) }
  }

  /// Sub-steps of the reverse stochastic equation (SCott, Liu et al. 2025): `steps` DDIM steps, each with a share `eta` of the
  /// noise that a fully stochastic one would renew (Song et al. 2021, equation 16).
  public static func stochastic(_ teacher: Denoiser<C>, steps: Int, eta: Double) -> Transport {
    Transport { x, from, to, draw, random in
      var x = x
      func times(_ i: Int) -> [Double] { zip(from, to).map { $0 + ($1 - $0) * Double(i) / Double(steps) } }
      for i in 0..<steps {
        x = try StochasticStep(teacher.path, from: times(i), to: times(i + 1), eta: eta)(
          x, data: teacher(x, at: times(i), draw.condition), noise: random.normal(x.shape))
      }
      return x
    }
  }
}

/// A DDIM step that replaces part of the noise: with eta = 0 the deterministic step, with 1 ancestral sampling.
public struct StochasticStep: Sendable {
  let scales: [(from: Path.Scales, to: Path.Scales)]
  let fresh: [Double]

  public init(_ path: Path, from: [Double], to: [Double], eta: Double) {
    scales = zip(from, to).map { (path.scales($0), path.scales($1)) }
    fresh = scales.map { now, next in
      let kept = now.signal / next.signal * next.noise / now.noise
      return eta * next.noise * max(0, 1 - kept * kept).squareRoot()
    }
  }

  /// - Parameters:
  ///   - data: E[x0 | x].
  ///   - noise: fresh eps, like x.
  public func callAsFunction(_ x: Tensor, data: Tensor, noise: Tensor) -> Tensor {
    let old =
      (x - data * perRow(scales.map(\.from.signal), like: x)) * perRow(scales.map { 1 / $0.from.noise }, like: x)
    let kept = zip(scales, fresh).map { max(0, $0.to.noise * $0.to.noise - $1 * $1).squareRoot() }
    return data * perRow(scales.map(\.to.signal), like: x) + old * perRow(kept, like: x) + noise
      * perRow(fresh, like: x)
  }
}
