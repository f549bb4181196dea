import Foundation
import OneStepTensors

/// How training draws times, one a row.
public enum TimeLaw: Sendable, Equatable {
  case uniform(ClosedRange<Double>)
  /// t = 1 / (1 + exp(-N(mean, deviation²))).
  case logitNormal(mean: Double, deviation: Double)
  /// One time for all.
  case fixed(Double)

  public func callAsFunction(_ count: Int, _ random: inout RandomSource) -> [Double] {
    switch self {
    case .uniform(let range):
      return random.uniform(count: count).map { range.lowerBound + Double($0) * (range.upperBound - range.lowerBound) }
    case .logitNormal(let mean, let deviation):
      return random.normal(count: count).map { 1 / (1 + exp(-(mean + deviation * Double($0)))) }
    case .fixed(let time):
      return [Double](repeating: time, count: count)
    }
  }
}
