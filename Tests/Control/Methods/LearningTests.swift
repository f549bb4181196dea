import OneStepControl
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

/// What the methods learn where the answer is known.
struct LearningTests {
  /// One situation, actions N(0.3, 0.2²), no reward.
  static let gaussian: Transitions = {
    var data = Transitions(observationSize: 1, actionSize: 1), random = RandomSource(seed: 4)
    for x in random.normal(count: 4096) {
      data.append(observation: [0], action: [0.3 + 0.2 * x], reward: 0, next: [0], isTerminal: true)
    }
    return data
  }()

  func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let n = Double(values.count), mean = values.reduce(0) { $0 + Double($1) } / n
    return (mean, (values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n).squareRoot())
  }

  /// Cloning alone, at a rate that falls. BFQ's jumps learn from one another, not from a derivative; their error adds up. FQL's target is an integral of ten Euler steps, whose deviation on these data is
  /// 0.154 however good the flow is.
  @Test(arguments: [("ofql", 0.2, 0.01), ("bfq", 0.2, 0.06), ("meanflowql", 0.2, 0.01), ("fql", 0.154, 0.01)])
  func oneCallHasTheMomentsOfTheData(name: String, deviation: Double, tolerance: Double) throws {
    let entry = try #require(ControlMethod.named(name))
    var method = entry.make(eta: 0, value: ValueLearning(times: .uniform))
    method.critics.removeAll { $0.name == "critic" }
    method.plan = name == "fql" ? .all("flow", "student") : .student
    func falling(_ group: inout Method<TransitionBatch>.Group) {
      (group.rate, group.isConstant, group.average) = (2e-3, false, Averaging(decay: 0.999))
    }
    falling(&method.studentGroup)
    for index in method.critics.indices { falling(&method.critics[index]) }
    let trainer = try ControlFixtures.trained(method, on: Self.gaussian, timeWidth: 32, steps: 4000, rows: 256)
    let policy = try ControlFixtures.policy(
      trainer, Self.gaussian, sampler: entry.samplers[0], timeWidth: 32, heads: 0)
    var random = RandomSource(seed: 9)
    let made = moments(try policy.actions(.zeros([8192, 1]), &random).floats)
    print("\(name): mean \(made.mean), deviation \(made.deviation)")
    #expect(abs(made.mean - 0.3) < 0.01 && abs(made.deviation - deviation) < tolerance)
  }

  @Test func withoutAWeightTheValueLeavesThePolicyAlone() throws {
    func policy(reward: Float) throws -> [[Float]] {
      var data = Transitions(observationSize: 1, actionSize: 1)
      for (row, x) in Tensor.normal([256], seed: 2).floats.enumerated() {
        data.append(observation: [0], action: [x * 0.2], reward: reward * Float(row), next: [0], isTerminal: true)
      }
      return try ControlFixtures.trained(.ofql(eta: 0), on: data, width: 16, steps: 20).trainers["student"]!
        .parameters.tensors.map(\.floats)
    }
    #expect(try policy(reward: 0) == policy(reward: 1))
    #expect(try policy(reward: 1).allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  @Test(arguments: [
    ("ofql", 2.5, 0.99), ("dql", 2.5, 0.95), ("fql", 10, 0.95), ("bfq", 2.5, 0.99), ("meanflowql", 2.5, 0.99),
  ])
  func theBestOfFourCornersIsFound(name: String, eta: Double, share: Double) throws {
    var random = RandomSource(seed: 3)
    let data = CornerBandit.transitions(count: 10_000, random: &random)
    let entry = try #require(ControlMethod.named(name))
    var method = entry.make(eta: eta)
    (method.studentGroup.rate, method.studentGroup.average) = (1e-3, Averaging(decay: 0.99))
    let trainer = try ControlFixtures.trained(method, on: data, steps: 2000)
    let policy = try ControlFixtures.policy(trainer, data, sampler: entry.samplers[0])
    let made = try policy.actions(.zeros([2000, 1]), &random).floats
    let shares = CornerBandit.shares(of: made)
    print("\(name): \(shares)")
    let near = stride(from: 0, to: made.count, by: 2).filter {
      abs(made[$0] - 0.8) < 0.3 && abs(made[$0 + 1] + 0.8) < 0.3
    }
    #expect(Double(near.count) / 2000 >= share)
  }

  @Test func aRestoredTrainerGoesOnWithTheSameBits() throws {
    var random = RandomSource(seed: 3)
    let data = CornerBandit.transitions(count: 500, random: &random), folder = try ScratchFolder()
    let sizes = ControlSizes(observationSize: 1, actionSize: 2, width: 16, timeWidth: 8)
    func trainer() -> MethodTrainer<TransitionBatch> {
      MethodTrainer(.td3bc(eta: 0.5), on: data.material, iterations: 8, rows: 16, makeNetwork: sizes.makeNetwork)
    }
    func numbers(_ t: MethodTrainer<TransitionBatch>) -> [String: [[Float]]] {
      t.trainers.mapValues { $0.parameters.tensors.map(\.floats) + $0.average.parameters.tensors.map(\.floats) }
    }
    var whole = trainer()
    for _ in 0..<3 { _ = try whole.advance() }
    try whole.save(to: folder.file("state"))
    for _ in 0..<5 { _ = try whole.advance() }
    var resumed = trainer()
    try resumed.restore(from: folder.file("state"))
    for _ in 0..<5 { _ = try resumed.advance() }
    #expect(numbers(resumed) == numbers(whole))
  }
}
