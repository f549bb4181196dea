import Foundation
import OneStepFlow
import OneStepTensors

/// p = N(0, 1) tilted by exp(r), r(x) = -(x - 1)² / 2, is N(1/2, 1/2); its mass is E[exp r] = exp(-1/4) / sqrt 2.
enum GaussianTilt {
  static let mean = 0.5, variance = 0.5
  static let logMass = -0.25 - 0.5 * log(2)

  /// E[x0 | x] of N(mean, 1), on EDM's path.
  static func denoiser(mean m: Double = 0) -> Denoiser<Void> {
    Denoiser(on: .edm()) { x, t, _ in (x - Float(m)) * perRow(t.map { 1 / (1 + $0 * $0) }, like: x) + Float(m) }
  }

  /// -(x - 1)² / 2 of [N, 1] -> [N].
  static func reward(_ x: Tensor) -> Tensor { (x - 1).squared().sum([1]) * -0.5 }

  /// log E[exp r(x0) | x]: x0 given x is N(x / (1 + s²), s² / (1 + s²)).
  static func softValue(_ x: Tensor, _ sigma: Double) -> Tensor {
    let v = sigma * sigma / (1 + sigma * sigma)
    return (x * Float(1 / (1 + sigma * sigma)) - 1).squared().sum([1]).affine(Float(-0.5 / (1 + v)), Float(-0.5 * log(1 + v)))
  }

  /// The true reverse transition of N(0, 1), exact over steps of any length.
  static var transition: ReverseTransition {
    ReverseTransition { x, from, to in
      let (a, b) = (1 + from * from, 1 + to * to)
      return (x * Float(b / a), (b * (a - b) / a).squareRoot())
    }
  }

  /// `count` levels with equal ratios, then 0 when `closed`.
  static func levels(_ count: Int, from high: Double, to low: Double, closed: Bool = false) -> [Double] {
    (0..<count).map { high * pow(low / high, Double($0) / Double(count - 1)) } + (closed ? [0] : [])
  }

  /// Mean and variance of all numbers of a tensor.
  static func moments(_ x: Tensor) -> (mean: Double, variance: Double) {
    let values = x.floats.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }
}
