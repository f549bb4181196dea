import Foundation
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct DiffusionTreeSamplingTests {
  static let levels = GaussianTilt.levels(3, from: 10, to: 0.6, closed: true)

  private func moments(_ selection: DiffusionTreeSampling.Selection, trees: Int, rollouts: Int) throws -> (
    mean: Double, variance: Double
  ) {
    var random = RandomSource(seed: 1)
    let sampler = DiffusionTreeSampling(GaussianTilt.transition, selection: selection) { GaussianTilt.reward($0) }
    return GaussianTilt.moments(try sampler.sample([trees, 1], levels: Self.levels, rollouts: rollouts, &random))
  }

  /// One sample of each of 1024 trees. 128 rollouts start from 128^0.8 = 48 points, which leaves a bias of order 1 / 48.
  @Test("samples of trees follow the tilted Gaussian") func tilted() throws {
    let n = 1024
    let (mean, variance) = try moments(.balanced, trees: n, rollouts: 128)
    #expect(abs(mean - GaussianTilt.mean) < 3 * (GaussianTilt.variance / Double(n)).squareRoot() + 1.0 / 48)
    #expect(abs(variance - GaussianTilt.variance) < 3 * GaussianTilt.variance * (2 / Double(n)).squareRoot() + 1.0 / 48)
    // Measured: mean 0.490 and variance 0.534, steered 0.479 and 0.585.
    let steered = try moments(.soft, trees: n, rollouts: 128)
    #expect(abs(steered.mean - GaussianTilt.mean) < 0.15 && abs(steered.variance - GaussianTilt.variance) < 0.15)
  }

  @Test("one rollout is the model itself") func plain() throws {
    let (mean, variance) = try moments(.soft, trees: 4096, rollouts: 1)
    #expect(abs(mean) < 3 / 64 && abs(variance - 1) < 3 * (2.0 / 4096).squareRoot())
  }

  @Test("upper confidence bounds lead to the reward too") func upperConfidence() throws {
    let (mean, variance) = try moments(.upperConfidence(exploration: 0.5), trees: 256, rollouts: 64)
    #expect(abs(mean - GaussianTilt.mean) < 0.2 && abs(variance - GaussianTilt.variance) < 0.2)
  }

  @Test("a tree needs rollouts and falling levels") func errors() {
    var random = RandomSource(seed: 1)
    let sampler = DiffusionTreeSampling(GaussianTilt.transition) { $0 }
    #expect(throws: GuidanceError.counts(candidates: 0, samples: 2)) {
      try sampler.sample([2, 1], levels: [1, 0], rollouts: 0, &random)
    }
    #expect(throws: GuidanceError.valueShape([2, 1], rows: 2)) {
      try sampler.sample([2, 1], levels: [1, 0], rollouts: 1, &random)
    }
  }
}
