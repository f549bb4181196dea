import Foundation
import OneStepTensors

/// The adversarial term of distillation, on noisy points (DMD2, Yin et al. 2024): non-saturating softplus losses. The best
/// discriminator's logit is `ln p_data / p_generated` of noisy points, which f-distill reads.
public struct Adversarial: Sendable {
  /// Times at which points are compared.
  public var times: TimeLaw
  public var path: Path
  /// Weight of the approximate R1 penalty `|D(x) - D(x + step z)|²`, which needs no second derivative (Lin et al. 2025).
  public var penalty: Double
  public var step: Double

  public init(path: Path, times: TimeLaw, penalty: Double = 0, step: Double = 0.1) {
    (self.path, self.times, self.penalty, self.step) = (path, times, penalty, step)
  }

  /// Logits of points at times, `[N]`.
  public typealias Logits<C> = (_ x: Tensor, _ times: [Double], _ condition: C) throws -> Tensor

  /// What the generator minimises: softplus(-D(x_t)).
  public func generatorLoss<C>(
    _ logits: Logits<C>, generated x: Tensor, _ condition: C, _ random: inout RandomSource
  ) throws -> Tensor {
    let t = times(x.shape[0], &random)
    return try (-logits(path.point(x, noise: random.normal(x.shape), at: t), t, condition)).softplus().mean()
  }

  /// What the discriminator minimises, on data and on results that carry no gradient.
  public func losses<C>(
    _ logits: Logits<C>, data: Tensor, generated: Tensor, _ condition: C, _ random: inout RandomSource
  ) throws -> Losses {
    let t = times(data.shape[0], &random)
    let real = path.point(data.values, noise: random.normal(data.shape), at: t)
    let made = path.point(generated.values, noise: random.normal(generated.shape), at: t)
    let realLogits = try logits(real, t, condition)
    var losses = Losses()
    losses.add("data", (-realLogits).softplus().mean())
    losses.add("generated", try logits(made, t, condition).softplus().mean())
    if penalty > 0 {
      let moved = try logits(real + random.normal(real.shape) * Float(step), t, condition)
      losses.add("penalty", weight: penalty, (realLogits - moved).squared().mean())
    }
    return losses
  }
}

/// f-divergences between data and generated points (f-distill, Xu et al. 2025): the reverse divergence's gradient times
/// `h(r) = r² f''(r)` with r = p_data / p_generated.
public enum Divergence: String, Sendable, CaseIterable {
  case reverse, forward, jensenShannon = "jensen-shannon", jeffreys, squaredHellinger = "squared-hellinger"

  /// h(r), constants left out: they vanish when h is divided by its mean.
  public func factor(_ ratio: Double) -> Double {
    switch self {
    case .reverse: 1
    case .forward: ratio
    case .jensenShannon: ratio / (1 + ratio)
    case .jeffreys: 1 + ratio
    case .squaredHellinger: ratio.squareRoot()
    }
  }

  /// h of rows from their logits, divided by its mean: logits are clamped to ±10 and ratios to 0.1...20.
  public func factors(logits: [Float]) -> [Float] {
    let h = logits.map { factor(min(20, max(0.1, exp(min(10, max(-10, Double($0))))))) }
    let mean = h.reduce(0, +) / Double(max(1, h.count))
    return h.map { Float($0 / mean) }
  }
}
