import Foundation
import OneStepTensors

/// Samples a product of powers of model densities, tilted by a reward, exactly in the limit of many particles and steps
/// (Skreta et al. 2025, "Feynman-Kac correctors in diffusion").
///
/// At noise level sigma the target is `q ∝ Π p_i^e_i exp(b r)`, with `b` rising from 0 at the first level to 1 at the last.
/// Following the guided score alone does not sample it; particles therefore carry weights. With `s = Σ e_i ∇ log p_i` and
/// `T = sigma²`, which falls by `dT` in a step:
///
///     x     += (s + b/2 ∇r) dT + sqrt(dT) z
///     log w += dT/2 (|s|² - Σ e_i |∇ log p_i|² + b s·∇r) + db r
///
/// For exponents (w, 1 - w) the first bracket is the paper's `w (w - 1) sigma |S_c - S_u|² |d sigma|`. The weight of the
/// reward term needs no Laplacian because half of `b ∇r` is left out of the drift.
public struct FeynmanKacCorrector<C> {
  /// One density of the product.
  public struct Factor {
    public var denoiser: Denoiser<C>
    public var condition: C
    public var exponent: Double

    public init(_ denoiser: Denoiser<C>, _ condition: C, exponent: Double) {
      (self.denoiser, self.condition, self.exponent) = (denoiser, condition, exponent)
    }
  }

  /// A differentiable reward of points `[N, ...]` -> [N].
  public typealias Reward = (_ x: Tensor) throws -> Tensor

  public var factors: [Factor]
  public var reward: Reward?
  /// Resample when the effective sample size falls below this share of the particles; 1 resamples at every step.
  public var resampleBelow: Double
  /// Largest change of a log-weight in one step, around the mean change: trades exactness for stability. `nil`: no limit.
  public var limit: Double?
  /// The noise level at which half of the reward has been switched on, about the deviation of the data.
  public var rewardScale: Double

  public init(
    _ factors: [Factor], reward: Reward? = nil, resampleBelow: Double = 0.5, limit: Double? = nil,
    rewardScale: Double = 1
  ) {
    self.factors = factors.map { Factor($0.denoiser.on(.edm()), $0.condition, exponent: $0.exponent) }
    (self.reward, self.resampleBelow, self.limit, self.rewardScale) = (reward, resampleBelow, limit, rewardScale)
  }

  /// The density that classifier-free guidance promises, `p_c^w p_u^(1 - w)`, instead of what its score alone samples.
  public static func guided(_ denoiser: Denoiser<C>, weight: Double, _ condition: C, without: C) -> FeynmanKacCorrector
  {
    FeynmanKacCorrector([
      Factor(denoiser, condition, exponent: weight), Factor(denoiser, without, exponent: 1 - weight),
    ])
  }

  /// Runs particles `[N, ...]` of `shape` down `levels` (falling sigmas, the first far above the deviation of the data).
  /// Every step calls each factor's denoiser once on all particles.
  public func sample(_ shape: [Int], levels: [Double], _ random: inout RandomSource) throws -> WeightedParticles {
    try GuidanceError.check(levels: levels)
    let sum = factors.reduce(0) { $0 + $1.exponent }
    guard sum > 0 else { throw GuidanceError.improperProduct(sumOfExponents: sum) }
    return try Compute.perform {
      // A product of N(m, sigma²) to powers that sum to S is N(., sigma² / S).
      var x = random.normal(shape) * Float(levels[0] / sum.squareRoot())
      var logs = [Double](repeating: 0, count: shape[0])
      var evidence = 0.0
      for (sigma, next) in zip(levels, levels.dropFirst()) {
        let share = (rewardShare(sigma, levels), rewardShare(next, levels))
        let step = try advance(x, sigma, next, share, &random)
        x = step.x
        logs = zip(logs, limited(step.change)).map(+)
        let weights = try ImportanceWeights(logarithms: logs)
        if weights.effectiveSampleSize < resampleBelow * Double(logs.count), next != levels.last {
          x = x.gathered(rows: weights.systematicResample(&random).map(Int32.init))
          evidence += weights.logMean
          logs = [Double](repeating: 0, count: logs.count)
        }
      }
      let weights = try ImportanceWeights(logarithms: logs)
      return WeightedParticles(points: x, weights: weights, logEvidence: evidence + weights.logMean)
    }
  }

  // MARK: One step

  /// `1 / (1 + (sigma / scale)²)`, stretched to be 0 at the first level and 1 at the last: at large noise a quadratic reward
  /// would otherwise overwhelm the density.
  private func rewardShare(_ sigma: Double, _ levels: [Double]) -> Double {
    func raw(_ sigma: Double) -> Double { 1 / (1 + sigma * sigma / (rewardScale * rewardScale)) }
    let (low, high) = (raw(levels[0]), raw(levels[levels.count - 1]))
    return (raw(sigma) - low) / (high - low)
  }

  private func advance(
    _ x: Tensor, _ sigma: Double, _ next: Double, _ share: (now: Double, next: Double), _ random: inout RandomSource
  ) throws -> (x: Tensor, change: [Double]) {
    let times = [Double](repeating: sigma, count: x.shape[0])
    let scores = try factors.map { try $0.denoiser.predict(.score, x, at: times, $0.condition) }
    var drift = zip(factors, scores).map { $1 * Float($0.exponent) }.reduce(Tensor.zeros(x.shape), +)
    let length = sigma * sigma - next * next
    var change = products(drift, drift)
    for (factor, score) in zip(factors, scores) {
      change = zip(change, products(score, score)).map { $0 - factor.exponent * $1 }
    }
    if let reward {
      let (value, slope) = try valueAndSlope(reward, x)
      let middle = (share.now + share.next) / 2
      change = zip(change, products(drift, slope)).map { $0 + middle * $1 }
      drift = drift + slope * Float(middle / 2)
      change = zip(change, value).map { length / 2 * $0 + (share.next - share.now) * $1 }
    } else {
      change = change.map { length / 2 * $0 }
    }
    return (x + drift * Float(length) + random.normal(x.shape) * Float(length.squareRoot()), change)
  }

  private func limited(_ change: [Double]) -> [Double] {
    guard let limit else { return change }
    let mean = change.reduce(0, +) / Double(change.count)
    return change.map { mean + min(limit, max(-limit, $0 - mean)) }
  }

  /// Inner product of the rows of two tensors.
  private func products(_ a: Tensor, _ b: Tensor) -> [Double] {
    (a * b).reshaped(a.shape[0], -1).sum([1]).floats.map(Double.init)
  }

  private func valueAndSlope(_ reward: Reward, _ x: Tensor) throws -> (value: [Double], slope: Tensor) {
    let tape = Tape()
    defer { tape.reset() }
    let leaf = tape.watch(x)
    let value = try reward(leaf)
    guard value.shape == [x.shape[0]] else { throw GuidanceError.valueShape(value.shape, rows: x.shape[0]) }
    return (value.floats.map(Double.init), tape.gradients(of: value.sum(), for: [leaf])[0])
  }
}
