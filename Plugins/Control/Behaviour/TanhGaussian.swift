import Foundation
import OneStepTensors

/// Gaussians over actions, squashed into -1...1: `a = tanh(z)`, `z ~ N(mean, deviation²)`, independent in each number
/// (Haarnoja et al. 2018, appendix C).
public struct TanhGaussian: Sendable {
  /// `[B, A]`, before the squashing.
  public let mean: Tensor
  /// `[B, A]`.
  public let logDeviation: Tensor

  public init(mean: Tensor, logDeviation: Tensor) { (self.mean, self.logDeviation) = (mean, logDeviation) }

  /// Actions `[B, A]` of noise `[B, A]` from N(0, 1), and the logarithm of their density `[B]`. Both have derivatives with
  /// respect to mean and deviation; the noise stands still.
  ///
  /// The squashing takes `log(1 - tanh²(z)) = 2 (log 2 - z - softplus(-2 z))` from the density, which is exact for
  /// actions that round to -1 and 1.
  public func sample(_ noise: Tensor) -> (actions: Tensor, logDensities: Tensor) {
    let z = mean + logDeviation.exp() * noise
    let constant = Float(mean.shape[1]) * Float(log(2 * Double.pi) / 2 + 2 * log(2.0))
    let gaussian = (noise.values.squared() * 0.5).sum([1]) + constant
    let squashed = (z + (z * -2).softplus()) * 2
    return (z.tanh(), (squashed - logDeviation).sum([1]) - gaussian)
  }
}
