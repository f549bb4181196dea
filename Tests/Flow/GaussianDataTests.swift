import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

/// Closed forms of Gaussian data N(m, S²), here a mixture of one component.
@Suite struct GaussianDataTests {
  private static func gaussian(_ mean: Double, _ deviation: Double) -> GaussianMixture {
    GaussianMixture(weights: [1], means: [[mean]], deviations: [deviation])
  }

  @Test(
    "velocity, average velocity, its slope and flow map",
    arguments: [
      [0.3, 0, 1, -0.85, -0.7, 0.15, 1.15], [0.3, 0.2, 0.7, -1, -1, 0, 0.8],
      [-1.2, 0, 0.5, -1.35894755, -3.04, -3.36210490, -0.52052622],
      [2, 0.4, 0.9, 0.69213925, 1.04615385, 0.70802918, 1.65393037],
    ])
  func flow(_ row: [Double]) {
    let g = Self.gaussian(1, 0.5), (x, r, t) = (row[0], row[1], row[2])
    #expect(abs(g.averageVelocity(x, from: t, to: r, on: .linear) - row[3]) < 1e-8)
    let velocity = g.predict(.velocity, at: [x], time: t, on: .linear)[0]
    #expect(abs(velocity - row[4]) < 1e-8)
    #expect(abs(g.transported(x, from: t, to: r, on: .linear) - row[6]) < 1e-8)
    // Along the trajectory, by which MeanFlow's identity u = v - (t - r) du/dt holds.
    let slope = centralDifference(1e-3) { h in
      g.averageVelocity(g.transported(x, from: t, to: t + h, on: .linear), from: t + h, to: r, on: .linear)
    }
    #expect(abs(slope - row[5]) < 1e-7)
    #expect(abs(row[3] - (velocity - (t - r) * row[5])) < 2e-8)
  }

  @Test("one-step map from the prior, consistency function and CTM's network") func maps() {
    let g = Self.gaussian(1, 0.5)
    #expect(abs(g.transported(0.8, from: 1, to: 0, on: .linear) - 1.4) < 1e-12)
    let consistency = 1 + ((0.25 + 4e-6) / (0.25 + 9)).squareRoot() * (2.5 - 1)
    #expect(abs(g.transported(2.5, from: 3, to: 0.002, on: .edm()) - consistency) < 1e-12)
    let jump = Self.gaussian(0, 0.5).transported(1, from: 2, to: 0.5, on: .edm())
    #expect(abs(jump - 0.342997) < 1e-6 && abs((jump - 0.25) / 0.75 - 0.123996) < 1e-6)
    #expect(abs(Self.gaussian(0, 0.5).predict(.data, at: [1], time: 2, on: .edm())[0] - 0.058824) < 1e-6)
  }

  /// The least loss of flow matching at t is the variance of eps - x0 given x_t.
  @Test("least flow-matching loss and straightness", arguments: [0.1, 0.25, 0.5, 1, 2])
  func integrals(_ s: Double) {
    let n = 20_000
    func mean(_ f: (Double) -> Double) -> Double {
      (0..<n).reduce(0) { $0 + f((Double($1) + 0.5) / Double(n)) } / Double(n)
    }
    let g = Self.gaussian(0, s)
    // Var(eps - x0 | x_t) = 1 + S² - V (slope of U in x)², and U is linear in x.
    func total(_ t: Double) -> Double { (1 - t) * (1 - t) * s * s + t * t }
    func slope(_ t: Double) -> Double { g.predict(.velocity, at: [1], time: t, on: .linear)[0] }
    #expect(abs(mean { 1 + s * s - total($0) * pow(slope($0), 2) } - Double.pi / 2 * s) < 1e-6)
    for t in [0.2, 0.7] { #expect(abs(1 + s * s - total(t) * pow(slope(t), 2) - s * s / total(t)) < 1e-10) }
    // E|x1 - x0 - v|² along the flow, with (x1 - x0) = (1 - S) z, v = slope sqrt(V) z.
    let straightness = mean { pow(1 - s - slope($0) * total($0).squareRoot(), 2) }
    #expect(abs(straightness - (2 - Double.pi / 2) * s) < 1e-6)
  }

  @Test("MeanFlow's loss at its optimum") func meanFlowLoss() {
    let (s, r, t) = (0.5, 0.2, 0.7), g = Self.gaussian(0, 0.5), n = 200_000
    let data = Tensor.normal([n], seed: 1).floats, noise = Tensor.normal([n], seed: 2).floats
    func total(_ t: Double) -> Double { (1 - t) * (1 - t) * s * s + t * t }
    // u and its derivatives are linear in x; the target is v_conditional - (t - r) (v_conditional du/dx + du/dt).
    let u = g.averageVelocity(1, from: t, to: r, on: .linear)
    let dt = centralDifference(1e-3) { g.averageVelocity(1, from: t + $0, to: r, on: .linear) }
    let loss = (0..<n).reduce(0.0) { sum, i in
      let (x0, e) = (s * Double(data[i]), Double(noise[i]))
      let x = (1 - t) * x0 + t * e, v = e - x0
      return sum + pow(u * x - (v - (t - r) * (v * u + x * dt)), 2) / Double(n)
    }
    #expect(abs(loss - s * s * total(r) / pow(total(t), 2)) < 2e-3)
    #expect(abs(s * s * total(r) / pow(total(t), 2) - 0.19036) < 1e-5)
  }

  @Test("full covariance: along an eigenvector it is a Gaussian of that variance", arguments: Prediction.allCases)
  func covariance(_ kind: Prediction) throws {
    // Eigenvalues 4 and 1 along (1, 1) and (1, -1).
    let data = try GaussianData(mean: [0.5, -1], covariance: [2.5, 1.5, 1.5, 2.5])
    let path = Path.variancePreserving(), times = [0.1, 0.4, 0.9]
    let x = Tensor.normal([3, 2], seed: 4)
    let found = data.predict(kind, x, at: times, on: path).floats.map(Double.init), p = x.floats.map(Double.init)
    for i in 0..<3 {
      for (sign, deviation) in [(1.0, 2.0), (-1, 1)] {
        let along = Self.gaussian((0.5 - sign) / 2.0.squareRoot(), deviation)
        let place = (p[2 * i] + sign * p[2 * i + 1]) / 2.0.squareRoot()
        let expected = along.predict(kind, at: [place], time: times[i], on: path)[0]
        let value = (found[2 * i] + sign * found[2 * i + 1]) / 2.0.squareRoot()
        #expect(abs(value - expected) < 2e-6 * max(1, abs(expected)), "\(kind)")
      }
    }
  }

  @Test("full covariance: the flow map is the solved equation") func solved() throws {
    let data = try GaussianData(mean: [0.5, -1], covariance: [2.5, 1.5, 1.5, 2.5]), path = Path.linear
    let x = Tensor.normal([4, 2], seed: 8)
    let map: FlowMap<Void> = data.flowMap(on: path)
    let exact = try map(x, from: [0.9], to: [0.2], ())
    let grid = try TimeGrid((0...40).map { 0.9 - 0.7 * Double($0) / 40 })
    let solved = try RhoRungeKutta.classical.sample(x, over: grid, with: data.denoiser(on: path), ())
    expectClose(solved.floats, exact.floats.map(Double.init), relative: 5e-6)
    #expect(throws: LinearAlgebraError.self) { try GaussianData(mean: [0, 0], covariance: [1, 2, 2, 1]) }
  }

  @Test("teleporting changes little where the teacher is nearly Gaussian, and nothing for a Gaussian") func teleport()
    throws
  {
    let path = Path.edm(), grid = try TimeGrid.karras(on: path, steps: 40)
    let set = GaussianMixture.grid9, x = Tensor.normal([32, 2], seed: 1) * 80
    let fit = try GaussianData(mean: set.mean, covariance: set.covariance)
    let teleport = GaussianTeleport(fit, to: 5), solver = UniPC(order: 2)
    let rest = try teleport.remaining(grid)
    #expect(rest.times[0] == 5 && rest.steps < 25)
    let full = try solver.sample(x, over: grid, with: set.denoiser(on: path), ())
    let short = try teleport.sample(x, over: grid, by: solver, with: set.denoiser(on: path), ())
    let distances = (full - short).squared().sum([1]).floats.sorted()
    #expect(distances[16].squareRoot() < 0.05)
    let linear = try GaussianTeleport(fit, to: 0.002).sample(
      x, over: grid, by: DPMSolver.ddim, with: fit.denoiser(on: path), ())
    let exact = fit.transported(x, from: [80], to: [0], on: path)
    expectClose(linear.floats, exact.floats.map(Double.init), relative: 1e-3)
  }
}
