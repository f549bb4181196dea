import Foundation
import OneStepTensors

/// What a mixture predicts at a noisy point. With `V_k = signal² deviation_k² + noise²` and the components' posterior
/// `γ_k ∝ weight_k N(x; signal mean_k, V_k I)`, every prediction is `Σ γ_k (p_k mean_k + q_k x)`.
extension GaussianMixture {
  /// A prediction at one point of `dimension` coordinates.
  public func predict(_ kind: Prediction, at x: [Double], time: Double, on path: Path) -> [Double] {
    precondition(x.count == dimension, "a point of \(x.count) coordinates in dimension \(dimension)")
    var field = MixtureField(self, kind)
    field.move(to: time, on: path)
    var result = [Double](repeating: 0, count: dimension)
    x.withUnsafeBufferPointer { point in
      result.withUnsafeMutableBufferPointer { field.evaluate(point.baseAddress!, into: $0.baseAddress!) }
    }
    return result
  }

  /// A prediction at the rows of `x`, [N, dimension], one time a row or one for all -> [N, dimension].
  public func predict(_ kind: Prediction, _ x: Tensor, at times: [Double], on path: Path) -> Tensor {
    let d = dimension
    var field = MixtureField(self, kind)
    let points = x.floats.map(Double.init)
    return rows(of: x, times) { row, time, out in
      points.withUnsafeBufferPointer { point in
        field.move(to: time, on: path)
        field.evaluate(point.baseAddress! + row * d, into: out)
      }
    }
  }

  /// The Hessian of log p(x_t) at the rows of `x` times the rows of `direction`, both [N, dimension], one time a row or one
  /// for all -> [N, dimension]. It is symmetric; the denoiser's Jacobian is `(I + noise² Hessian) / signal`.
  public func hessianProduct(_ x: Tensor, _ direction: Tensor, at times: [Double], on path: Path) -> Tensor {
    precondition(direction.shape == x.shape, "directions of shape \(direction.shape) for points of shape \(x.shape)")
    let d = dimension, points = x.floats.map(Double.init), directions = direction.floats.map(Double.init)
    var field = MixtureField(self, .score)
    return rows(of: x, times) { row, time, out in
      points.withUnsafeBufferPointer { point in
        directions.withUnsafeBufferPointer { w in
          field.move(to: time, on: path)
          field.evaluateHessian(point.baseAddress! + row * d, along: w.baseAddress! + row * d, into: out)
        }
      }
    }
  }

  /// A tensor like `x` whose rows `body` writes.
  private func rows(
    of x: Tensor, _ times: [Double], _ body: (_ row: Int, _ time: Double, UnsafeMutablePointer<Double>) -> Void
  ) -> Tensor {
    let d = dimension
    precondition(x.rank == 2 && x.shape[1] == d, "points of shape \(x.shape) in dimension \(d)")
    precondition(times.count == x.shape[0] || times.count == 1, "\(times.count) times for \(x.shape[0]) points")
    var result = [Double](repeating: 0, count: d)
    return Tensor(shape: x.shape) { buffer in
      result.withUnsafeMutableBufferPointer { out in
        for row in 0..<x.shape[0] {
          body(row, times[times.count == 1 ? 0 : row], out.baseAddress!)
          for i in 0..<d { buffer[row * d + i] = Float(out[i]) }
        }
      }
    }
  }

  /// The exact teacher on a path. Where derivatives are wanted they pass through it as through a network.
  public func denoiser(on path: Path) -> Denoiser<Void> {
    Denoiser(on: path) { x, times, _ in
      x.hasDerivative ? differentiableData(x, at: times, on: path) : predict(.data, x, at: times, on: path)
    }
  }

  /// The exact velocity on a path, free of the rounding of a conversion.
  public func velocity(on path: Path) -> VelocityField<Void> {
    { x, times, _ in predict(.velocity, x, at: times, on: path) }
  }
}

/// The components' numbers at one time, and room to work in, so that a batch allocates nothing per row.
private struct MixtureField {
  private let kind: Prediction
  private let dimension: Int
  private let means: [Double]  // [K, dimension]
  private let variances: [Double]
  private let logWeights: [Double]
  private var time = Double.nan
  private var signal = 0.0
  /// log(weight_k) - dimension / 2 log V_k, and -1 / (2 V_k).
  private var offsets: [Double], precisions: [Double]
  /// Factors of the mean and of x in component k's prediction.
  private var p: [Double], q: [Double]
  /// γ_k at the last point.
  private var posterior: [Double]

  init(_ mixture: GaussianMixture, _ kind: Prediction) {
    self.kind = kind
    dimension = mixture.dimension
    means = mixture.means.flatMap { $0 }
    variances = mixture.deviations.map { $0 * $0 }
    logWeights = mixture.weights.map { log($0) }
    let zeros = [Double](repeating: 0, count: variances.count)
    (offsets, precisions, p, q, posterior) = (zeros, zeros, zeros, zeros, zeros)
  }

  mutating func move(to t: Double, on path: Path) {
    guard t != time else { return }
    let s = path.scales(t), slope = path.derivatives(t)
    let wronskian = s.signal * slope.noise - s.noise * slope.signal
    (time, signal) = (t, s.signal)
    for k in variances.indices {
      let own = s.signal * variances[k], v = s.signal * own + s.noise * s.noise
      offsets[k] = logWeights[k] - 0.5 * Double(dimension) * log(v)
      precisions[k] = -0.5 / v
      // Each as p mean + q x, arranged so that nothing cancels.
      switch kind {
      case .data: (p[k], q[k]) = (s.noise * s.noise / v, own / v)
      case .noise: (p[k], q[k]) = (-s.noise * s.signal / v, s.noise / v)
      case .score: (p[k], q[k]) = (s.signal / v, -1 / v)
      case .velocity: (p[k], q[k]) = (-s.noise * wronskian / v, (own * slope.signal + s.noise * slope.noise) / v)
      case .angular:
        p[k] = -s.noise * (s.signal * s.signal + s.noise * s.noise) / v
        q[k] = (s.signal * s.noise - s.noise * own) / v
      }
    }
  }

  mutating func evaluate(_ x: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>) {
    let (d, count) = (dimension, variances.count)
    findPosterior(x)
    means.withUnsafeBufferPointer { means in
      for i in 0..<d { out[i] = 0 }
      var shareOfX = 0.0
      for k in 0..<count where posterior[k] > 0 {
        shareOfX += posterior[k] * q[k]
        for i in 0..<d { out[i] += posterior[k] * p[k] * means[k * d + i] }
      }
      for i in 0..<d { out[i] += shareOfX * x[i] }
    }
  }

  /// Of a field of scores `g_k = p_k mean_k + q_k x`, whose q_k is -1 / V_k: the Hessian of log p(x_t) times w,
  /// `Σ γ_k (g_k·w) g_k + (Σ γ_k q_k) w - (score·w) score`.
  mutating func evaluateHessian(
    _ x: UnsafePointer<Double>, along w: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>
  ) {
    let (d, count) = (dimension, variances.count)
    // The score first, in the place of the result.
    evaluate(x, into: out)
    let along = (0..<d).reduce(0) { $0 + out[$1] * w[$1] }
    for i in 0..<d { out[i] *= -along }
    for k in 0..<count where posterior[k] > 0 {
      func g(_ i: Int) -> Double { p[k] * means[k * d + i] + q[k] * x[i] }
      let own = (0..<d).reduce(0) { $0 + g($1) * w[$1] }
      for i in 0..<d { out[i] += posterior[k] * (own * g(i) + q[k] * w[i]) }
    }
  }

  private mutating func findPosterior(_ x: UnsafePointer<Double>) {
    let (d, count, a) = (dimension, variances.count, signal)
    means.withUnsafeBufferPointer { means in
      var top = -Double.infinity
      for k in 0..<count {
        var distance = 0.0
        for i in 0..<d {
          let r = x[i] - a * means[k * d + i]
          distance += r * r
        }
        posterior[k] = offsets[k] + precisions[k] * distance
        top = max(top, posterior[k])
      }
      var total = 0.0
      for k in 0..<count {
        // Below e^-40 of the largest, a component does not reach the last digit of a Double.
        posterior[k] = posterior[k] > top - 40 ? exp(posterior[k] - top) : 0
        total += posterior[k]
      }
      for k in 0..<count { posterior[k] /= total }
    }
  }
}
