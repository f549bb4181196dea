import Foundation
import OneStepTensors

/// Consistency in continuous time (sCM, Lu and Song 2025) on the trigonometric path, whose noise has the data's deviation d:
/// `x_t = cos(t) x0 + sin(t) d eps` and `f(x, t) = cos(t) x - sin(t) d F(x / d, t)`.
///
///     g = -cos²(t) (d F⁻ - dx/dt) - r (cos(t) sin(t) x + d cos(t) sin(t) dF⁻/dt),    g <- g / (|g| + 0.1)
///     | F - F⁻ - g |²
///
/// dF⁻/dt follows the trajectory, in forward mode; r rises from 0 to 1 over the first tenth of the training. The learnt
/// weight over times of the paper is left out: `times` does its work in low dimensions.
public struct ContinuousConsistency: Sendable {
  public var deviation: Double
  /// Of tan(t) d, log-normal.
  public var mean: Double, spread: Double

  public init(deviation: Double, mean: Double = -1, spread: Double = 1.4) {
    (self.deviation, self.mean, self.spread) = (deviation, mean, spread)
  }

  /// F(x / d, t | c) as a function of tensors, times `[N]`, so that they can move.
  public typealias Network<C> = (_ x: Tensor, _ times: Tensor, _ condition: C) throws -> Tensor

  /// - Parameter velocity: the teacher's dx/dt on this path; without one the conditional path's is used.
  public func losses<C>(
    _ network: Network<C>, frozen: Network<C>, velocity: VelocityField<C>? = nil, _ draw: Draw<C>, progress: Double,
    _ random: inout RandomSource
  ) throws -> Losses {
    let n = draw.rows, d = Float(deviation)
    let t = random.normal(count: n).map { atan(exp(mean + spread * Double($0)) / deviation) }
    func row(_ f: (Double) -> Double) -> Tensor { perRow(t.map(f), like: draw.data) }
    let noise = draw.noise * d
    let x = draw.data * row(cos) + noise * row(sin)
    let v = try velocity?(x, t, draw.condition).values ?? noise * row(cos) - draw.data * row(sin)
    let product = row { cos($0) * sin($0) }
    let clock = Tensor(t.map(Float.init), shape: [n]), pace = Tensor(t.map { Float(cos($0) * sin($0)) }, shape: [n])
    // The direction carries cos(t) sin(t) already, which keeps it bounded where the time derivative is not.
    let (output, slope) = try jvp(
      { try frozen($0[0], $0[1], draw.condition) }, at: [x / d, clock], along: [v * product / d, pace])
    let warm = Float(min(1, progress / 0.1))
    var g = (output * d - v) * -row { cos($0) * cos($0) } - (x * product + slope * d) * warm
    let norm = g.squared().sum(Array(1..<g.rank), keepingAxes: true).squareRoot()
    g = g / (norm + 0.1)
    var losses = Losses()
    losses.add(
      "consistency", Distance.adaptive(power: 0, c: 0)(try network(x / d, clock, draw.condition), output + g).mean())
    return losses
  }
}
