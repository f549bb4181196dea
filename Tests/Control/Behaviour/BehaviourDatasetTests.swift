import Foundation
import OneStepControl
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

@Suite struct BehaviourDatasetTests {
  /// A policy that knows nothing.
  private func fresh(_ spec: EnvironmentSpec, width: Int = 24) throws -> BehaviourPolicy {
    let sizes = BehaviourSizes(observationSize: spec.observationSize, actionSize: spec.actionSize, width: width)
    let settings = BehaviourSettings(sizes: sizes, environment: spec.name, meanReturn: 1)
    let card = ModelCard(
      architecture: "behaviour", role: "policy", preset: "small",
      configuration: String(decoding: try JSONEncoder().encode(settings), as: UTF8.self), purpose: "", data: "",
      steps: 7, seed: 1, figures: "none")
    return BehaviourPolicy(settings, parameters: Parameters(specs: BehaviourNetwork(sizes).specs, seed: 2), card: card)
  }

  @Test("a robot's data are in D4RL's layout, with the simulation's states")
  func layout() throws {
    let scratch = try ScratchFolder(), path = scratch.file("hopper.hdf5")
    let hopper = try Environments.make("hopper-d4rl"), policy = try fresh(hopper.spec)
    var told: [Int] = []
    try BehaviourDataset.collect(policy, in: hopper, steps: 2500, seed: 3, to: path) { told.append($0) }
    #expect(told == [1000, 2000])
    let file = try HDF5File(contentsOf: path), n = 2500
    for (key, shape) in [
      ("observations", [n, 11]), ("next_observations", [n, 11]), ("actions", [n, 3]), ("rewards", [n]),
      ("terminals", [n]), ("timeouts", [n]), ("infos/qpos", [n, 6]), ("infos/qvel", [n, 6]),
    ] { #expect(try file.array(key).shape == shape, "\(key)") }
    #expect(try file.text("metadata/algorithm") == "SAC" && file.text("metadata/environment") == "hopper-d4rl")
    #expect(try file.text("metadata/policy").hasPrefix("7 steps"))

    let seen = try file.floats("observations"), next = try file.floats("next_observations")
    let ends = try file.flags("terminals"), cuts = try file.flags("timeouts")
    let (qpos, qvel) = (try file.floats("infos/qpos"), try file.floats("infos/qvel"))
    for row in 0..<n {
      // The state before the step is what was seen.
      #expect(Array(seen[11 * row..<11 * row + 5]) == Array(qpos[6 * row + 1..<6 * row + 6]))
      #expect(Array(seen[11 * row + 5..<11 * row + 11]) == qvel[6 * row..<6 * row + 6].map { min(max($0, -10), 10) })
      if row + 1 < n {
        let follows = Array(next[11 * row..<11 * row + 11]) == Array(seen[11 * row + 11..<11 * row + 22])
        #expect(follows != (ends[row] || cuts[row]), "row \(row)")
      }
    }
    #expect(cuts.last! != ends.last! && cuts.dropLast().allSatisfy { !$0 } && ends.contains(true))
    let actions = try file.floats("actions")
    #expect(actions.allSatisfy { abs($0) <= 1 } && Set(actions).count > 5000)

    let steps = try Transitions(contentsOf: path)
    #expect(steps.count == n - 1 && steps.isTerminal == Array(ends.dropLast()) && steps.actions.count == 3 * (n - 1))
    #expect(steps.episodes.count == ends.filter { $0 }.count + (ends.last! ? 0 : 1))
  }

  @Test("data follow from policy and seed; without noise actions are means") func determinism() throws {
    let scratch = try ScratchFolder(), policy = try fresh(PointEnvironment().spec)
    func rows(_ name: String, _ seed: UInt64, _ mode: BehaviourPolicy.Mode = .sampled) throws -> Transitions {
      try BehaviourDataset.collect(
        policy, in: PointEnvironment(), steps: 90, seed: seed, mode: mode, to: scratch.file(name))
      return try Transitions(contentsOf: scratch.file(name))
    }
    let one = try rows("1", 1)
    #expect(try rows("2", 1).actions == one.actions && rows("3", 2).actions != one.actions)
    let still = try rows("4", 1, .mean)
    var actor = policy.makeActor(.mean)
    for row in 0..<still.count {
      #expect(try actor.act(Array(still.observations[2 * row..<2 * row + 2])) == [still.actions[row]])
    }
    // Step limits of 20: five episodes, whose last rows D4RL's rule leaves out.
    #expect(still.episodes.count == 5 && still.count == 85)
  }

  @Test("a run gives the sets of the benchmark") func sets() throws {
    let scratch = try ScratchFolder(), folder = scratch.file("run")
    let training = try BehaviourTraining(
      in: { PointEnvironment(bonus: 0.3) }, options: .tiny(steps: 700), folder: folder)
    try training.run()
    let archive = try BehaviourArchive(contentsOf: folder)
    #expect(archive.steps == training.step && archive.evaluations == training.evaluations)
    let expert = try archive.evaluation(of: .expert), medium = try archive.evaluation(of: .medium)
    #expect(expert.step == training.step && medium.step < expert.step)
    #expect(medium.meanReturn >= expert.meanReturn / 3)
    #expect(archive.evaluations.prefix { $0 != medium }.allSatisfy { $0.meanReturn < expert.meanReturn / 3 })
    let reference = try archive.reference()
    #expect(reference.expert == expert.meanReturn && reference.random < medium.meanReturn)
    #expect(
      try archive.policy(.expert).parameters.tensors.map(\.floats) == training.learner.parameters.tensors.map(\.floats))
    #expect(try archive.policy(.medium).settings.meanReturn == medium.meanReturn)

    for set in BehaviourSet.allCases {
      let path = scratch.file("\(set.rawValue).hdf5")
      try archive.write(set, in: PointEnvironment(bonus: 0.3), steps: 400, to: path)
      let file = try HDF5File(contentsOf: path)
      #expect(try file.array("rewards").shape == [set == .mediumReplay ? medium.step : 400])
      #expect(try file.text("metadata/set") == set.rawValue)
      #expect(try !file.names().contains("infos"))
    }
    func rewards(_ set: BehaviourSet) throws -> [Float] {
      try HDF5File(contentsOf: scratch.file("\(set.rawValue).hdf5")).floats("rewards")
    }
    func mean(_ x: some Collection<Float>) -> Float { x.reduce(0, +) / Float(x.count) }
    let both = try rewards(.mediumExpert)
    #expect(
      try both.prefix(200) == rewards(.medium).prefix(200) && both.suffix(200) == rewards(.expert).prefix(200)[...])
    #expect(try mean(rewards(.expert)) > mean(rewards(.medium)))
    #expect(try mean(rewards(.mediumReplay)) < mean(rewards(.expert)))
    // The replay is the run's own steps.
    let replay = try HDF5File(contentsOf: scratch.file("medium-replay.hdf5")).floats("observations")
    let log = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/steps.f32"))
    let first = log.withUnsafeBytes { bytes in
      (0..<2).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    #expect(Array(replay.prefix(2)) == first)
  }

  @Test("levels that a run has not reached are errors") func missingLevels() throws {
    let scratch = try ScratchFolder(), folder = scratch.file("run")
    #expect(throws: BehaviourError.self) { try BehaviourArchive(contentsOf: folder) }
    try BehaviourTraining(in: { PointEnvironment() }, options: .tiny(steps: 100), folder: folder).run()
    let archive = try BehaviourArchive(contentsOf: folder)
    let error = #expect(throws: BehaviourError.self) { try archive.policy(.medium) }
    #expect(error?.description.contains("has no medium policy: a third of the expert's return") == true)
    #expect(throws: BehaviourError.self) {
      try archive.write(.mediumReplay, in: PointEnvironment(), to: scratch.file("none.hdf5"))
    }
    #expect(scratch.names == ["run"])
  }

  @Test("a policy's file comes back; others are refused") func files() throws {
    let scratch = try ScratchFolder(), path = scratch.file("policy.safetensors")
    let spec = PointEnvironment().spec, policy = try fresh(spec)
    try policy.write(to: path)
    let registry = try Registry([ControlPlugin.self])
    let loaded = try #require(try registry.load(Checkpoint(contentsOf: path)) as? BehaviourPolicy)
    #expect(loaded.settings == policy.settings && loaded.card == policy.card)
    #expect(loaded.parameters.tensors.map(\.floats) == policy.parameters.tensors.map(\.floats))
    var (one, other) = (policy.makeActor(.sampled, seed: 9), loaded.makeActor(.sampled, seed: 9))
    #expect(try one.act([0.5, 1]) == other.act([0.5, 1]))
    #expect(throws: PolicyError.observationSize(expected: 2, found: 3)) { try one.act([1, 2, 3]) }
    #expect(throws: PolicyError.notFinite(index: 1)) { try one.act([1, .infinity]) }
    #expect(throws: PolicyError.environment(policy: "point", found: "hopper-v4")) {
      try BehaviourDataset.collect(
        policy, in: Environments.make("hopper-v4"), steps: 10, to: scratch.file("none.hdf5"))
    }
    #expect(scratch.names == ["policy.safetensors"])

    func refuses(_ width: Int, _ change: (inout Parameters) -> Void = { _ in }) throws -> Bool {
      var settings = policy.settings, card = policy.card, parameters = policy.parameters
      settings.sizes.width = width
      card.configuration = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
      change(&parameters)
      try card.write(parameters, to: path)
      do throws(ModelError) { _ = try BehaviourPolicy(contentsOf: path) } catch { return true }
      return false
    }
    #expect(try !refuses(24))
    for width in [-1, 0, 25, Int.max] { #expect(try refuses(width), "\(width)") }
    #expect(try refuses(24) { $0["behaviour.head.bias"] = .filled(.nan, [2]) })
    try Data(contentsOf: URL(fileURLWithPath: path)).prefix(300).write(to: URL(fileURLWithPath: path))
    #expect(throws: ModelError.self) { try BehaviourPolicy(contentsOf: path) }
  }
}
