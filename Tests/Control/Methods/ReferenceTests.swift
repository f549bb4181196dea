import OneStepControl
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

/// Losses and gradients against PyTorch on one batch and random weights: `Tests/Parity/control_twin.py` for OFQL, the authors'
/// own code by `Tests/Parity/reference_dql.py` for DQL.
struct ControlReferenceTests {
  /// A file of tensors, PyTorch's weights turned to ours.
  struct Reference {
    let checkpoint: Checkpoint
    init(_ name: String) throws { checkpoint = try Checkpoint(contentsOf: ControlFixtures.path(name)) }

    func tensor(_ name: String) throws -> Tensor { try #require(checkpoint.tensors[name]).tensor() }
    func floats(_ name: String) throws -> [Float] { try tensor(name).floats }

    func parameters(_ specs: [ParameterSpec], _ prefix: String) throws -> Parameters {
      Parameters(specs: specs, tensors: try specs.map { try turned(prefix + $0.name) })
    }

    func turned(_ name: String) throws -> Tensor {
      let t = try tensor(name)
      return t.rank == 2 ? t.transposed(1, 0).values : t
    }
  }

  /// The largest error of all gradients of `loss`, over the largest gradient.
  func error(
    _ reference: Reference, _ part: String, _ specs: [ParameterSpec], _ parameters: Parameters,
    _ loss: (Parameters) throws -> Tensor
  ) throws -> Double {
    try Compute.perform {
      let tape = Tape(), leaves = parameters.watched(on: tape)
      defer { tape.reset() }
      let value = try loss(leaves)
      let wanted = try reference.floats("loss.\(part)")[0]
      var worst = Double(abs(value.item - wanted) / max(abs(wanted), 1e-3))
      for (spec, gradient) in zip(specs, tape.gradients(of: value, for: leaves.tensors)) {
        let other = try reference.turned("gradient.\(part).\(spec.name)").floats, ours = gradient.floats
        let scale = max(other.map(abs).max() ?? 0, 1e-4)
        worst = max(worst, Double(zip(ours, other).map { abs($0 - $1) }.max()! / scale))
      }
      return worst
    }
  }

  func batch(_ reference: Reference, actions: String, observations: String) throws -> TransitionBatch {
    var batch = TransitionBatch(observations: try reference.tensor(observations), actionSize: 3)
    batch.actions = try reference.tensor(actions)
    return batch
  }

  @Test func ofqlLearnsAsItsTwinDoes() throws {
    let reference = try Reference("ofql-reference.safetensors")
    let sizes = ControlSizes(observationSize: 5, actionSize: 3, width: 16, timeWidth: 8)
    let policy = PolicyNetwork(sizes, clocks: 2), critics = CriticNetwork(sizes)
    var batch = try batch(reference, actions: "batch.actions", observations: "batch.observations")
    batch.rewards = try reference.tensor("batch.rewards")
    batch.nextObservations = try reference.tensor("batch.next")
    batch.continues = try reference.tensor("batch.continues")
    func student(_ p: Parameters) -> Student<TransitionBatch> {
      Student(.average(.linear)) { x, clocks, batch in policy(x, clocks, batch.observations, p) }
    }
    func critic(_ p: Parameters) -> BoundNetwork<TransitionBatch> {
      { x, _, batch in critics(x, batch.observations, p) }
    }
    let actor = try reference.parameters(policy.specs, "policy."),
      q = try reference.parameters(critics.specs, "critic.")
    let slow = student(try reference.parameters(policy.specs, "slow_policy."))
    let slowCritic = critic(try reference.parameters(critics.specs, "slow_critic."))
    func action(_ student: Student<TransitionBatch>, _ batch: TransitionBatch, _ noise: Int) throws -> Tensor {
      try student.map.generated(from: reference.tensor("noise.\(noise)"), on: .linear, batch).clamped(to: -1...1)
    }

    let td = try error(reference, "critic", critics.specs, q) { p in
      try ValueLearning().temporalDifference(
        critic(p), slowCritic, batch, batch.next, try action(slow, batch.next, 0)
      ).total
    }
    let (t, r) = (try reference.floats("t").map(Double.init), try reference.floats("r").map(Double.init))
    let draw = Draw(data: batch.actions, noise: try reference.tensor("noise.1"), condition: batch)
    let cloning = try error(reference, "cloning", policy.specs, actor) { p in
      try MeanFlow(distance: .l2).losses(student(p).average, draw, from: t, to: r).total
    }
    let value = try error(reference, "value", policy.specs, actor) { p in
      let made = try action(student(p), batch, 2)
      return ValueLearning.pull(
        critics(made, batch.observations, only: 0, q), scaledBy: critics(made, batch.observations, only: 1, q))
    }
    print("OFQL against its twin: td \(td), cloning \(cloning), value \(value)")
    #expect(td < 2e-5 && cloning < 2e-5 && value < 2e-5)
  }

  @Test func dqlLearnsAsItsAuthorsCodeDoes() throws {
    let reference = try Reference("dql-reference.safetensors")
    let sizes = ControlSizes(observationSize: 5, actionSize: 3, width: 16, timeWidth: 8)
    let policy = PolicyNetwork(sizes, clocks: 1), critics = CriticNetwork(sizes), diffusion = ActionDiffusion(steps: 5)
    let batch = try batch(reference, actions: "action", observations: "state")
    let betas = try reference.floats("betas")
    #expect(zip(betas, diffusion.betas).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    func network(_ p: Parameters) -> BoundNetwork<TransitionBatch> {
      { x, clocks, batch in policy(x, clocks, batch.observations, p) }
    }
    let actor = try reference.parameters(policy.specs, "actor."), q = try reference.parameters(critics.specs, "critic.")
    let draw = Draw(data: batch.actions, noise: try reference.tensor("noise"), condition: batch)
    let steps = try reference.floats("steps").map { Int($0) }
    let cloning = try error(reference, "cloning", policy.specs, actor) { p in
      try diffusion.cloning(network(p), draw, at: steps).total
    }
    let start = try reference.tensor("start")
    let value = try error(reference, "value", policy.specs, actor) { p in
      var chain = try (0..<4).map { try reference.tensor("chain.\($0)") }[...]
      let made = try diffusion.sample(network(p), start, batch) { chain.removeFirst() }
      return ValueLearning.pull(
        critics(made, batch.observations, only: 0, q), scaledBy: critics(made, batch.observations, only: 1, q))
    }
    print("DQL against its authors' code: cloning \(cloning), value \(value)")
    #expect(cloning < 2e-5 && value < 5e-5)
  }
}
