import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct EDMSamplerTests {
  private static let path = Path.edm()
  private static func gaussian(_ deviation: Double) -> GaussianMixture {
    GaussianMixture(weights: [1], means: [[0]], deviations: [deviation])
  }

  @Test(
    "standard deviation of EDM's samples of a Gaussian",
    arguments: [
      (5, 1.25789, 0.23363), (10, 0.60980, 0.36521), (18, 0.52762, 0.42303),
    ])
  func deviations(_ steps: Int, _ heun: Double, _ euler: Double) throws {
    let grid = try TimeGrid.karras(on: Self.path, steps: steps), start = Tensor([80], shape: [1, 1])
    let teacher: Denoiser<Void> = Self.gaussian(0.5).denoiser(on: Self.path)
    var random = RandomSource(seed: 1)
    let x = try EDMSampler().sample(start, over: grid, with: teacher, (), &random)
    // The map is linear: the image of one deviation is the samples' deviation.
    #expect(abs(Double(x.item) - heun) < 6e-6)
    #expect(abs(Double(try RhoRungeKutta.heun.sample(start, over: grid, with: teacher, ()).item) - heun) < 6e-6)
    #expect(abs(Double(try DPMSolver.ddim.sample(start, over: grid, with: teacher, ()).item) - euler) < 6e-6)
  }

  /// A linear student of exact consistency training follows `A_(n+1) = A_n (S² + t_n t_(n+1)) / (S² + t_(n+1)²)`, a DDIM
  /// step; consistency distillation with Heun's method follows a Heun step.
  @Test(
    "finite-N consistency training and distillation",
    arguments: [
      (2, 0.010250, 80.0028, 0.014499), (11, 0.752777, 1.174619, 0.773316), (18, 0.846086, 1.055278, 0.859524),
      (40, 0.929727, 1.009782, 0.936137), (151, 0.981233, 1.000635, 0.982988), (1281, 0.997782, 1.0000086, 0.997991),
    ])
  func consistency(_ points: Int, _ euler: Double, _ heun: Double, _ wide: Double) throws {
    let grid = try TimeGrid.karras(on: Self.path, steps: points - 1, endsAtData: false)
    for (solver, s, ratio) in [
      (RhoRungeKutta.euler, 0.5, euler), (.heun, 0.5, heun), (.euler, 1, wide),
    ] {
      let exact = Self.gaussian(s).transported(1, from: 80, to: 0.002, on: Self.path)
      let closed = zip(grid.times, grid.times.dropFirst()).reduce(1.0) { a, t in
        let d = t.0 / (s * s + t.0 * t.0), h = t.1 - t.0
        let second = (1 + h * d) * t.1 / (s * s + t.1 * t.1)
        return a * (solver == .heun ? 1 + 0.5 * h * (d + second) : (s * s + t.0 * t.1) / (s * s + t.0 * t.0))
      }
      let digits = ratio > 10 ? 5e-5 : ratio == 1.0000086 ? 5e-8 : 5e-7
      #expect(abs(closed / exact - ratio) <= digits * 1.001, "\(points) points: \(closed / exact) for \(ratio)")
      let x = try solver.sample(
        Tensor([80], shape: [1, 1]), over: grid, with: Self.gaussian(s).denoiser(on: Self.path), ())
      // An f32 of 80 is rounded at 4e-6, and a thousand steps may lose a few digits more than one.
      #expect(abs(Double(x.item) / 80 - closed) < 1e-7 + 1e-5 * closed)
    }
  }

  @Test("churn and stochastic solvers keep the data's deviation") func stochastic() throws {
    let n = 20_000, teacher: Denoiser<Void> = Self.gaussian(0.5).denoiser(on: Self.path)
    let start = Tensor.normal([n, 1], seed: 9) * 80, grid = try TimeGrid.karras(on: Self.path, steps: 60)
    func deviation(_ x: Tensor) -> Double { Double(x.squared().mean().item).squareRoot() }
    var random = RandomSource(seed: 4)
    let churned = try EDMSampler(churn: 20, within: 0.05...50).sample(start, over: grid, with: teacher, (), &random)
    #expect(abs(deviation(churned) - 0.5) < 0.02)
    for solver in [StochasticDPMSolver(order: 2), StochasticDPMSolver(order: 1)] {
      let x = try solver.sample(start, over: grid, with: teacher, (), &random)
      #expect(abs(deviation(x) - 0.5) < 0.05, "order \(solver.order): \(deviation(x))")
    }
  }

  @Test("DDIM with eta 0 is DDIM, with eta 1 the stochastic DPM-Solver++ of order 1") func eta() throws {
    let path = Path.variancePreserving(), set = GaussianMixture.ring8, x = Tensor.normal([64, 2], seed: 2)
    let grid = try TimeGrid.quadratic(on: path, steps: 9), teacher: Denoiser<Void> = set.denoiser(on: path)
    var (a, b) = (RandomSource(seed: 6), RandomSource(seed: 6))
    let quiet = try StochasticDDIM(eta: 0).sample(x, over: grid, with: teacher, (), &a)
    expectClose(
      quiet.floats, try DPMSolver.ddim.sample(x, over: grid, with: teacher, ()).floats.map(Double.init), relative: 2e-5)
    a = RandomSource(seed: 6)
    let ancestral = try StochasticDDIM(eta: 1).sample(x, over: grid, with: teacher, (), &a)
    let sde = try StochasticDPMSolver(order: 1).sample(x, over: grid, with: teacher, (), &b)
    expectClose(ancestral.floats, sde.floats.map(Double.init), relative: 2e-5)
  }
}
