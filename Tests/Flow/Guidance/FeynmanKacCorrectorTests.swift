import Foundation
import OneStepFlow
import OneStepTensors
import Testing

/// Tolerances are 3 standard errors of n = 8192 particles, times sqrt 2 for the ties that resampling makes, and 0.01 for 400
/// Euler steps (one step ratio is 1.9 %).
@Suite struct FeynmanKacCorrectorTests {
  static let n = 8192
  static let levels = GaussianTilt.levels(401, from: 40, to: 0.02)

  /// Compares weighted moments with N(mean, variance).
  private func expect(_ particles: WeightedParticles, mean: Double, variance: Double, _ what: String) {
    let x = particles.points.floats.map(Double.init)
    let m = particles.weights.mean(x)
    let v = particles.weights.mean(x.map { ($0 - m) * ($0 - m) })
    let error = 3 * (2 / Double(Self.n)).squareRoot()
    #expect(abs(m - mean) < error * variance.squareRoot() + 0.01, "\(what): mean \(m), exact \(mean)")
    #expect(abs(v - variance) < error * 2.0.squareRoot() * variance + 0.01, "\(what): variance \(v), exact \(variance)")
  }

  @Test("a reward tilts a Gaussian to the known one, and its mass is known") func tilted() throws {
    var random = RandomSource(seed: 1)
    let sampler = FeynmanKacCorrector(
      [.init(GaussianTilt.denoiser(), (), exponent: 1)], reward: GaussianTilt.reward)
    let particles = try sampler.sample([Self.n, 1], levels: Self.levels, &random)
    expect(particles, mean: GaussianTilt.mean, variance: GaussianTilt.variance, "tilt")
    #expect(abs(particles.logEvidence - GaussianTilt.logMass) < 0.05)
  }

  @Test("guidance samples p_c^w p_u^(1 - w)", arguments: [0.5, 2.0, 3.0]) func guided(_ w: Double) throws {
    var random = RandomSource(seed: 2)
    let (mc, mu) = (1.0, -0.5)
    let denoiser = Denoiser<Double>(on: .edm()) { x, t, m in
      (x - Float(m)) * perRow(t.map { 1 / (1 + $0 * $0) }, like: x) + Float(m)
    }
    let sampler = FeynmanKacCorrector.guided(denoiser, weight: w, mc, without: mu)
    let particles = try sampler.sample([Self.n, 1], levels: Self.levels, &random)
    expect(particles, mean: w * mc + (1 - w) * mu, variance: 1, "w = \(w)")
  }

  /// Densities of different widths, where the guided score alone is wrong: precisions add with the exponents.
  @Test("weights correct what the guided score alone gets wrong", arguments: [1.0, 0.5])
  func corrected(_ resampleBelow: Double) throws {
    var random = RandomSource(seed: 3)
    // N(m, s²) under noise is N(m, s² + sigma²).
    let denoiser = Denoiser<(m: Double, v: Double)>(on: .edm()) { x, t, p in
      (x - Float(p.m)) * perRow(t.map { p.v / (p.v + $0 * $0) }, like: x) + Float(p.m)
    }
    let (c, u, w) = ((m: 1.0, v: 0.25), (m: 0.0, v: 1.0), 2.0)
    var sampler = FeynmanKacCorrector.guided(denoiser, weight: w, c, without: u)
    sampler.resampleBelow = resampleBelow
    let precision = w / c.v + (1 - w) / u.v
    let mean = (w * c.m / c.v + (1 - w) * u.m / u.v) / precision
    let particles = try sampler.sample([Self.n, 1], levels: Self.levels, &random)
    expect(particles, mean: mean, variance: 1 / precision, "widths, resampling below \(resampleBelow)")
    sampler.limit = 0
    let plain = GaussianTilt.moments(try sampler.sample([Self.n, 1], levels: Self.levels, &random).points)
    #expect(abs(plain.mean - mean) > 0.05 || abs(plain.variance - 1 / precision) > 0.03)
  }

  @Test("a product of experts") func product() throws {
    var random = RandomSource(seed: 4)
    let sampler = FeynmanKacCorrector([
      .init(GaussianTilt.denoiser(mean: 1), (), exponent: 1), .init(GaussianTilt.denoiser(mean: -2), (), exponent: 1),
    ])
    let particles = try sampler.sample([Self.n, 1], levels: Self.levels, &random)
    expect(particles, mean: -0.5, variance: 0.5, "product")
  }

  @Test("rising levels and improper products are errors") func errors() {
    var random = RandomSource(seed: 1)
    let sampler = FeynmanKacCorrector([.init(GaussianTilt.denoiser(), (), exponent: -1)])
    #expect(throws: GuidanceError.levels([1, 2])) { try sampler.sample([4, 1], levels: [1, 2], &random) }
    #expect(throws: GuidanceError.improperProduct(sumOfExponents: -1)) {
      try sampler.sample([4, 1], levels: [2, 1], &random)
    }
  }
}
