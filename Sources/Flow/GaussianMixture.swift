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

  /// E[x0 | x_t] at one point of `dimension` coordinates.
  public func data(at x: [Double], time: Double, on path: Path) -> [Double] {
    let s = path.scales(time)
    return posterior(x, s) { k, i, centred, variance in
      means[k][i] + s.signal * deviations[k] * deviations[k] / variance * centred
    }
  }

  /// ∇ log p(x_t) at one point.
  public func score(at x: [Double], time: Double, on path: Path) -> [Double] {
    posterior(x, path.scales(time)) { _, _, centred, variance in -centred / variance }
  }

  /// dx/dt of the probability-flow equation at one point.
  public func velocity(at x: [Double], time: Double, on path: Path) -> [Double] {
    let (s, d) = (path.scales(time), path.derivatives(time))
    return posterior(x, s) { k, i, centred, variance in
      let halfSlope = s.signal * d.signal * deviations[k] * deviations[k] + s.noise * d.noise
      return d.signal * means[k][i] + halfSlope / variance * centred
    }
  }

  /// E[x0 | x_t] of the rows of `x` -> [N, dimension].
  public func data(_ x: Tensor, at time: Double, on path: Path) -> Tensor {
    rows(x) { data(at: $0, time: time, on: path) }
  }

  /// dx/dt at the rows of `x`, one time a row -> [N, dimension].
  public func velocity(_ x: Tensor, at times: [Double], on path: Path) -> Tensor {
    var row = -1
    return rows(x) {
      row += 1
      return velocity(at: $0, time: times[times.count == 1 ? 0 : row], on: path)
    }
  }

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

  /// Σ γ_k value(k, axis, x - signal mean, variance) with γ the components' posterior.
  private func posterior(_ x: [Double], _ s: Path.Scales, _ value: (Int, Int, Double, Double) -> Double) -> [Double] {
    precondition(x.count == dimension, "a point of \(x.count) coordinates in dimension \(dimension)")
    let variances = deviations.map { variance($0, s) }
    let logs = means.indices.map { k -> Double in
      let distance = x.indices.reduce(0) { $0 + (x[$1] - s.signal * means[k][$1]) * (x[$1] - s.signal * means[k][$1]) }
      return log(weights[k]) - 0.5 * distance / variances[k] - 0.5 * Double(dimension) * log(variances[k])
    }
    let top = logs.max()!, likelihoods = logs.map { exp($0 - top) }, total = likelihoods.reduce(0, +)
    return x.indices.map { i in
      means.indices.reduce(0) {
        $0 + likelihoods[$1] / total * value($1, i, x[i] - s.signal * means[$1][i], variances[$1])
      }
    }
  }

  private func rows(_ x: Tensor, _ f: ([Double]) -> [Double]) -> Tensor {
    precondition(x.rank == 2 && x.shape[1] == dimension, "points of shape \(x.shape) in dimension \(dimension)")
    let values = x.floats.map(Double.init)
    let result = (0..<x.shape[0]).flatMap { f(Array(values[$0 * dimension..<($0 + 1) * dimension])) }
    return Tensor(result.map(Float.init), shape: x.shape)
  }
}
