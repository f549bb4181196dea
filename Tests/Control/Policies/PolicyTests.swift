import Foundation
import OneStepControl
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

struct PolicyTests {
  /// A policy with random numbers.
  func policy(
    _ sampler: ActionSampler = .flow(steps: 1), clocks: Int = 2, standardization: Standardization? = nil,
    normalizesCritics: Bool = false
  ) throws -> Policy {
    let settings = PolicySettings(
      method: "ofql",
      sizes: ControlSizes(
        observationSize: 5, actionSize: 3, width: 40, timeWidth: 8, normalizesCritics: normalizesCritics),
      clocks: clocks,
      sampler: sampler, criticHeads: 2, environment: "test", standardization: standardization)
    let actor = PolicyNetwork(settings.sizes, clocks: clocks).specs, critic = CriticNetwork(settings.sizes).specs
    let specs =
      actor.map { ParameterSpec(name: "actor." + $0.name, shape: $0.shape, initialization: $0.initialization) }
      + critic.map { ParameterSpec(name: "critic." + $0.name, shape: $0.shape, initialization: $0.initialization) }
    let json = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
    let card = ModelCard(
      architecture: "policy", role: "policy", preset: "small", configuration: json, purpose: "test", data: "none",
      steps: 0, seed: 1, figures: "")
    return Policy(settings, parameters: Parameters(specs: specs, seed: 3), card: card)
  }

  @Test(arguments: [
    (ActionSampler.flow(steps: 1), 2), (.flow(steps: 4), 2), (.flow(steps: 3), 1), (.deterministic, 0), (.direct, 1),
  ]) func theLoopActsAsTheBatchDoes(sampler: ActionSampler, clocks: Int) throws {
    let scale = Standardization(mean: [1, 0, -1, 2, 0], deviation: [2, 1, 0.5, 1, 3])
    let policy = try policy(sampler, clocks: clocks, standardization: scale)
    let seen = Tensor.normal([6, 5], seed: 8)
    var random = RandomSource(seed: 1)
    // Without noise both make the same action.
    let batch = try policy.actions(seen, candidates: 3, temperature: 0, &random).floats
    var actor = try #require(policy.makeActor(candidates: 3, temperature: 0))
    for row in 0..<6 {
      let action = try actor.act(Array(seen.floats[row * 5..<row * 5 + 5]))
      #expect(zip(action, batch[row * 3..<row * 3 + 3]).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test(arguments: [false, true])
  func ofCandidatesTheOneThatTheCriticsPreferIsTaken(normalizesCritics: Bool) throws {
    let policy = try policy(normalizesCritics: normalizesCritics), seen = Tensor.normal([1, 5], seed: 8)
    var one = try #require(policy.makeActor(candidates: 1, seed: 5))
    var many = try #require(policy.makeActor(candidates: 16, seed: 5))
    func worth(_ action: [Float]) throws -> Float {
      let critic = CriticNetwork(policy.settings.sizes)
      let numbers = Array(policy.parameters.tensors.suffix(critic.specs.count))
      return critic(Tensor(action, shape: [1, 3]), seen, Parameters(specs: critic.specs, tensors: numbers)).floats
        .min()!
    }
    let chosen = try (0..<20).map { _ in try worth(many.act(seen.floats)) }.min()!
    let any = try (0..<20).map { _ in try worth(one.act(seen.floats)) }.sorted()
    #expect(chosen > any[10])
  }

  @Test func aFileHoldsThePolicy() throws {
    let folder = try ScratchFolder(), made = try policy()
    try made.write(to: folder.file("p.safetensors"))
    let read = try Policy(contentsOf: folder.file("p.safetensors"))
    #expect(read.settings == made.settings)
    var (a, b) = (try #require(made.makeActor(seed: 2)), try #require(read.makeActor(seed: 2)))
    #expect(try a.act([1, 2, 3, 4, 5]) == b.act([1, 2, 3, 4, 5]))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let folder = try ScratchFolder(), made = try policy()
    var actor = try #require(made.makeActor())
    #expect(throws: PolicyError.observationSize(expected: 5, found: 2)) { try actor.act([1, 2]) }
    #expect(throws: PolicyError.notFinite(index: 1)) { try actor.act([1, .nan, 0, 0, 0]) }
    #expect(throws: ModelError.self) { try Policy(contentsOf: folder.file("none.safetensors")) }
    #expect(throws: ModelError.self) { try Policy(contentsOf: folder.write("<html>", "p.safetensors")) }
    try made.write(to: folder.file("p.safetensors"))
    let bytes = try #require(FileManager.default.contents(atPath: folder.file("p.safetensors")))
    for (sampler, clocks) in [(ActionSampler.diffusion(steps: 5), 2), (.flow(steps: 1), 0), (.deterministic, 1)] {
      try policy(sampler, clocks: clocks).write(to: folder.file("odd.safetensors"))
      #expect(throws: ModelError.self) { try Policy(contentsOf: folder.file("odd.safetensors")) }
    }
    try bytes.dropLast(50).write(to: URL(fileURLWithPath: folder.file("cut.safetensors")))
    #expect(throws: ModelError.self) { try Policy(contentsOf: folder.file("cut.safetensors")) }
  }
}
