import Foundation
import OneStepTensors

/// A probability path between data and source, `x_t = signal(t) x0 + anchor(t) y + noise(t) eps`.
///
/// t = 0 is data and `range.upperBound` the source, everywhere in this module (an affine path with an optional anchor `y`,
/// such as an upsampled low-resolution image). Coefficients are computed in Double; only tensors are f32.
public struct Path: Sendable {
  /// The two or three scales at one time, or their derivatives with respect to t.
  public struct Scales: Sendable, Equatable {
    public var signal: Double, anchor: Double, noise: Double
    public init(signal: Double, anchor: Double = 0, noise: Double) {
      (self.signal, self.anchor, self.noise) = (signal, anchor, noise)
    }
  }

  public let name: String
  /// Times at which the path is used; the lower bound keeps divisions by `noise` finite.
  public let range: ClosedRange<Double>
  public let scales: @Sendable (Double) -> Scales
  public let derivatives: @Sendable (Double) -> Scales
  /// The time at which noise / signal equals the argument.
  public let time: @Sendable (_ noiseToSignal: Double) -> Double

  public init(
    name: String, range: ClosedRange<Double>, scales: @escaping @Sendable (Double) -> Scales,
    derivatives: @escaping @Sendable (Double) -> Scales, time: @escaping @Sendable (Double) -> Double
  ) {
    (self.name, self.range, self.scales, self.derivatives, self.time) = (name, range, scales, derivatives, time)
  }

  /// Noise-to-signal ratio, the "sigma" that any path shares with EDM.
  public func noiseToSignal(_ t: Double) -> Double { scales(t).noise / scales(t).signal }
  /// Half the log signal-to-noise ratio.
  public func lambda(_ t: Double) -> Double { -log(noiseToSignal(t)) }
  /// `signal noise' - noise signal'`, positive on any path that loses information.
  public func wronskian(_ t: Double) -> Double {
    let (a, d) = (scales(t), derivatives(t))
    return a.signal * d.noise - a.noise * d.signal
  }

  // MARK: Paths

  /// Rectified flow: `x_t = (1 - t) x0 + t eps` on [0, 1].
  public static let linear = Path(
    name: "linear", range: 1e-3...1, scales: { Scales(signal: 1 - $0, noise: $0) },
    derivatives: { _ in Scales(signal: -1, noise: 1) }, time: { $0 / (1 + $0) })

  /// EDM's variance-exploding path: `x_t = x0 + t eps`.
  public static func edm(_ range: ClosedRange<Double> = 0.002...80) -> Path {
    Path(
      name: "edm", range: range, scales: { Scales(signal: 1, noise: $0) },
      derivatives: { _ in Scales(signal: 0, noise: 1) }, time: { $0 })
  }

  /// `x_t = cos(t) x0 + sin(t) d eps` on [0, π/2]: sCM's path, d the data's standard deviation.
  public static func trigonometric(noise d: Double = 1) -> Path {
    Path(
      name: "trigonometric", range: 1e-3...(Double.pi / 2), scales: { Scales(signal: cos($0), noise: sin($0) * d) },
      derivatives: { Scales(signal: -sin($0), noise: cos($0) * d) }, time: { atan($0 / d) })
  }

  /// OFTSR's path from a photograph to its degraded version with a little noise:
  /// `x_t = (1 - t) x0 + t (sqrt(1 - sigma²) y + sigma eps)`, where `y` is the upsampled input (section 1.2 of the paper).
  public static func anchored(sigma: Double) -> Path {
    let keep = (1 - sigma * sigma).squareRoot()
    return Path(
      name: "anchored", range: 1e-3...1, scales: { Scales(signal: 1 - $0, anchor: $0 * keep, noise: $0 * sigma) },
      derivatives: { _ in Scales(signal: -1, anchor: keep, noise: sigma) },
      time: { $0 / (sigma + $0) })
  }

  // MARK: Points and velocities

  /// `x_t` for one time a row.
  public func point(_ data: Tensor, anchor: Tensor? = nil, noise: Tensor, at times: [Double]) -> Tensor {
    combine(data, anchor, noise, times.map(scales))
  }

  /// dx/dt along the straight conditional path.
  public func velocity(_ data: Tensor, anchor: Tensor? = nil, noise: Tensor, at times: [Double]) -> Tensor {
    combine(data, anchor, noise, times.map(derivatives))
  }

  private func combine(_ data: Tensor, _ anchor: Tensor?, _ noise: Tensor, _ s: [Scales]) -> Tensor {
    precondition(
      anchor != nil || s.allSatisfy { $0.anchor == 0 }, "the path \(name) has an anchor, and none was given")
    let x = data * perRow(s.map(\.signal), like: data) + noise * perRow(s.map(\.noise), like: noise)
    return anchor.map { x + $0 * perRow(s.map(\.anchor), like: $0) } ?? x
  }
}

/// One number a row, shaped to broadcast over the other axes of `tensor` -> [N, 1, ...].
public func perRow(_ values: [Double], like tensor: Tensor) -> Tensor {
  precondition(
    values.count == tensor.shape[0] || values.count == 1, "\(values.count) numbers for \(tensor.shape[0]) rows")
  return Tensor(values.map(Float.init), shape: [values.count] + Array(repeating: 1, count: tensor.rank - 1))
}
