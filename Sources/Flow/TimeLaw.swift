import Foundation
import OneStepTensors

/// How training draws times, one a row.
public enum TimeLaw: Sendable, Equatable {
  case uniform(ClosedRange<Double>)
  /// t = 1 / (1 + exp(-N(mean, deviation²))).
  case logitNormal(mean: Double, deviation: Double)
  /// t = exp(N(mean, deviation²)), clamped to the range: EDM's law of sigma.
  case logNormal(mean: Double, deviation: Double, ClosedRange<Double>)
  /// `(u high^(1/7) + (1 - u) low^(1/7))^7`, u ~ U[0, share]: EDM's grid in the continuum, from its low end on (SiD's law of
  /// sigma has share 0.8).
  case karras(ClosedRange<Double>, share: Double)
  /// One time for all.
  case fixed(Double)

  public func callAsFunction(_ count: Int, _ random: inout RandomSource) -> [Double] {
    switch self {
    case .uniform(let range):
      return random.uniform(count: count).map { range.lowerBound + Double($0) * (range.upperBound - range.lowerBound) }
    case .logitNormal(let mean, let deviation):
      return random.normal(count: count).map { 1 / (1 + exp(-(mean + deviation * Double($0)))) }
    case .logNormal(let mean, let deviation, let range):
      return random.normal(count: count).map {
        min(range.upperBound, max(range.lowerBound, exp(mean + deviation * Double($0))))
      }
    case .karras(let range, let share):
      let (low, high) = (pow(range.lowerBound, 1 / 7), pow(range.upperBound, 1 / 7))
      return random.uniform(count: count).map { pow(low + Double($0) * share * (high - low), 7) }
    case .fixed(let time):
      return [Double](repeating: time, count: count)
    }
  }

  /// InstaRevive's dynamic bound (Zhu et al. 2025): the largest time of a score difference falls with the discrepancy between
  /// the results and clean data, since nearly clean results have nothing to learn from strong noise.
  ///
  /// - Parameter discrepancy: 0 (as clean as data) to 1 (as at the start).
  public func bounded(by discrepancy: Double, least: Double) -> TimeLaw {
    let share = min(1, max(least, discrepancy))
    func cut(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
      range.lowerBound...(range.lowerBound + share * (range.upperBound - range.lowerBound))
    }
    switch self {
    case .uniform(let range): return .uniform(cut(range))
    case .logNormal(let mean, let deviation, let range): return .logNormal(mean: mean, deviation: deviation, cut(range))
    case .karras(let range, let own): return .karras(range, share: own * share)
    case .logitNormal, .fixed: return self
    }
  }
}
