import Foundation
import OneStepFlow
import OneStepTestSupport
import Testing

@Suite struct VariancePreservingTests {
  static let paths: [Path] = [.variancePreserving(), .cosine, .stableDiffusion, .ddpm]

  @Test("signal² + noise² = 1, time inverts the ratio, derivatives are those of the scales", arguments: paths.indices)
  func identities(_ index: Int) {
    let path = Self.paths[index]
    // Halfway between two of the discrete paths' levels, where their derivatives exist.
    for t in [0.0015, 0.0505, 0.3005, 0.7005, 0.9905] {
      let s = path.scales(t), d = path.derivatives(t)
      #expect(abs(s.signal * s.signal + s.noise * s.noise - 1) < 1e-14)
      #expect(abs(path.time(path.noiseToSignal(t)) - t) < 1e-11)
      #expect(abs(path.time(lambda: path.lambda(t)) - t) < 1e-11)
      #expect(abs(d.signal - centralDifference(1e-4) { path.scales(t + $0).signal }) < 1e-7)
      #expect(abs(d.noise - centralDifference(1e-4) { path.scales(t + $0).noise }) < 1e-4 * d.noise)
      #expect(path.wronskian(t) > 0)
    }
  }

  @Test("discrete paths pass through the product of 1 - beta at t = (n + 1) / 1000") func levels() {
    var (product, n) = (1.0, 0)
    for i in 0..<1000 {
      product *= 1 - (1e-4 + Double(i) / 999 * (0.02 - 1e-4))
      guard i % 111 == 0 else { continue }
      n += 1
      #expect(abs(Path.ddpm.scales(Double(i + 1) / 1000).signal - product.squareRoot()) < 1e-12)
    }
    #expect(n == 10 && Path.ddpm.range == 1e-3...1)
    // Stable Diffusion's largest noise-to-signal ratio is known as 14.61.
    #expect(abs(Path.stableDiffusion.noiseToSignal(1) - 14.6146) < 1e-3)
  }

  @Test("the data end is clean") func data() {
    for path in [Path.variancePreserving(), .stableDiffusion, .ddpm] {
      #expect(path.scales(0).signal == 1 && path.scales(0).noise == 0)
    }
  }
}
