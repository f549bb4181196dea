import Foundation
import OneStepTensors

/// E[x0 | x_t, c] of a path: what a teacher or a fake score knows, whatever its network predicts.
public struct Denoiser<C> {
  public let path: Path
  private let data: VelocityField<C>

  /// From a network's output at points `x`, one time a row. See ``Prediction/convert(_:to:x:at:path:anchor:)`` for the ends of
  /// the path that it must not be asked at.
  public init(
    on path: Path, predicting kind: Prediction = .data,
    _ output: @escaping (_ x: Tensor, _ times: [Double], _ condition: C) throws -> Tensor
  ) {
    self.path = path
    data = { x, t, c in kind.convert(try output(x, t, c), to: .data, x: x, at: t, path: path) }
  }

  /// E[x0 | x_t] at points `x`, `[N, ...]`, one time a row -> like x.
  public func callAsFunction(_ x: Tensor, at times: [Double], _ condition: C) throws -> Tensor {
    try data(x, times, condition)
  }

  /// The same as another prediction: the noise, the score, the velocity.
  public func predict(_ kind: Prediction, _ x: Tensor, at times: [Double], _ condition: C) throws -> Tensor {
    Prediction.data.convert(try data(x, times, condition), to: kind, x: x, at: times, path: path)
  }

  public var velocity: VelocityField<C> { { try predict(.velocity, $0, at: $1, $2) } }

  // MARK: Wrappers

  /// The same knowledge on another path without an anchor. Points of equal noise-to-signal ratio differ by a factor only, so
  /// nothing is lost: `D_Q(x, t) = D_P(x signal_P / signal_Q, t_P)`.
  public func on(_ other: Path) -> Denoiser {
    Denoiser(on: other) { x, times, condition in
      let own = times.map { path.time(other.noiseToSignal($0)) }
      let scale = zip(times, own).map { path.scales($1).signal / other.scales($0).signal }
      return try data(x * perRow(scale, like: x), own, condition)
    }
  }

  /// Classifier-free guidance (Ho and Salimans 2022): `D_u + weight (D_c - D_u)`. 1 is the conditional prediction alone.
  public func guided(weight: Double, without condition: C) -> Denoiser {
    Denoiser(on: path) { x, times, wanted in
      let plain = try data(x, times, condition)
      return plain + (try data(x, times, wanted) - plain) * Float(weight)
    }
  }
}

extension Denoiser {
  /// EDM's preconditioning (Karras et al. 2022, table 1) around a network `F(c_in x, ln(sigma) / 4)`: at every noise level
  /// its input and its target have unit variance when data have standard deviation `deviation`. On a path with signal 1.
  public static func preconditioned(
    on path: Path, deviation: Double = 0.5,
    _ network: @escaping (_ x: Tensor, _ noiseTimes: [Double], _ condition: C) throws -> Tensor
  ) -> Denoiser {
    Denoiser(on: path) { x, times, condition in
      let s = times.map { Preconditioning.edm(noise: path.noiseToSignal($0), deviation: deviation) }
      let output = try network(x * perRow(s.map(\.input), like: x), s.map(\.time), condition)
      return x * perRow(s.map(\.skip), like: x) + output * perRow(s.map(\.output), like: x)
    }
  }
}

/// How a network's input and output are scaled around it: `skip x + output F(input x, time)`.
public struct Preconditioning: Sendable, Equatable {
  public var skip: Double, output: Double, input: Double, time: Double

  /// EDM's: `skip = d² / (s² + d²)`, `output = s d / sqrt(s² + d²)`, `input = 1 / sqrt(s² + d²)`, `time = ln(s) / 4`.
  public static func edm(noise s: Double, deviation d: Double) -> Preconditioning {
    let norm = (s * s + d * d).squareRoot()
    return Preconditioning(skip: d * d / (norm * norm), output: s * d / norm, input: 1 / norm, time: log(s) / 4)
  }

  /// A consistency model's (Song et al. 2023, appendix C): at the smallest noise `floor` the network has no say, and the
  /// function is the identity there.
  public static func consistency(noise s: Double, floor: Double, deviation d: Double) -> Preconditioning {
    let norm = (s * s + d * d).squareRoot(), above = s - floor
    return Preconditioning(
      skip: d * d / (above * above + d * d), output: d * above / norm, input: 1 / norm, time: 250 * log(s + 1e-44))
  }
}
