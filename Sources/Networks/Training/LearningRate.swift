import Foundation

/// The learning rate as a function of progress.
public struct LearningRate: Sendable, Equatable, Codable {
  public enum Shape: String, Sendable, Codable { case constant, cosine }
  public var peak: Double
  /// Steps over which the rate rises linearly from 0.
  public var warmUp: Int
  public var shape: Shape
  /// Share of the peak that a cosine ends at.
  public var final: Double

  public init(peak: Double, warmUp: Int = 0, shape: Shape = .constant, final: Double = 0) {
    (self.peak, self.warmUp, self.shape, self.final) = (peak, warmUp, shape, final)
  }

  /// Rate of step `step` (from 0) of `total`.
  public func callAsFunction(step: Int, of total: Int) -> Double {
    let rise = warmUp > 0 ? min(1, Double(step + 1) / Double(warmUp)) : 1
    guard shape == .cosine, total > 0 else { return peak * rise }
    let progress = min(1, Double(step) / Double(total))
    return peak * rise * (final + (1 - final) * 0.5 * (1 + cos(Double.pi * progress)))
  }
}
