import Foundation
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct ImportanceWeightsTests {
  @Test("equal weights are worth all particles, one weight is worth one") func effectiveSampleSize() throws {
    let equal = try ImportanceWeights(logarithms: [Double](repeating: -1e4, count: 7))
    #expect(abs(equal.effectiveSampleSize - 7) < 1e-12 && abs(equal.logMean + 1e4) < 1e-9)
    let single = try ImportanceWeights(logarithms: [-.infinity, 3, -.infinity])
    #expect(single.effectiveSampleSize == 1 && single.normalized == [0, 1, 0])
    // Kong's formula for two weights in the ratio 1 : 3.
    let two = try ImportanceWeights(logarithms: [0, log(3)])
    #expect(abs(two.effectiveSampleSize - 1.6) < 1e-12 && abs(two.logMean - log(2)) < 1e-12)
  }

  @Test("systematic resampling takes every particle floor or ceil of its share") func systematic() throws {
    var random = RandomSource(seed: 3)
    let w = [0.05, 0.5, 0, 0.21, 0.24]
    let weights = try ImportanceWeights(logarithms: w.map(log))
    var total = [Int](repeating: 0, count: 5)
    for _ in 0..<2000 {
      let chosen = weights.systematicResample(count: 10, &random)
      #expect(chosen.count == 10 && chosen == chosen.sorted())
      for (i, w) in w.enumerated() {
        let count = chosen.count { $0 == i }
        #expect(Double(count) >= floor(10 * w - 1e-9) && Double(count) <= ceil(10 * w + 1e-9))
        total[i] += count
      }
    }
    // Unbiased: a count varies by at most 1/2, so 2000 runs leave 3 x 0.5 / sqrt(2000) = 0.034.
    for (i, w) in w.enumerated() { #expect(abs(Double(total[i]) / 2000 - 10 * w) < 0.034) }
  }

  @Test("draws follow the weights") func draws() throws {
    var random = RandomSource(seed: 5)
    let weights = try ImportanceWeights(logarithms: [log(0.2), -.infinity, log(0.8)])
    let hits = (0..<20_000).count { _ in weights.draw(&random) == 2 }
    #expect(abs(Double(hits) / 20_000 - 0.8) < 3 * (0.16 / 20_000).squareRoot())
  }

  @Test("weights that cannot be normalised are errors") func errors() {
    #expect(throws: GuidanceError.noWeights) { try ImportanceWeights(logarithms: []) }
    #expect(throws: GuidanceError.invalidWeight(index: 1)) { try ImportanceWeights(logarithms: [0, .nan]) }
    #expect(throws: GuidanceError.vanishingWeights(count: 2)) {
      try ImportanceWeights(logarithms: [-.infinity, -.infinity])
    }
  }
}
