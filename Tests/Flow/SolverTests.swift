import Foundation
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct SolverTests {
  /// Error at t = 1 of dy/dt = -y from y(0) = 1.
  private func error(_ solver: Solver, _ steps: Int) throws -> Double {
    let y = try solver.integrate(Tensor([1], shape: [1, 1]), from: [0], to: [1], steps: steps) { x, _ in -x }
    return abs(Double(y.item) - exp(-1))
  }

  @Test(
    "a step twice as short is as much better as the order says",
    arguments: [
      (Solver.euler, 1.0), (.midpoint, 2.0), (.heun, 2.0), (.rungeKutta2(r: 2.0 / 3), 2.0),
    ])
  func order(_ solver: Solver, _ order: Double) throws {
    let slope = log2(try error(solver, 4) / error(solver, 8))
    #expect(slope >= order - 0.2 && slope < order + 0.6)
  }

  @Test("the adaptive solver keeps its tolerance, forwards and backwards") func adaptive() throws {
    for (start, end) in [(0.0, 1.0), (1.0, 0.0)] {
      let (y, evaluations) = try Solver.adaptive(
        Tensor([1, 2], shape: [2, 1]), from: start, to: end, relative: 1e-5, absolute: 1e-5
      ) { x, t in x * Float(-2 * t) }
      let exact = exp(-(end * end - start * start))
      #expect(abs(Double(y.floats[0]) - exact) < 1e-4 * exact && abs(Double(y.floats[1]) - 2 * exact) < 2e-4 * exact)
      #expect(evaluations > 6 && evaluations < 200)
    }
  }

  @Test("a diverging field is an error with the time, not a hang") func diverging() {
    #expect(throws: SolverError.self) {
      try Solver.adaptive(Tensor([1], shape: [1, 1]), from: 0, to: 1) { x, t in x * (t > 0.3 ? Float.nan : 1) }
    }
  }

  @Test("one step equals many where the velocity is constant along the path") func straight() throws {
    let x = Tensor.normal([3, 4], seed: 1), v = Tensor.normal([3, 4], seed: 2)
    let many = FlowMap<Void>.integrating({ _, _, _ in v }, with: .midpoint, steps: 7)
    let one = FlowMap<Void>(average: { _, _, _, _ in v })
    let times = [1.0, 0.8, 0.5]
    let a = try many(x, from: times, to: [0, 0.1, 0.2], ()).floats,
      b = try one(x, from: times, to: [0, 0.1, 0.2], ()).floats
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(try one(x, from: times, to: times, ()).floats == x.floats)
  }
}
