import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

/// Signed errors at t = 1e-3 from x = 0.5 at t = 1 on the VP path, against values computed in double precision.
@Suite struct TeacherSolverTests {
  static let path = Path.variancePreserving()
  static let solvers: [any TeacherSolver] = [
    DPMSolver.ddim, DPMSolver(order: 2), UniPC(order: 2), UniPC(order: 3), DEIS(degree: 1), DEIS(degree: 3),
    RhoRungeKutta.heun,
  ]

  static func error(_ solver: some TeacherSolver, _ grid: TimeGrid, _ ending: SolverEnding = .full) throws -> Double {
    let x = try solver.sample(
      Tensor([0.5], shape: [1, 1]), over: grid, with: GaussianMixtureTests.golden.denoiser(on: path), (), ending: ending
    )
    return Double(x.item) - 1.0740420652
  }

  static func grid(_ name: String, _ steps: Int) throws -> TimeGrid {
    switch name {
    case "lambda": try .logSNR(on: path, steps: steps)
    case "t": try .uniform(on: path, steps: steps)
    default: try .quadratic(on: path, steps: steps)
    }
  }

  @Test(
    "errors are the golden ones",
    arguments: [
      ("lambda", 10, [-0.110581, 0.072701, 0.054939, -0.032999, -0.018102, 0.030581, 0.107419]),
      ("lambda", 20, [-0.054862, 0.015131, 0.004087, -0.003664, -0.006141, 0.001747, 0.019504]),
      ("lambda", 40, [-0.027087, 0.003308, 0.000388, -0.000138, -0.001613, 0.000010, 0.004245]),
      ("lambda", 80, [-0.013466, 0.000774, 0.000045, -0.000005, -0.000410, -0.000006, 0.000994]),
      ("t", 10, [-0.062460, 0.088706, 0.060841, -0.932243, -0.011263, 0.008482, 0.028401]),
      ("t", 40, [-0.016945, 0.006698, 0.004021, -0.008371, -0.000989, 0.000001, 0.001427]),
      ("t²", 10, [-0.071290, 0.013265, 0.008775, 0.002498, -0.019594, -0.005938, 0.049683]),
      ("t²", 40, [-0.018102, 0.000324, 0.000124, -0.000063, -0.001692, -0.000051, 0.002262]),
    ])
  func golden(_ name: String, _ steps: Int, _ expected: [Double]) throws {
    let grid = try Self.grid(name, steps)
    for (solver, value) in zip(Self.solvers, expected) {
      let found = try Self.error(solver, grid)
      // The state is f32 and every step rounds it: a few of its last digits above the six printed decimals.
      #expect(abs(found - value) < 2e-6, "\(solver): \(found) for \(value)")
    }
  }

  @Test(
    "errors under the official end rule",
    arguments: [
      ("t", 5, [-0.064166, -0.047340, -0.045166]), ("t", 10, [0.007524, 0.006629, 0.009659]),
      ("lambda", 10, [0.070713, 0.055235, -0.028274]),
    ])
  func ending(_ name: String, _ steps: Int, _ expected: [Double]) throws {
    let grid = try Self.grid(name, steps)
    for (solver, value) in zip(Self.solvers[1...3], expected) {
      let found = try Self.error(solver, grid, .lowerOrder)
      #expect(abs(found - value) < 2e-6, "\(solver): \(found) for \(value)")
    }
    if name == "t" && steps == 5 { #expect(abs(try Self.error(Self.solvers[1], grid) - 0.569539) < 2e-6) }
  }

  @Test("the grid of equal steps in half the log signal-to-noise ratio") func logGrid() throws {
    let times = try Self.grid("lambda", 5).times
    let expected = [1, 0.785568, 0.493440, 0.140636, 0.018095, 0.001]
    #expect(zip(times, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("observed orders", arguments: [(0, 1.0), (1, 2), (2, 3), (3, 4), (4, 2), (6, 2)])
  func orders(_ index: Int, _ order: Double) throws {
    let errors = try [40, 80].map { abs(try Self.error(Self.solvers[index], Self.grid("lambda", $0))) }
    #expect(log2(errors[0] / errors[1]) >= order - 0.2)
  }

  /// On a Gaussian and grids coarse enough that the error is above the rounding of f32.
  @Test("orders of the other solvers", arguments: 0..<13)
  func otherOrders(_ index: Int) throws {
    let cases: [(any TeacherSolver, Double)] = [
      (SinglestepDPMSolver(), 2), (SinglestepDPMSolver(r: 1), 2), (DPMSolver(order: 2, correction: .taylor), 2),
      (UniPC(order: 1, variant: .bh1), 2), (UniPC(order: 2, variant: .bh1), 3),
      (DEIS(degree: 1, in: .noiseToSignal), 2),
      (RhoRungeKutta.secondOrder(alpha: 0.5), 2), (RhoRungeKutta.kutta, 3),
      (RhoRungeKutta.ralston, 3), (RhoRungeKutta.heun3, 3), (RhoRungeKutta.vanDerHouwen, 3),
      (RhoRungeKutta.stronglyStable, 3), (RhoRungeKutta.classical, 4),
    ]
    let (solver, order) = cases[index], set = GaussianMixture(weights: [1], means: [[0.3]], deviations: [0.5])
    let exact = set.transported(1.5, from: 2, to: 0.5, on: .edm())
    let counts = order > 3 ? [3, 6] : solver.memory == 1 ? [6, 12] : [16, 32]
    let errors = try counts.map { n -> Double in
      let grid = try TimeGrid((0...n).map { 2 * pow(0.25, Double($0) / Double(n)) })
      let x = try solver.sample(
        Tensor([1.5], shape: [1, 1]), over: grid, with: set.denoiser(on: .edm()), (), ending: .full)
      return abs(Double(x.item) - exact)
    }
    #expect(log2(errors[0] / errors[1]) >= order - 0.2, "\(solver): \(errors)")
  }

  /// Where much noise is left, the first steps of low order do no harm.
  @Test("order of rhoAB", arguments: [1, 2]) func adamsBashforth(_ degree: Int) throws {
    let errors = try [80, 160].map {
      abs(try Self.error(DEIS(degree: degree, in: .noiseToSignal), Self.grid("lambda", $0)))
    }
    #expect(log2(errors[0] / errors[1]) >= Double(degree) + 0.8, "\(errors)")
  }

  @Test("iPNDM converges on an even grid; its first order is DDIM") func ipndm() throws {
    let grid = try Self.grid("t", 40)
    #expect(try Self.error(IPNDM(order: 1), grid) == Self.error(DPMSolver.ddim, grid))
    let errors = try (1...4).map { abs(try Self.error(IPNDM(order: $0), grid)) }
    #expect(errors[1] < 0.5 * errors[0] && errors[2] < 0.5 * errors[0] && errors[3] < 0.5 * errors[0])
  }

  @Test("one-stage and degree-0 forms are DDIM") func ddim() throws {
    let grid = try Self.grid("lambda", 12), ddim = try Self.error(DPMSolver.ddim, grid)
    let same: [any TeacherSolver] = [
      RhoRungeKutta.euler, DEIS(degree: 0), DEIS(degree: 0, in: .noiseToSignal), IPNDM(order: 1),
    ]
    for solver in same { #expect(abs(try Self.error(solver, grid) - ddim) < 1e-6, "\(solver)") }
  }

  @Test("third-order DPM-Solver++ beats the second on a fine grid") func third() throws {
    let grid = try Self.grid("lambda", 40)
    #expect(abs(try Self.error(DPMSolver(order: 3), grid)) < abs(try Self.error(DPMSolver(order: 2), grid)))
  }

  @Test("a grid that does not fall, or is not on the path, is refused with the place") func refusals() throws {
    #expect(throws: SolverError.notFalling(index: 2, 0.5, 0.6)) { try TimeGrid([1, 0.5, 0.6, 0]) }
    #expect(throws: SolverError.notFalling(index: 1, 0.5, 0.5)) { try TimeGrid([0.5, 0.5]) }
    #expect(throws: SolverError.shortGrid(1)) { try TimeGrid([1]) }
    #expect(throws: SolverError.shortGrid(1)) { try TimeGrid.karras(on: .edm(), steps: 0) }
    #expect(try TimeGrid.karras(on: .edm(), steps: 1).times == [80, 0])
    #expect(try TimeGrid.karras(on: .edm(), steps: 18).steps == 18)
    let grid = try TimeGrid.karras(on: .edm(), steps: 3)
    #expect(throws: SolverError.outsidePath("linear", time: 80)) {
      try DPMSolver.ddim.sample(
        Tensor.ones([1, 1]), over: grid, with: GaussianMixtureTests.golden.denoiser(on: .linear), ())
    }
    #expect(SolverError.notFalling(index: 2, 0.5, 0.6).description.contains("time 2"))
  }
}
