import Foundation
import OneStepTensors

/// Data `N(mean, covariance)`: the denoiser, velocity, score and flow map are linear and known in closed form on every path
/// without an anchor. With `V = signal² λ + noise²` along an eigenvector of eigenvalue λ,
///
///     D = m + (signal λ / V) (x - signal m)      x_r - signal_r m = sqrt(V_r / V_t) (x_t - signal_t m)
///
/// A tensor's row is flattened to a point. Computed in Double.
public struct GaussianData: Sendable, Equatable {
  public let mean: [Double]
  /// Eigenvalues of the covariance, ascending; those that rounding made negative are 0.
  public let variances: [Double]
  /// Row j is the eigenvector of `variances[j]`; the whole is dimension x dimension.
  public let axes: [Double]

  public var dimension: Int { mean.count }

  /// - Parameter covariance: symmetric, dimension x dimension, row-major.
  public init(mean: [Double], covariance: [Double]) throws(LinearAlgebraError) {
    precondition(
      covariance.count == mean.count * mean.count,
      "\(covariance.count) numbers for the covariance of \(mean.count) coordinates")
    let (values, vectors) = try LinearAlgebra.symmetricEigen(covariance, order: mean.count)
    let largest = values.last ?? 0
    if let bad = values.firstIndex(where: { $0 < -1e-9 * largest }) { throw .notPositiveDefinite(order: bad + 1) }
    (self.mean, variances, axes) = (mean, values.map { max(0, $0) }, vectors)
  }

  /// The Gaussian with the mean and the covariance of the rows of `samples`, [N, ...], N >= 2.
  public init(fitting samples: Tensor) throws(LinearAlgebraError) {
    let n = samples.shape[0], d = samples.count / max(1, n)
    precondition(n >= 2, "a covariance of \(n) samples")
    var centred = samples.floats.map(Double.init)
    let mean = (0..<d).map { i in (0..<n).reduce(0) { $0 + centred[$1 * d + i] } / Double(n) }
    for i in centred.indices { centred[i] -= mean[i % d] }
    let scatter = LinearAlgebra.product(
      LinearAlgebra.transposed(centred, n, d), centred, rows: d, inner: n, columns: d)
    try self.init(mean: mean, covariance: scatter.map { $0 / Double(n - 1) })
  }

  // MARK: Predictions

  /// A prediction at points `x`, [N, ...], one time a row or one for all -> like x.
  public func predict(_ kind: Prediction, _ x: Tensor, at times: [Double], on path: Path) -> Tensor {
    let s = times.map(path.scales), d = times.map(path.derivatives)
    func row(_ f: (Path.Scales, Path.Scales) -> Double) -> [Double] { zip(s, d).map(f) }
    func each(_ f: @escaping (Path.Scales, Path.Scales, _ variance: Double, _ total: Double) -> Double) -> Gain {
      { row, variance in
        let (s, d) = (s[row], d[row])
        return f(s, d, variance, s.signal * s.signal * variance + s.noise * s.noise)
      }
    }
    let signal = s.map(\.signal)
    switch kind {
    case .data: return affine(x, centre: signal, each { s, _, v, total in s.signal * v / total }, offset: [1])
    case .noise: return affine(x, centre: signal, each { s, _, _, total in s.noise / total }, offset: [0])
    case .score: return affine(x, centre: signal, each { _, _, _, total in -1 / total }, offset: [0])
    case .velocity:
      let gain = each { s, d, v, total in (s.signal * d.signal * v + s.noise * d.noise) / total }
      return affine(x, centre: signal, gain, offset: row { $1.signal })
    case .angular:
      let gain = each { s, _, v, total in s.noise * (s.signal - s.signal * v) / total }
      return affine(x, centre: signal, gain, offset: row { s, _ in -s.noise })
    }
  }

  /// Where the probability flow takes points `x`, [N, ...], between times, one a row or one for all -> like x.
  public func transported(_ x: Tensor, from: [Double], to: [Double], on path: Path) -> Tensor {
    let s = from.map(path.scales), e = to.map(path.scales)
    return affine(
      x, centre: s.map(\.signal),
      { row, variance in
        let after = e[row].signal * e[row].signal * variance + e[row].noise * e[row].noise
        return (after / (s[row].signal * s[row].signal * variance + s[row].noise * s[row].noise)).squareRoot()
      }, offset: e.map(\.signal))
  }

  /// The exact teacher on a path.
  public func denoiser(on path: Path) -> Denoiser<Void> {
    Denoiser(on: path) { x, times, _ in predict(.data, x, at: times, on: path) }
  }

  /// The exact flow map on a path.
  public func flowMap(on path: Path) -> FlowMap<Void> {
    FlowMap(jump: { x, from, to, _ in transported(x, from: from, to: to, on: path) })
  }

  private typealias Gain = (_ row: Int, _ variance: Double) -> Double

  /// offset m + Σ_j gain(row, variance_j) axis_j axis_jᵀ (x - centre m), row by row; the two products go through BLAS.
  private func affine(_ x: Tensor, centre: [Double], _ gain: Gain, offset: [Double]) -> Tensor {
    let n = x.shape[0], d = dimension
    precondition(x.count == n * d, "points of shape \(x.shape) in dimension \(d)")
    precondition(centre.count == n || centre.count == 1, "\(centre.count) times for \(n) points")
    func at(_ values: [Double], _ row: Int) -> Double { values[values.count == 1 ? 0 : row] }
    var points = x.floats.map(Double.init)
    for row in 0..<n {
      for i in 0..<d { points[row * d + i] -= at(centre, row) * mean[i] }
    }
    var along = LinearAlgebra.product(
      points, LinearAlgebra.transposed(axes, d, d), rows: n, inner: d, columns: d)
    for row in 0..<n {
      for j in 0..<d { along[row * d + j] *= gain(centre.count == 1 ? 0 : row, variances[j]) }
    }
    let result = LinearAlgebra.product(along, axes, rows: n, inner: d, columns: d)
    return Tensor(shape: x.shape) { buffer in
      for row in 0..<n {
        for i in 0..<d { buffer[row * d + i] = Float(result[row * d + i] + at(offset, row) * mean[i]) }
      }
    }
  }
}
