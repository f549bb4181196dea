import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

/// The golden mixture from x = 0.5 along the whole linear path, whose ends have no signal and no noise.
@Suite struct LinearPathSolverTests {
  private static let start = Tensor([0.5], shape: [1, 1])
  private static let exact = GaussianMixtureTests.golden.transported(0.5, from: 1, to: 0, on: .linear)

  private static func grid(_ steps: Int) throws -> TimeGrid {
    try TimeGrid((0...steps).map { 1 - Double($0) / Double(steps) })
  }

  @Test(
    "DDIM is Euler's method and has its errors",
    arguments: [
      (1, 0.1), (2, 0.86170823), (4, 0.94038480), (8, 1.00318940), (16, 1.03800437), (32, 1.05601826),
    ])
  func euler(_ steps: Int, _ value: Double) throws {
    let grid = try Self.grid(steps), golden = GaussianMixtureTests.golden
    let x = try DPMSolver.ddim.sample(Self.start, over: grid, with: golden.denoiser(on: .linear), ())
    let y = try Solver.euler.integrate(Self.start, from: [1], to: [0], steps: steps) {
      try golden.velocity(on: .linear)($0, $1, ())
    }
    #expect(abs(Double(x.item) - value) < 5e-7 && abs(Double(y.item) - value) < 5e-7)
  }

  @Test("a DDIM step is an Euler step to the last digit of f32", arguments: [0, 1, 2, 3, 4, 5, 6])
  func identity(_ i: Int) throws {
    let times = try Self.grid(7).times, set = GaussianMixture.moons
    let x =
      set.stratified(count: 256, seed: 1) * Float(1 - times[i]) + Tensor.normal([256, 2], seed: 3) * Float(times[i])
    let ddim = try DPMSolver.ddim.sample(
      x, over: TimeGrid([times[i], times[i + 1]]), with: set.denoiser(on: .linear), ())
    let euler = x + set.predict(.velocity, x, at: [times[i]], on: .linear) * Float(times[i + 1] - times[i])
    // Three roundings of the largest value.
    expectClose(ddim.floats, euler.floats.map(Double.init), relative: 1.8e-7, absolute: 0)
  }

  @Test(
    "Heun's method with an Euler step at the end",
    arguments: [
      (1, 0.1), (2, 1.06478571), (4, 1.07103336), (8, 1.07328192), (16, 1.07421236), (32, 1.07443863),
    ])
  func heun(_ steps: Int, _ value: Double) throws {
    let x = try Solver.heun.sample(
      Self.start, over: Self.grid(steps), with: GaussianMixtureTests.golden.denoiser(on: .linear), ())
    #expect(abs(Double(x.item) - value) < 5e-7)
  }

  @Test("every solver crosses the whole path, ends included", arguments: [0, 1, 2, 3, 4, 5, 6, 7])
  func ends(_ index: Int) throws {
    let solvers: [any TeacherSolver] = [
      DPMSolver(order: 2), DPMSolver(order: 3), SinglestepDPMSolver(), UniPC(order: 2), UniPC(order: 3),
      DEIS(degree: 2),
      RhoRungeKutta.heun, IPNDM(),
    ]
    let x = try solvers[index].sample(
      Self.start, over: Self.grid(64), with: GaussianMixtureTests.golden.denoiser(on: .linear), ())
    #expect(abs(Double(x.item) - Self.exact) < 0.02, "\(solvers[index]): \(x.item)")
  }
}
