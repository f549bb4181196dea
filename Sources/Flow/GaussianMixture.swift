import Foundation
import OneStepTensors

/// A mixture of isotropic Gaussians, `Σ weight_k N(mean_k, deviation_k² I)`: data whose denoiser, score, velocity and, in
/// one dimension, flow map are known in closed form on every path without an anchor. Computed in Double.
public struct GaussianMixture: Sendable, Equatable {
  public let weights: [Double]
  public let means: [[Double]]
  public let deviations: [Double]

  /// Weights are normalised to sum to 1.
  public init(weights: [Double], means: [[Double]], deviations: [Double]) {
    precondition(
      !means.isEmpty && weights.count == means.count && deviations.count == means.count
        && means.allSatisfy { $0.count == means[0].count && !$0.isEmpty },
      "\(weights.count) weights, \(means.count) means and \(deviations.count) deviations do not make a mixture")
    let total = weights.reduce(0, +)
    (self.weights, self.means, self.deviations) = (weights.map { $0 / total }, means, deviations)
  }

  public var dimension: Int { means[0].count }

  /// E[x0], `dimension` numbers.
  public var mean: [Double] {
    (0..<dimension).map { i in means.indices.reduce(0) { $0 + weights[$1] * means[$1][i] } }
  }

  /// Covariance of x0, dimension x dimension, row-major.
  public var covariance: [Double] {
    let centre = mean, d = dimension
    return (0..<d * d).map { ij in
      let (i, j) = (ij / d, ij % d)
      return means.indices.reduce(0) { sum, k in
        let own = i == j ? deviations[k] * deviations[k] : 0
        return sum + weights[k] * ((means[k][i] - centre[i]) * (means[k][j] - centre[j]) + own)
      }
    }
  }

  /// Standard deviation of a coordinate of x0 about its mean, all coordinates pooled: what preconditioning asks for.
  public var deviation: Double {
    let covariance = covariance
    return ((0..<dimension).reduce(0) { $0 + covariance[$1 * (dimension + 1)] } / Double(dimension)).squareRoot()
  }

  // MARK: The flow map in one dimension

  /// Where the probability flow takes a point of a one-dimensional mixture: it keeps its quantile.
  public func transported(_ x: Double, from: Double, to: Double, on path: Path) -> Double {
    precondition(dimension == 1, "quantiles of a mixture of dimension \(dimension)")
    let (start, end) = (path.scales(from), path.scales(to))
    // The smaller tail keeps its digits far from the median.
    let upper = tail(x, start, upper: true), lower = tail(x, start, upper: false)
    let useUpper = upper < lower, wanted = min(upper, lower)
    let spread = deviations.map { variance($0, end).squareRoot() }
    var low = means.indices.map { end.signal * means[$0][0] - 30 * spread[$0] }.min()!
    var high = means.indices.map { end.signal * means[$0][0] + 30 * spread[$0] }.max()!
    for _ in 0..<200 where high - low > 1e-15 * max(1, abs(low)) {
      let middle = 0.5 * (low + high), value = tail(middle, end, upper: useUpper)
      if (value > wanted) == useUpper { low = middle } else { high = middle }
    }
    return 0.5 * (low + high)
  }

  /// The average velocity of a one-dimensional mixture's flow between two different times.
  public func averageVelocity(_ x: Double, from: Double, to: Double, on path: Path) -> Double {
    (transported(x, from: from, to: to, on: path) - x) / (to - from)
  }

  private func variance(_ deviation: Double, _ s: Path.Scales) -> Double {
    s.signal * s.signal * deviation * deviation + s.noise * s.noise
  }

  private func tail(_ x: Double, _ s: Path.Scales, upper: Bool) -> Double {
    means.indices.reduce(0) { sum, k in
      let z = (x - s.signal * means[k][0]) / (2 * variance(deviations[k], s)).squareRoot()
      return sum + 0.5 * weights[k] * erfc(upper ? z : -z)
    }
  }
}
