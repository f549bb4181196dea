import Foundation
import OneStepTensors

/// A network with its numbers: what it makes of points `[N, ...]` and one or two clocks `[N]` a row. Clocks are tensors so
/// that forward mode can move them.
public typealias BoundNetwork<C> = (_ x: Tensor, _ clocks: [Tensor], _ condition: C) throws -> Tensor

/// What a student's raw output means.
public enum StudentForm: Sendable {
  /// dx/dt at one clock, t: a jump is one Euler step.
  case velocity(Path)
  /// The average velocity between two clocks, t and s.
  case average(Path)
  /// Data, preconditioned so that the result at the path's end is the input itself (Song et al. 2023); on a path with
  /// signal 1. A jump always goes to the end, whatever its target.
  case consistency(Path, deviation: Double)
  /// CTM's jump `(s / t) x + (1 - s / t) g(x, t, s)` with g preconditioned like EDM's denoiser; on a path with signal 1.
  case trajectory(Path, deviation: Double)
  /// Data, preconditioned like EDM's denoiser; a jump is one DDIM step. On a path with signal 1.
  case denoiser(Path, deviation: Double)
  /// Whatever the method makes of so many clocks; a jump is the output itself.
  case raw(clocks: Int)
  /// sCM's `cos(t) x - sin(t) d F(x / d, t)`, to data; on the trigonometric path.
  case trigonometric(deviation: Double)

  public var path: Path {
    switch self {
    case .velocity(let path), .average(let path), .consistency(let path, _), .trajectory(let path, _),
      .denoiser(let path, _):
      path
    // Its noise has the deviation of data, here part of the path.
    case .trigonometric(let deviation): .trigonometric(noise: deviation)
    case .raw: .linear
    }
  }

  /// Clocks that the network reads.
  public var clocks: Int {
    switch self {
    case .velocity, .consistency, .denoiser, .trigonometric: 1
    case .average, .trajectory: 2
    case .raw(let clocks): clocks
    }
  }
}

/// A student: a network and what its output means.
public struct Student<C> {
  public let form: StudentForm
  public let network: BoundNetwork<C>

  public init(_ form: StudentForm, _ network: @escaping BoundNetwork<C>) { (self.form, self.network) = (form, network) }

  /// u(x, t, s) with times as tensors, for ``MeanFlow``.
  public var average: MeanFlow.Average<C> { { try network($0, [$1, $2], $3) } }

  /// dx/dt at one clock; of a two-clock network, its average velocity over no time.
  public var velocity: VelocityField<C> {
    { x, t, c in try network(x, [[Tensor]](repeating: [clock(t)], count: form.clocks).flatMap(\.self), c) }
  }

  /// The jump between times.
  public var map: FlowMap<C> {
    let path = form.path
    switch form {
    case .velocity:
      return FlowMap(average: { x, t, _, c in try network(x, [clock(t)], c) })
    case .average:
      return FlowMap(average: { x, t, s, c in try network(x, [clock(t), clock(s)], c) })
    case .consistency(_, let d):
      let floor = path.range.lowerBound
      return FlowMap(jump: { x, t, _, c in
        let scales = t.map { Preconditioning.consistency(noise: $0, floor: floor, deviation: d) }
        return try scaled(x, scales, [clock(t.map { log($0) / 4 })], c)
      })
    case .trajectory:
      return FlowMap(jump: { x, t, s, c in
        let s = s.map { max($0, path.range.lowerBound) }, share = zip(t, s).map { $1 / $0 }
        return x * perRow(share, like: x) + (try diagonal(x, t, s, c)) * perRow(share.map { 1 - $0 }, like: x)
      })
    case .denoiser:
      return .ddim(denoiser)
    case .raw(let clocks):
      return FlowMap(jump: { x, t, s, c in try network(x, [clock(t), clock(s)].prefix(clocks).map(\.self), c) })
    case .trigonometric(let d):
      return FlowMap(jump: { x, t, _, c in
        x * perRow(t.map(cos), like: x)
          - (try network(x / Float(d), [clock(t)], c)) * perRow(t.map { sin($0) * d }, like: x)
      })
    }
  }

  /// Of a ``StudentForm/denoiser(_:deviation:)`` itself; of a trajectory CTM's g(x, t, t), the denoiser within it.
  public var denoiser: Denoiser<C> { Denoiser(on: form.path) { x, t, c in try diagonal(x, t, t, c) } }

  private func diagonal(_ x: Tensor, _ t: [Double], _ s: [Double], _ c: C) throws -> Tensor {
    let deviation: Double
    switch form {
    case .trajectory(_, let d), .denoiser(_, let d): deviation = d
    default: preconditionFailure("a student of form \(form) has no denoiser")
    }
    let scales = t.map { Preconditioning.edm(noise: $0, deviation: deviation) }
    let clocks = [t, s].prefix(form.clocks).map { clock($0.map { log($0) / 4 }) }
    return try scaled(x, scales, clocks, c)
  }

  private func scaled(_ x: Tensor, _ s: [Preconditioning], _ clocks: [Tensor], _ c: C) throws -> Tensor {
    let output = try network(x * perRow(s.map(\.input), like: x), clocks, c)
    return x * perRow(s.map(\.skip), like: x) + output * perRow(s.map(\.output), like: x)
  }
}

/// Times as a tensor, `[N]`.
func clock(_ times: [Double]) -> Tensor { Tensor(times.map(Float.init), shape: [times.count]) }
