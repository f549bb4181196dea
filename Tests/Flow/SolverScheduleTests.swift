import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct SolverScheduleTests {
  private static let path = Path.variancePreserving()
  private static var golden: Denoiser<Void> { GaussianMixtureTests.golden.denoiser(on: path) }

  @Test("schedules of published solvers are those solvers", arguments: [SolverEnding.full, .lowerOrder])
  func presets(_ ending: SolverEnding) throws {
    for (name, steps) in [("lambda", 10), ("t", 5), ("t", 12), ("t²", 10)] {
      let grid = try TeacherSolverTests.grid(name, steps), x = Tensor([0.5, -1.2, 1.7], shape: [3, 1])
      // bh1 is left out on the even grid of t, where it is unstable and magnifies the last digit.
      var pairs: [(SolverSchedule, any TeacherSolver)] = [
        (.ddim(over: grid), DPMSolver.ddim), (.dpmSolver2M(over: grid, ending: ending), DPMSolver(order: 2)),
        (.uniPC(order: 1, over: grid, ending: ending), UniPC(order: 1)),
        (.uniPC(order: 2, over: grid, ending: ending), UniPC(order: 2)),
        (.uniPC(order: 3, over: grid, ending: ending), UniPC(order: 3)),
      ]
      if name != "t" {
        pairs.append((.uniPC(order: 2, variant: .bh1, over: grid, ending: ending), UniPC(order: 2, variant: .bh1)))
      }
      for (schedule, solver) in pairs {
        let a = try schedule.sample(x, with: Self.golden, ())
        let b = try solver.sample(x, over: grid, with: Self.golden, (), ending: ending)
        expectClose(a.floats, b.floats.map(Double.init), relative: 1e-6, "\(solver) \(name) \(steps)")
      }
    }
  }

  @Test(
    "noise prediction and higher orders converge as their order says",
    arguments: [
      (1, 1.0), (2, 2), (3, 3),
    ])
  func noise(_ order: Int, _ expected: Double) throws {
    // The third order reaches the last digits of f32 at 80 steps.
    let errors = try (order == 3 ? [30, 60] : [40, 80]).map { n -> Double in
      let grid = try TeacherSolverTests.grid("lambda", n)
      let schedule = SolverSchedule(
        from: grid.times[0], grid.times.dropFirst().map { StepDecision(time: $0, order: order, quantity: .noise) })
      return abs(Double(try schedule.sample(Tensor([0.5], shape: [1, 1]), with: Self.golden, ()).item) - 1.0740420652)
    }
    #expect(log2(errors[0] / errors[1]) >= expected - 0.2, "\(errors)")
  }

  @Test("relaxations tend to 1 and do not lose the second order", arguments: Relaxation.allCases)
  func relaxations(_ relaxation: Relaxation) throws {
    let errors = try [80, 160].map { n -> Double in
      let grid = try TeacherSolverTests.grid("lambda", n)
      let schedule = SolverSchedule(
        from: grid.times[0], grid.times.dropFirst().map { StepDecision(time: $0, order: 2, relaxation: relaxation) })
      return abs(Double(try schedule.sample(Tensor([0.5], shape: [1, 1]), with: Self.golden, ()).item) - 1.0740420652)
    }
    #expect(log2(errors[0] / errors[1]) >= 1.8, "\(errors)")
  }

  /// Root mean square error of five-step sampling over the prior's quantiles.
  private func score(_ schedule: SolverSchedule) throws -> Double {
    let x = (0..<32).map { -1.9 + 3.8 * Double($0) / 31 }
    let exact = x.map { GaussianMixtureTests.golden.transported(Double(Float($0)), from: 1, to: 1e-3, on: Self.path) }
    let found = try schedule.sample(Tensor(x.map(Float.init), shape: [32, 1]), with: Self.golden, ()).floats
    return (zip(found, exact).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) } / 32).squareRoot()
  }

  @Test("the search beats uniform times, and all fields beat times alone or equal them") func search() throws {
    let grid = try TimeGrid.uniform(on: Self.path, steps: 5), start = SolverSchedule.dpmSolver2M(over: grid)
    var random = RandomSource(seed: 3)
    let before = try score(start)
    let times = try ScheduleSearch(budget: 150, onlyTimes: true)(from: [start], &random, score: score)
    #expect(times.score < 0.8 * before, "\(times.score) from \(before)")
    #expect(times.schedule.decisions.map(\.order) == start.decisions.map(\.order))
    let all = try ScheduleSearch(budget: 150)(from: [times.schedule], &random, score: score)
    #expect(all.score <= times.score)
    #expect(try score(all.schedule) == all.score && all.schedule.grid.steps == 5)
  }

  @Test("a sampler of few steps with learnt factors comes nearer to the many-step teacher", arguments: [false, true])
  func learned(_ times: Bool) throws {
    let set = GaussianMixture.moons, path = Path.linear, x = Tensor.normal([128, 2], seed: 1)
    let sampler = LearnedSampler(over: try TimeGrid([1, 0.75, 0.5, 0.25, 0]))
    let ddim = try DPMSolver.ddim.sample(x, over: sampler.grid, with: set.denoiser(on: path), ())
    #expect(try sampler.sample(x, with: set.denoiser(on: path), ()).floats == ddim.floats)
    let before = try sampler.fitted(to: set.denoiser(on: path), from: x, (), .init(iterations: 0)).loss
    let (after, loss) = try sampler.fitted(
      to: set.denoiser(on: path), from: x, (), .init(iterations: 40, learnsTimes: times))
    #expect(loss < 0.8 * before, "\(loss) from \(before)")
    #expect(after.grid.times[0] == 1 && after.grid.times[4] == 0 && (after.grid == sampler.grid) == !times)
    // Other noise than it was fitted on.
    let fresh = Tensor.normal([512, 2], seed: 2)
    let target = try UniPC(order: 2).sample(
      fresh, over: TimeGrid((0...64).map { 1 - Double($0) / 64 }), with: set.denoiser(on: path), ())
    func distance(_ s: LearnedSampler) throws -> Float {
      (try s.sample(fresh, with: set.denoiser(on: path), ()) - target).squared().mean().item
    }
    #expect(try distance(after) < distance(sampler))
  }
}
