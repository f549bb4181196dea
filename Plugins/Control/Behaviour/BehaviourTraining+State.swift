import Foundation
import OneStepFlow

/// Files of a run.
enum BehaviourFolder {
  static let log = "steps.f32"
  static let state = "state.json"
  static let policies = "policies"

  /// The policy as it was evaluated after so many steps.
  static func policy(of step: Int, in folder: String) -> String { "\(folder)/\(policies)/\(step).safetensors" }
  /// The learner's networks at such a step.
  static func networks(of step: Int, in folder: String) -> String { "\(folder)/networks-\(step)" }
  static let networksPrefix = "networks-"

  static func make(_ path: String) throws(BehaviourError) {
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw .unwritable(path: path, reason: "no such folder can be made")
    }
  }
}

/// What a run's folder says of itself. The networks are in a folder named after the step, the steps in the log.
struct BehaviourState: Codable {
  var environment: EnvironmentSpec
  var layout: StepLayout
  var options: BehaviourTraining.Options
  var step: Int
  var episodes: Int
  var evaluations: [BehaviourEvaluation]

  /// - Returns: `nil` where the folder has no state.
  init?(in folder: String) throws(BehaviourError) {
    let path = "\(folder)/\(BehaviourFolder.state)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path, reason: "it is no readable file")
    }
    guard let state = try? JSONDecoder().decode(BehaviourState.self, from: data) else {
      throw .damaged(file: path, reason: "it is no state of a behaviour policy's training")
    }
    self = state
    try check(path)
  }

  init(_ training: BehaviourTraining) {
    (environment, layout, options) = (training.spec, training.layout, training.options)
    (step, episodes, evaluations) = (training.step, training.episodes, training.evaluations)
  }

  private func check(_ path: String) throws(BehaviourError) {
    let sizes = [layout.positions, layout.velocities].allSatisfy { (0...100_000).contains($0) }
    let isSane = BehaviourSizes(observationSize: layout.observationSize, actionSize: layout.actionSize).isSane
    guard sizes, isSane, layout.observationSize == environment.observationSize,
      layout.actionSize == environment.actionSize, environment.stepLimit > 0
    else { throw .damaged(file: path, reason: "its sizes cannot be") }
    _ = try options.checked()
    guard (0...1 << 40).contains(step), (0...step).contains(episodes) else {
      throw .damaged(file: path, reason: "it counts \(step) steps in \(episodes) episodes")
    }
    let steps = evaluations.map(\.step)
    guard zip([0] + steps, steps + [step]).allSatisfy({ $0 <= $1 }),
      evaluations.allSatisfy({ !$0.returns.isEmpty && $0.returns.count == $0.lengths.count })
    else { throw .damaged(file: path, reason: "its evaluations are out of order") }
  }

  func write(to folder: String) throws(BehaviourError) {
    let path = "\(folder)/\(BehaviourFolder.state)", encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do { try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw .unwritable(path: path, reason: "the system refuses it")
    }
  }
}

extension BehaviourTraining {
  private static let parts = ["policy", "critics", "temperature"]

  /// Writes everything needed to go on. Until the last of it is in place, the state before is the one that counts.
  ///
  /// Call it between episodes only.
  public func save() throws {
    precondition(isBetweenEpisodes, "a state saved in the midst of an episode")
    let networks = BehaviourFolder.networks(of: step, in: folder)
    try BehaviourFolder.make(networks)
    for (name, trainer) in zip(Self.parts, [learner.policy, learner.critics, learner.temperature]) {
      try trainer.save(to: "\(networks)/\(name).safetensors")
    }
    try log.flush()
    try BehaviourState(self).write(to: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(BehaviourFolder.networksPrefix) && "\(folder)/\(name)" != networks {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Takes over the folder's state, if it has one.
  func restore() throws {
    try BehaviourFolder.make("\(folder)/\(BehaviourFolder.policies)")
    guard let state = try BehaviourState(in: folder) else { return }
    try checkOrigin(of: state)
    let networks = BehaviourFolder.networks(of: state.step, in: folder)
    let updates = max(0, state.step - options.randomSteps)
    for (name, path) in zip(Self.parts, [\SoftActorCritic.policy, \.critics, \.temperature]) {
      let file = "\(networks)/\(name).safetensors"
      try learner[keyPath: path].restore(from: file)
      guard learner[keyPath: path].step == updates else {
        throw BehaviourError.damaged(
          file: file, reason: "it has learnt \(learner[keyPath: path].step) times, not \(updates)")
      }
      if let bad = learner[keyPath: path].parameters.firstNonFinite() {
        throw BehaviourError.damaged(file: file, reason: "\(bad) is not finite")
      }
    }
    log = StepLog(log.path, layout, written: state.step)
    try log.read(max(0, state.step - options.capacity)..<state.step) { buffer.append($0, layout) }
    (step, episodes, evaluations) = (state.step, state.episodes, state.evaluations)
  }

  private func checkOrigin(of state: BehaviourState) throws(BehaviourError) {
    let path = "\(folder)/\(BehaviourFolder.state)"
    let known = state.environment
    guard known.name == spec.name, known.stepLimit == spec.stepLimit, state.layout == layout else {
      throw .otherRun(file: path, reason: "it learns in \(known.name) as it was then, not in \(spec.name) as it is now")
    }
    var expected = state.options
    expected.steps = options.steps
    guard expected == options else { throw .otherRun(file: path, reason: "its options are \(state.options)") }
  }
}
