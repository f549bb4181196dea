import Foundation
import OneStepTensors

/// Trains a denoiser of clean data from samples that are themselves noisy (Daras et al. 2025, "How much is a noisy image
/// worth?").
///
/// A sample known only as `x_n = x0 + sigma_n eps` says nothing about noise levels below sigma_n. Above, with r =
/// sigma_n² / sigma², the mean of x_n given x_sigma is `(1 - r) E[x0 | x_sigma] + r x_sigma`, so that
///
///     || (1 - r) D(x_sigma, sigma) + r x_sigma - x_n ||²
///
/// has the denoiser of clean data as its optimum. A clean sample (sigma_n = 0) gives the ordinary loss.
public struct AmbientTraining: Sendable {
  /// `ln s ~ N(mean, deviation²)` of the noise s that is added: `sigma² = sigma_n² + s²`. Defaults are EDM's.
  public var levels: (mean: Double, deviation: Double)
  /// Weight of a row at its noise level; `nil` weighs all alike.
  public var weight: (@Sendable (_ sigma: Double) -> Double)?

  public init(
    levels: (mean: Double, deviation: Double) = (-1.2, 1.2), weight: (@Sendable (_ sigma: Double) -> Double)? = nil
  ) {
    (self.levels, self.weight) = (levels, weight)
  }

  /// - Parameters:
  ///   - denoiser: the one being trained; it is asked on EDM's path.
  ///   - data: what is known of every sample, `[N, ...]`.
  ///   - known: sigma_n of each row; 0 for clean ones.
  public func losses<C>(
    _ denoiser: Denoiser<C>, data: Tensor, knownAt known: [Double], _ condition: C, _ random: inout RandomSource
  ) throws -> Losses {
    let added = random.normal(count: known.count).map { exp(levels.mean + levels.deviation * Double($0)) }
    let sigma = zip(known, added).map { ($0 * $0 + $1 * $1).squareRoot() }
    let x = data + random.normal(data.shape) * perRow(added, like: data)
    let share = zip(known, sigma).map { $0 * $0 / ($1 * $1) }
    let clean = try denoiser.on(.edm())(x, at: sigma, condition)
    let mixed = clean * perRow(share.map { 1 - $0 }, like: x) + x * perRow(share, like: x)
    let rows = Distance.l2(mixed, data)
    var losses = Losses()
    losses.add(
      "ambient", (weight.map { rows * Tensor(sigma.map($0).map(Float.init), shape: [sigma.count]) } ?? rows).mean())
    return losses
  }
}
