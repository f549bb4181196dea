import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct GaussianMixtureTests {
  /// The one-dimensional mixture whose figures the tests of this target pin.
  static let golden = GaussianMixture(weights: [0.3, 0.7], means: [[-2], [1]], deviations: [0.3, 0.5])

  private func predict(_ kind: Prediction, _ x: Double, _ t: Double, _ path: Path = .linear) -> Double {
    Self.golden.predict(kind, at: [x], time: t, on: path)[0]
  }

  @Test(
    "the one-step map on the linear path",
    arguments: [
      (-2.0, -2.43009986), (-1.5, -2.22894128), (-1, -1.97828555), (-0.5244005127, -0.91509242), (0, 0.71702559),
      (0.5, 1.07451128), (1, 1.37496180), (2, 1.92262776),
    ])
  func map(_ z: Double, _ x0: Double) {
    #expect(abs(Self.golden.transported(z, from: 1, to: 0, on: .linear) - x0) < 1e-8)
  }

  @Test(
    "velocity, denoiser and score on the linear path",
    arguments: [
      [0.3, 0, 1, 0.94242003, -0.64242003, 0.2, 0.1, -0.3],
      [-0.5, 0.2, 0.7, -1.25670905, 1.51341811, -0.14410616, -0.39912569, 0.77604550],
      [0, 0, 0.5, 0.53012568, -1.06025137, -1.08077946, 0.54038973, 1.08077946],
    ])
  func fields(_ row: [Double]) {
    let (x, r, t) = (row[0], row[1], row[2])
    #expect(abs(Self.golden.transported(x, from: t, to: r, on: .linear) - row[3]) < 1e-8)
    #expect(abs(Self.golden.averageVelocity(x, from: t, to: r, on: .linear) - row[4]) < 1e-8)
    #expect(abs(predict(.velocity, x, t) - row[5]) < 1e-8)
    #expect(abs(predict(.data, x, t) - row[6]) < 1e-8)
    #expect(abs(predict(.score, x, t) - row[7]) < 1e-8)
  }

  @Test(
    "the consistency function on EDM's path is not the denoiser",
    arguments: [
      (0.0, 1.0, 0.53012192, 0.54038973), (-1, 1, -1.58476121, -0.88437332), (0.5, 0.5, 0.64643755, 0.74985796),
      (40, 80, 1.07366270, 0.11315569), (-40, 80, -0.13492451, 0.08700926),
    ])
  func consistency(_ x: Double, _ sigma: Double, _ f: Double, _ d: Double) {
    #expect(abs(Self.golden.transported(x, from: sigma, to: 0.002, on: .edm()) - f) < 1e-8)
    #expect(abs(predict(.data, x, sigma, .edm()) - d) < 1e-8)
  }

  @Test("the same noise-to-signal ratio has the same denoiser on every path") func matched() throws {
    let teacher: Denoiser<Void> = Self.golden.denoiser(on: .linear)
    for path in [Path.edm(), .trigonometric(), .variancePreserving(), .cosine, .stableDiffusion, .ddpm] {
      let (t, q) = (path.time(0.7), Path.linear.time(0.7))
      let (scaled, own) = (0.4 * path.scales(t).signal, 0.4 * Path.linear.scales(q).signal)
      #expect(abs(predict(.data, scaled, t, path) - predict(.data, own, q)) < 1e-12, "\(path.name)")
      let moved = try teacher.on(path)(Tensor([Float(scaled)], shape: [1, 1]), at: [t], ()).item
      #expect(abs(Double(moved) - predict(.data, own, q)) < 1e-6, "\(path.name)")
    }
  }

  @Test("a batch is its rows, and predictions agree with each other", arguments: Prediction.allCases)
  func batch(_ kind: Prediction) {
    let set = GaussianMixture.spiral, path = Path.variancePreserving()
    let x = Tensor.normal([64, 2], seed: 3), values = x.floats.map(Double.init)
    let times = (0..<64).map { 0.05 + 0.9 * Double($0 / 4) / 16 }
    let rows = (0..<64).flatMap { set.predict(kind, at: Array(values[2 * $0..<2 * $0 + 2]), time: times[$0], on: path) }
    expectClose(set.predict(kind, x, at: times, on: path).floats, rows, relative: 1e-6)
    let data = set.predict(.data, x, at: times, on: path)
    let converted = Prediction.data.convert(data, to: kind, x: x, at: times, path: path)
    expectClose(converted.floats, rows, relative: 2e-5)
  }

  @Test("the Hessian's product is the score's derivative along the direction, and symmetric") func hessian() {
    let set = GaussianMixture.moons, path = Path.linear
    let (x, w, v) = (
      Tensor.normal([16, 2], seed: 1), Tensor.normal([16, 2], seed: 2), Tensor.normal([16, 2], seed: 3)
    )
    let found = set.hessianProduct(x, w, at: [0.4], on: path)
    let (p, q) = (x.floats.map(Double.init), w.floats.map(Double.init))
    let expected = (0..<32).map { i in
      let row = i / 2 * 2
      return centralDifference(1e-4) { h in
        set.predict(.score, at: [p[row] + h * q[row], p[row + 1] + h * q[row + 1]], time: 0.4, on: path)[i % 2]
      }
    }
    expectClose(found.floats, expected, relative: 1e-6)
    let other = set.hessianProduct(x, v, at: [0.4], on: path)
    expectClose((found * v).sum([1]).floats, (other * w).sum([1]).floats.map(Double.init), relative: 1e-5)
  }

  @Test("a batch of 256 points and 40 modes takes well under a millisecond") func speed() {
    let x = Tensor.normal([16384, 2], seed: 1), clock = ContinuousClock()
    let best = (0..<3).map { _ in
      clock.measure { _ = GaussianMixture.moons.predict(.velocity, x, at: [0.5], on: .linear) }
    }.min()!
    #expect(best < .milliseconds(64))
  }

  @Test(
    "the two-dimensional sets have their means and covariances",
    arguments: [
      ("ring8", [0.0, 0], [2.0225, 0, 0, 2.0225]), ("grid9", [0.2, 0.6], [1.4744, -0.12, -0.12, 1.1544]),
      ("moons", [0, 0], [1.6975, -0.4357, -0.4357, 0.5587]),
      ("spiral", [0.0508, -0.3178], [1.0262, -0.1423, -0.1423, 0.8902]),
    ])
  func sets(_ name: String, _ mean: [Double], _ covariance: [Double]) {
    let set = GaussianMixture.sets.first { $0.name == name }!.mixture
    #expect(zip(set.mean, mean).allSatisfy { abs($0 - $1) < 6e-5 })
    #expect(zip(set.covariance, covariance).allSatisfy { abs($0 - $1) < 6e-5 })
  }

  @Test("samples have the mixture's moments; stratified ones have the modes' shares") func samples() throws {
    var random = RandomSource(seed: 5)
    let set = GaussianMixture.grid9
    for x in [set.sample(count: 20_000, &random), set.stratified(count: 20_000, seed: 5)] {
      let fit = try GaussianData(fitting: x)
      #expect(x.shape == [20_000, 2] && zip(fit.mean, set.mean).allSatisfy { abs($0 - $1) < 0.03 })
      let exact = try GaussianData(mean: set.mean, covariance: set.covariance)
      #expect(zip(fit.variances, exact.variances).allSatisfy { abs($0 - $1) < 0.04 })
    }
    let points = set.stratified(count: 91, seed: 2).floats
    let counts = set.means.map { mode in
      (0..<91).count { hypot(Double(points[2 * $0]) - mode[0], Double(points[2 * $0 + 1]) - mode[1]) < 0.7 }
    }
    #expect(counts == [2, 4, 6, 8, 10, 12, 14, 16, 19])  // 91 (k + 1) / 45, the last has the largest remainder
  }
}
