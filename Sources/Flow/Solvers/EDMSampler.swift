import Foundation
import OneStepTensors

/// EDM's sampler (Karras et al. 2022, algorithm 2): Heun's method in the noise-to-signal ratio, before every step of which
/// noise may be added ("churn"). 2N - 1 evaluations for N steps. Without churn it is ``RhoRungeKutta/heun``.
public struct EDMSampler: Sendable, Equatable {
  /// Total churn, shared among the steps; a step adds at most √2 - 1 of its noise.
  public var churn: Double
  /// Noise-to-signal ratios at which to churn.
  public var churned: ClosedRange<Double>
  /// Standard deviation of the added noise; a little above 1 makes up for a denoiser that removes too much.
  public var deviation: Double

  public init(churn: Double = 0, within churned: ClosedRange<Double> = 0...Double.infinity, deviation: Double = 1) {
    (self.churn, self.churned, self.deviation) = (churn, churned, deviation)
  }

  /// Samples along a grid, from `x`, [N, ...], at its first time -> like x. The path must go on above that time if noise is to be
  /// added there, as EDM's and the variance-preserving ones do.
  public func sample<C>(
    _ x: Tensor, over grid: TimeGrid, with denoiser: Denoiser<C>, _ condition: C, _ random: inout RandomSource
  ) throws -> Tensor {
    let path = denoiser.path
    try grid.check(on: path)
    var x = x
    for i in 0..<grid.steps {
      var now = grid.times[i]
      let ratio = path.noiseToSignal(now)
      let gamma = churned.contains(ratio) && ratio.isFinite ? min(churn / Double(grid.steps), 2.0.squareRoot() - 1) : 0
      if gamma > 0 {
        let (before, raised) = (path.scales(now), ratio * (1 + gamma))
        now = path.time(raised)
        let after = path.scales(now).signal
        x =
          x * Float(after / before.signal)
          + random.normal(x.shape) * Float(after * deviation * (raised * raised - ratio * ratio).squareRoot())
      }
      x = try RhoRungeKutta.heun.sample(
        x, over: TimeGrid([now, grid.times[i + 1]]), with: denoiser, condition)
    }
    return x
  }
}
