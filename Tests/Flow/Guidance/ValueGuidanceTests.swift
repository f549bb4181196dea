import Foundation
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct ValueGuidanceTests {
  /// n = 4096 samples, exact transitions and soft values; 64 candidates leave a bias of order 1 / 64 of a deviation.
  @Test("soft value guidance samples the tilted Gaussian") func tilted() throws {
    var random = RandomSource(seed: 1)
    let guidance = ValueGuidance(
      GaussianTilt.transition, candidates: 64, choice: .soft(temperature: 1), value: GaussianTilt.softValue)
    let n = 4096
    let x = try guidance.sample([n, 1], levels: GaussianTilt.levels(8, from: 10, to: 0.1, closed: true), &random)
    let (mean, variance) = GaussianTilt.moments(x)
    let bias = 1.0 / 64
    #expect(abs(mean - GaussianTilt.mean) < 3 * (GaussianTilt.variance / Double(n)).squareRoot() + bias)
    #expect(abs(variance - GaussianTilt.variance) < 3 * GaussianTilt.variance * (2 / Double(n)).squareRoot() + bias)
  }

  @Test("a denoiser's own transition with the reward of the denoised point moves towards the reward") func ancestral() throws {
    var random = RandomSource(seed: 2)
    let denoiser = GaussianTilt.denoiser()
    let value = ValueGuidance.denoisedValue(denoiser, ()) { GaussianTilt.reward($0) }
    let levels = GaussianTilt.levels(40, from: 20, to: 0.02, closed: true)
    func mean(_ choice: CandidateChoice, _ m: Int, _ random: inout RandomSource) throws -> (mean: Double, variance: Double) {
      let guidance = ValueGuidance(.ancestral(denoiser, ()), candidates: m, choice: choice, value: value)
      return GaussianTilt.moments(try guidance.sample([2048, 1], levels: levels, &random))
    }
    let plain = try mean(.best, 1, &random), best = try mean(.best, 10, &random)
    #expect(abs(plain.mean) < 3 / 2048.0.squareRoot())
    // The arg-max does not sample: it climbs, here almost to the top of the reward at 1.
    #expect(best.mean > 0.75 && best.variance < 0.1)
  }

  @Test("the best of m normal numbers has the known mean", arguments: [(1, 0.0), (2, 0.564_190), (4, 1.029_375)])
  func best(_ m: Int, _ expected: Double) throws {
    var random = RandomSource(seed: 3)
    let n = 20_000
    let x = try bestOf(m, value: { $0.reshaped(-1) }, &random) { $0.normal([n, 1]) }
    #expect(x.shape == [n, 1])
    #expect(abs(GaussianTilt.moments(x).mean - expected) < 3 / Double(n).squareRoot())
  }

  @Test("every sample keeps its own candidates") func rows() throws {
    var random = RandomSource(seed: 4)
    var call = 0
    let x = try bestOf(3, value: { ($0 - Tensor([2, 0, 1, 2], shape: [4, 1])).absolute().reshaped(-1) * -1 }, &random) { _ in
      defer { call += 1 }
      return Tensor.filled(Float(call), [4, 1])
    }
    #expect(x.floats == [2, 0, 1, 2])
  }

  @Test("values of the wrong shape are errors") func errors() {
    var random = RandomSource(seed: 1)
    let guidance = ValueGuidance(GaussianTilt.transition, candidates: 2) { x, _ in x }
    #expect(throws: GuidanceError.valueShape([8, 1], rows: 8)) { try guidance.sample([4, 1], levels: [1, 0], &random) }
    #expect(throws: GuidanceError.counts(candidates: 0, samples: 0)) {
      try bestOf(0, value: { $0 }, &random) { $0.normal([1]) }
    }
  }
}
