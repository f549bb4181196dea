import Foundation
import OneStepTensors

/// Weights of particles, kept as logarithms in Double: what sequential Monte Carlo and importance sampling share.
public struct ImportanceWeights: Sendable, Equatable {
  /// As given, up to a common factor that no result but ``logMean`` depends on.
  public let logarithms: [Double]
  /// Sum to 1.
  public let normalized: [Double]
  /// Logarithm of the mean weight, the estimate of a ratio of normalising constants.
  public let logMean: Double

  /// -infinity is a weight of 0.
  public init(logarithms: [Double]) throws(GuidanceError) {
    guard !logarithms.isEmpty else { throw .noWeights }
    if let bad = logarithms.firstIndex(where: { $0.isNaN || $0 == .infinity }) { throw .invalidWeight(index: bad) }
    let largest = logarithms.reduce(-.infinity, max)
    guard largest > -.infinity else { throw .vanishingWeights(count: logarithms.count) }
    let shifted = logarithms.map { exp($0 - largest) }
    let sum = shifted.reduce(0, +)
    self.logarithms = logarithms
    normalized = shifted.map { $0 / sum }
    logMean = largest + log(sum / Double(logarithms.count))
  }

  /// `1 / Σ w²`: how many equally weighted particles are worth as much (Kong 1992). From 1 to the number of weights.
  public var effectiveSampleSize: Double { 1 / normalized.reduce(0) { $0 + $1 * $1 } }

  /// Weighted mean of one number a particle.
  public func mean(_ values: [Double]) -> Double {
    precondition(values.count == normalized.count, "\(values.count) values for \(normalized.count) weights")
    return zip(normalized, values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Indices of `count` particles, in order, particle i `floor` or `ceil` of `count w_i` times (Kitagawa 1996): one uniform
  /// number places a comb of equal teeth on the cumulative weights.
  public func systematicResample(count: Int? = nil, _ random: inout RandomSource) -> [Int] {
    let n = count ?? normalized.count
    guard n > 0 else { return [] }
    let offset = Double.random(in: 0..<1, using: &random)
    var (particle, cumulative) = (0, normalized[0])
    return (0..<n).map { tooth in
      let position = (Double(tooth) + offset) / Double(n)
      while cumulative <= position && particle < normalized.count - 1 {
        particle += 1
        cumulative += normalized[particle]
      }
      return particle
    }
  }

  /// Index of one particle with the probability of its weight.
  public func draw(_ random: inout RandomSource) -> Int {
    // 53 random bits: an f32 uniform would never reach the rare ones.
    var rest = Double.random(in: 0..<1, using: &random)
    for (index, weight) in normalized.enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return normalized.lastIndex { $0 > 0 }!
  }
}

/// Particles `[N, ...]` and their weights.
public struct WeightedParticles: Sendable {
  public let points: Tensor
  public let weights: ImportanceWeights
  /// Estimated logarithm of the mass of the target density, relative to where the particles started.
  public let logEvidence: Double

  /// `count` particles of equal weight, by systematic resampling -> [count, ...].
  public func resampled(count: Int? = nil, _ random: inout RandomSource) -> Tensor {
    points.gathered(rows: weights.systematicResample(count: count, &random).map(Int32.init))
  }
}
