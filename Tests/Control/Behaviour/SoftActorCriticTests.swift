import Foundation
import OneStepControl
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct SoftActorCriticTests {
  @Test("densities of squashed Gaussians are the closed form, with both derivatives")
  func density() {
    let noise = Reference.random([4, 3], seed: 5, in: -2...2).rounded
    let inputs = [Reference.random([4, 3], seed: 1), Reference.random([4, 3], seed: 2, in: -2...0.5)]
    func make(_ x: [Tensor]) -> (actions: Tensor, logDensities: Tensor) {
      TanhGaussian(mean: x[0], logDeviation: x[1]).sample(noise.tensor)
    }
    func z(_ x: [Reference], _ i: Int) -> Double { x[0].values[i] + exp(x[1].values[i]) * noise.values[i] }
    expectOperator("action", inputs) {
      make($0).actions
    } reference: { x in
      Reference((0..<12).map { tanh(z(x, $0)) }, [4, 3])
    }
    expectOperator("log density", inputs) {
      make($0).logDensities
    } reference: { x in
      Reference(
        (0..<4).map { row in
          (3 * row..<3 * row + 3).reduce(0) { total, i in
            let gaussian = -noise.values[i] * noise.values[i] / 2 - x[1].values[i] - log(2 * Double.pi) / 2
            return total + gaussian - log(1 - tanh(z(x, i)) * tanh(z(x, i)))
          }
        }, [4])
    }
  }

  @Test("densities are finite where actions round to 1, and integrate to 1")
  func extremes() {
    let far = TanhGaussian(mean: Tensor([30, -30], shape: [1, 2]), logDeviation: .zeros([1, 2]))
    let (actions, density) = far.sample(.zeros([1, 2]))
    #expect(actions.floats == [1, -1])
    // log(1 - tanh²(30)) = 2 log 2 - 60 to all digits.
    #expect(abs(Double(density.item) - (120 - 4 * log(2.0) - log(2 * Double.pi))) < 1e-4)

    // Midpoints of z: their actions and the widths between the actions' neighbours.
    let count = 20_000, step = 16.0 / Double(count)
    let z = (0..<count).map { -8 + (Double($0) + 0.5) * step }
    let mean = 0.4, deviation = 0.7
    let many = TanhGaussian(
      mean: .filled(Float(mean), [count, 1]), logDeviation: .filled(Float(log(deviation)), [count, 1]))
    let logs = many.sample(Tensor(z.map { Float(($0 - mean) / deviation) }, shape: [count, 1])).logDensities.floats
    let total = zip(z, logs).reduce(0) { $0 + exp(Double($1.1)) * (tanh($1.0 + step / 2) - tanh($1.0 - step / 2)) }
    #expect(abs(total - 1) < 1e-3)
  }

  @Test("one action at a time is that of a batch") func acting() {
    let network = BehaviourNetwork(BehaviourSizes(observationSize: 5, actionSize: 3, width: 48))
    let parameters = Parameters(specs: network.specs, seed: 3)
    let observations = Tensor.normal([7, 5], seed: 1), noise = Tensor.normal([7, 3], seed: 2)
    let distributions = network(observations, parameters)
    let batch = distributions.sample(noise).actions.floats, means = distributions.mean.tanh().floats
    for row in 0..<7 {
      let seen = Array(observations.floats[5 * row..<5 * row + 5])
      let one = network.act(seen, noise: Array(noise.floats[3 * row..<3 * row + 3]), parameters)
      let mean = network.act(seen, noise: nil, parameters)
      for j in 0..<3 {
        #expect(abs(one[j] - batch[3 * row + j]) < 2e-6 && abs(mean[j] - means[3 * row + j]) < 2e-6)
      }
    }
  }

  @Test("a temperature falls while the policy is wilder than its target, and rises when it is tamer")
  func temperature() throws {
    for (target, falls) in [(-50.0, true), (50, false)] {
      var options = SoftActorCritic.Options(width: 16, batch: 8)
      options.targetEntropy = target
      var learner = SoftActorCritic(observationSize: 2, actionSize: 1, options: options)
      var buffer = ReplayBuffer(observationSize: 2, actionSize: 1, capacity: 8)
      buffer.append(observation: [0, 1], action: [0.5], reward: 1, next: [1, 0], isTerminal: true)
      var random = RandomSource(seed: 1), last = 0.0
      for _ in 0..<50 { last = try learner.update(buffer.draw(8, &random)).temperature }
      #expect(falls ? last < 0.99 : last > 1.01)
    }
  }

  @Test("the value of a step that ends is its reward, and slow critics follow")
  func terminalValue() throws {
    var learner = SoftActorCritic(
      observationSize: 2, actionSize: 1, options: SoftActorCritic.Options(width: 32, rate: 3e-3, batch: 32))
    var buffer = ReplayBuffer(observationSize: 2, actionSize: 1, capacity: 64)
    for i in 0..<64 {
      let action = Float(i) / 32 - 1
      buffer.append(observation: [0, 1], action: [action], reward: 3, next: [9, 9], isTerminal: true)
    }
    var random = RandomSource(seed: 1)
    var last: SoftActorCritic.Report?
    for _ in 0..<400 { last = try learner.update(buffer.draw(32, &random)) }
    let report = try #require(last)
    #expect(abs(report.value - 3) < 0.2 && report.criticLoss < 0.05)
    #expect(learner.updates == 400)
  }

  @Test(
    "time of an update and of a step of half-cheetah",
    .enabled(if: ProcessInfo.processInfo.environment["ONESTEP_SAC_TIMING"] != nil))
  func timing() throws {
    var learner = SoftActorCritic(observationSize: 17, actionSize: 6)
    var buffer = ReplayBuffer(observationSize: 17, actionSize: 6, capacity: 100_000)
    let environment = try Environments.make("halfcheetah-d4rl")
    var random = RandomSource(seed: 1), seen = try environment.reset(&random)
    func measure(_ name: String, _ count: Int, _ body: () throws -> Void) rethrows {
      let times = try (0..<30).map { _ in
        let cpu = clock()
        let wall = try ContinuousClock().measure { try Compute.perform { for _ in 0..<count { try body() } } }
        return (wall: wall / count, cpu: .seconds(Double(clock() - cpu) / Double(CLOCKS_PER_SEC)) / count)
      }.sorted { $0.wall < $1.wall }
      print("\(name): fastest \(times[0].wall), median \(times[15].wall), processor \(times.map(\.cpu).min()!)")
    }
    try measure("environment step", 200) {
      let action = learner.network.act(seen, noise: random.normal(quickly: 6), learner.parameters)
      let step = try environment.step(action)
      buffer.append(
        observation: seen, action: action, reward: Float(step.reward), next: step.observation, isTerminal: false)
      seen = step.observation
    }
    measure("draw", 200) { _ = buffer.draw(256, &random) }
    try measure("update", 20) { _ = try learner.update(buffer.draw(256, &random)) }
  }
}
