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

  /// One sample of each of 1024 trees; 128 rollouts leave a bias of order 1 / 128.
  @Test("samples of trees follow the tilted Gaussian") func tilted() throws {
    let n = 1024
    let (mean, variance) = try moments(.soft, trees: n, rollouts: 128)
    print("tree sampling: mean \(mean), variance \(variance)")
    #expect(abs(mean - GaussianTilt.mean) < 3 * (GaussianTilt.variance / Double(n)).squareRoot() + 1.0 / 128)
    #expect(abs(variance - GaussianTilt.variance) < 3 * GaussianTilt.variance * (2 / Double(n)).squareRoot() + 1.0 / 128)
  }

  @Test("one rollout is the model itself") func plain() throws {
    let (mean, variance) = try moments(.soft, trees: 4096, rollouts: 1)
    #expect(abs(mean) < 3 / 64 && abs(variance - 1) < 3 * (2.0 / 4096).squareRoot())
  }

  @Test("upper confidence bounds find good points faster than blind rollouts") func upperConfidence() throws {
    let (mean, variance) = try moments(.upperConfidence(exploration: 0.5), trees: 256, rollouts: 64)
    print("tree search: mean \(mean), variance \(variance)")
    #expect(mean > 0.35 && variance < 0.8)
  }
}
