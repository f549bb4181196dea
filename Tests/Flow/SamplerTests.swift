import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct SamplerTests {
  static let data = GaussianMixture(weights: [1, 2], means: [[-1, 0.5], [1, 0]], deviations: [0.4, 0.3])
  static let points = Tensor.normal([5, 2], seed: 6)

  @Test(
    "a sampler makes as many network calls as it says",
    arguments: [
      Sampler.oneStep, .renoising(times: [20]), .renoising(times: [20, 3, 0.8]), .jumps(times: [20, 0.8, 0.002]),
      .gamma(0, times: [20, 0.8, 0.002]), .gamma(0.7, times: [20, 5, 0.8, 0.002]),
    ])
  func calls(_ sampler: Sampler) throws {
    var count = 0
    let map = FlowMap<Void>(jump: { x, from, to, _ in
      count += 1
      #expect(zip(from, to).allSatisfy { $0 >= $1 } && from.count == 5)
      return x * 0.5
    })
    var random = RandomSource(seed: 1)
    let samples = try sampler(map, noise: Self.points, on: .edm(0.002...20), (), &random)
    #expect(count == sampler.calls && samples.shape == [5, 2])
  }

  @Test("gamma 0 is deterministic jumps") func gammaZero() throws {
    let path = Path.edm(0.002...20), map = FlowMap.ddim(Self.data.denoiser(on: path))
    var random = RandomSource(seed: 1)
    let times = [20, 3, 0.8, 0.002]
    let a = try Sampler.gamma(0, times: times)(map, noise: Self.points, on: path, (), &random)
    let b = try Sampler.jumps(times: times)(map, noise: Self.points, on: path, (), &random)
    expectClose(a.floats, b.floats.map(Double.init), relative: 1e-6)
  }

  // MARK: Steps

  static let paths: [(Path, from: [Double], to: [Double])] = [
    (.edm(), [5, 2, 1, 0.5, 0.1], [2, 1, 0.3, 0.05, 0.01]),
    (.linear, [0.99, 0.8, 0.5, 0.4, 0.1], [0.7, 0.4, 0.3, 0.1, 0.01]),
    (.trigonometric(noise: 0.5), [1.5, 1.2, 0.9, 0.5, 0.1], [1.2, 0.3, 0.2, 0.1, 0.05]),
  ]

  @Test("a stochastic step that renews no noise is DDIM's", arguments: paths.indices)
  func deterministicStep(_ index: Int) throws {
    let (path, from, to) = Self.paths[index], denoiser = Self.data.denoiser(on: path)
    let data = try denoiser(Self.points, at: from, ())
    let step = StochasticStep(path, from: from, to: to, eta: 0)(
      Self.points, data: data, noise: .normal([5, 2], seed: 9))
    let jump = try FlowMap.ddim(denoiser)(Self.points, from: from, to: to, ())
    expectClose(step.floats, jump.floats.map(Double.init), relative: 1e-5)
  }

  @Test("a stochastic step keeps the noise's variance", arguments: paths.indices)
  func variance(_ index: Int) throws {
    // From exact data, old and fresh noise must add up to that of the later time.
    let (path, from, to) = Self.paths[index], n = 100_000
    for eta in [0.3, 1] {
      let times = [Double](repeating: from[1], count: n), later = [Double](repeating: to[1], count: n)
      let x = path.point(.zeros([n, 1]), noise: .normal([n, 1], seed: 1), at: times)
      let y = StochasticStep(path, from: times, to: later, eta: eta)(
        x, data: .zeros([n, 1]), noise: .normal([n, 1], seed: 2))
      let variance = Double(y.squared().mean().item), exact = path.scales(to[1]).noise * path.scales(to[1]).noise
      // The variance of n squares is 2 / n of the square of theirs.
      #expect(abs(variance / exact - 1) < 4 * (2 / Double(n)).squareRoot())
    }
  }

  // MARK: Denoisers

  @Test("a denoiser carried to another path and back is the same", arguments: paths.indices)
  func roundTrip(_ index: Int) throws {
    let (path, times, _) = Self.paths[index], denoiser = Self.data.denoiser(on: path)
    for other in [Path.edm(), .linear, .trigonometric(noise: 0.5)] {
      let carried = try denoiser.on(other).on(path)(Self.points, at: times, ())
      let own = try denoiser(Self.points, at: times, ())
      expectClose(carried.floats, own.floats.map(Double.init), relative: 2e-5, "\(path.name) by \(other.name)")
      // The mixture itself on the other path says the same of the corresponding points.
      let there = try denoiser.on(other)(Self.points, at: Self.paths[0].to.map { $0 / 3 }, ())
      let exact = try Self.data.denoiser(on: other)(Self.points, at: Self.paths[0].to.map { $0 / 3 }, ())
      expectClose(there.floats, exact.floats.map(Double.init), relative: 2e-5, "\(path.name) on \(other.name)")
    }
  }

  @Test("guidance of weight 1 is the conditional prediction, of 0 the other one") func guidance() throws {
    let denoiser = Denoiser<Float>(on: .edm()) { x, _, condition in x * 0.5 + condition }
    let times = [Double](repeating: 1, count: 5)
    func guided(_ weight: Double) throws -> [Float] {
      try denoiser.guided(weight: weight, without: 0)(Self.points, at: times, 2).floats
    }
    let plain = try denoiser(Self.points, at: times, 0).floats, wanted = try denoiser(Self.points, at: times, 2).floats
    #expect(try guided(0) == plain)
    expectClose(try guided(1), wanted.map(Double.init), relative: 1e-6)
    expectClose(try guided(3), zip(plain, wanted).map { Double($0 + 3 * ($1 - $0)) }, relative: 1e-6)
  }
}
