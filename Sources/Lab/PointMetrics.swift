import Foundation
import OneStepFlow
import OneStepTensors

/// How well samples of the plane follow a mixture.
public struct PointMetrics: Sendable, Codable, Equatable {
  /// ``slicedWasserstein(_:_:directions:)`` to stratified data.
  public let slicedWasserstein: Double
  /// Share of the samples within two standard deviations of a mode's mean (0.865 of the data themselves).
  public let shareInMode: Double
  /// Modes with at least a quarter of their weight among the samples in a mode.
  public let modes: Int
  /// Modes of the mixture.
  public let allModes: Int

  /// - Parameter samples: `[N, 2]`.
  public init(_ samples: Tensor, of mixture: GaussianMixture, seed: UInt64 = 0xDA7A) {
    let n = samples.shape[0], values = samples.floats
    slicedWasserstein = Self.slicedWasserstein(samples, mixture.stratified(count: n, seed: seed))
    var inside = 0, counts = [Int](repeating: 0, count: mixture.means.count)
    for i in 0..<n {
      let (x, y) = (Double(values[2 * i]), Double(values[2 * i + 1]))
      var best = (distance: Double.infinity, mode: 0)
      for (k, mean) in mixture.means.enumerated() {
        let distance = hypot(x - mean[0], y - mean[1]) / mixture.deviations[k]
        if distance < best.distance { best = (distance, k) }
      }
      if best.distance <= 2 { inside += 1 }
      if best.distance <= 4 { counts[best.mode] += 1 }
    }
    shareInMode = Double(inside) / Double(n)
    allModes = mixture.means.count
    modes = zip(counts, mixture.weights).reduce(0) { $0 + (Double($1.0) >= 0.25 * $1.1 * Double(n) ? 1 : 0) }
  }

  /// Root mean square, over equally spaced directions, of the differences between sorted projections of two equally large
  /// sets `[N, 2]` (Bonneel et al. 2015).
  public static func slicedWasserstein(_ a: Tensor, _ b: Tensor, directions: Int = 64) -> Double {
    precondition(a.shape == b.shape, "samples of shapes \(a.shape) and \(b.shape)")
    let n = a.shape[0], (p, q) = (a.floats, b.floats)
    var total = 0.0
    for k in 0..<directions {
      let angle = Double.pi * Double(k) / Double(directions), (c, s) = (Float(cos(angle)), Float(sin(angle)))
      func projected(_ v: [Float]) -> [Float] { (0..<n).map { v[2 * $0] * c + v[2 * $0 + 1] * s }.sorted() }
      total += zip(projected(p), projected(q)).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(n)
    }
    return (total / Double(directions)).squareRoot()
  }
}
