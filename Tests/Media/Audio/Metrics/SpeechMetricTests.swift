import Foundation
import OneStepMedia
import OneStepTensors
import Testing

@Suite struct SpeechMetricTests {
  private static let scale = 10 / log(10) * 2.0.squareRoot()

  private func noise(_ frames: Int, seed: UInt64) -> Tensor { Tensor.normal([frames, 80], seed: seed) }

  @Test("Cepstral distortion is that of the coefficients added, and knows nothing of loudness", arguments: [1, 7, 13])
  func knownShift(_ coefficient: Int) {
    let a = noise(20, seed: 1)
    let wave = (0..<80).map { band in
      Float(0.7 * sqrt(2.0 / 80) * cos(Double.pi * Double(coefficient) * (Double(band) + 0.5) / 80))
    }
    let b = a + Tensor(wave, shape: [80]) + Tensor(3)
    #expect(abs(MelCepstralDistortion.aligned(a, b) - 0.7 * Self.scale) < 1e-5)
    #expect(MelCepstralDistortion.aligned(a, a) == 0 && MelCepstralDistortion.warped(a, a) == 0)
  }

  @Test("Detail finer than coefficient 13 does not count")
  func fineDetail() {
    let a = noise(20, seed: 2)
    let wave = (0..<80).map { Float(cos(Double.pi * 14 * (Double($0) + 0.5) / 80)) }
    #expect(MelCepstralDistortion.aligned(a, a + Tensor(wave, shape: [80])) < 1e-5)
  }

  @Test("A stretched sequence is at no distance after warping")
  func stretched() {
    let frames = noise(30, seed: 3).floats
    let slow = (0..<75).flatMap { t -> ArraySlice<Float> in
      let from = t * 2 / 5 * 80
      return frames[from..<from + 80]
    }
    let (a, b) = (Tensor(frames, shape: [30, 80]), Tensor(slow, shape: [1, 75, 80]))
    #expect(MelCepstralDistortion.warped(a, b) < 1e-6)
    #expect(MelCepstralDistortion.aligned(a, b) > 1)
  }

  @Test("The warping path is the cheapest of all")
  func cheapest() {
    let table = Tensor.uniform([5, 6], seed: 4).floats
    func cost(_ i: Int, _ j: Int) -> Double { Double(table[i * 6 + j]) }
    func best(_ i: Int, _ j: Int) -> Double {
      if i == 0 && j == 0 { return cost(0, 0) }
      let ways = [(i - 1, j - 1), (i - 1, j), (i, j - 1)].filter { $0.0 >= 0 && $0.1 >= 0 }
      return cost(i, j) + ways.map { best($0.0, $0.1) }.min()!
    }
    let path = DynamicTimeWarping.path(rows: 5, columns: 6, cost: cost)
    #expect(path.first! == (0, 0) && path.last! == (4, 5))
    #expect(abs(path.reduce(0.0) { $0 + cost($1.row, $1.column) } - best(4, 5)) < 1e-12)
    #expect(zip(path, path.dropFirst()).allSatisfy { ($1.row - $0.row, $1.column - $0.column) != (0, 0) })
    #expect(DynamicTimeWarping.path(rows: 0, columns: 3) { _, _ in 0 }.isEmpty)
  }

  @Test("Log-mel distance and sharpness follow shift and scale")
  func logMel() {
    let a = noise(50, seed: 5)
    #expect(abs(LogMelComparison.absolute(a + Tensor(0.3), a) - 0.3) < 1e-6)
    let ratios = LogMelComparison.sharpness([a * 0.5 + Tensor(2)], real: [a])
    #expect(ratios.count == 80 && ratios.allSatisfy { abs($0 - 0.25) < 1e-5 })
  }

  @Test("Half the amplitude is a convergence of 1/2 and ln 2 of log magnitude")
  func spectral() {
    let x = Tensor.normal([16000], seed: 6).floats.map { $0 * 0.1 }
    let half = SpectralDistance(x.map { $0 / 2 }, reference: x)
    #expect(abs(half.convergence - 0.5) < 1e-4)
    #expect(abs(half.logMagnitude - log(2)) < 2e-3)  // a few bins reach the floor
    #expect(SpectralDistance(x, reference: x).total == 0)
    #expect(SpectralDistance([], reference: x).total.isNaN)
  }
}
