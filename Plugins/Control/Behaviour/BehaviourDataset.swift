import OneStepTensors

/// Data made by behaviour policies, in D4RL's layout (Fu et al. 2020).
public enum BehaviourDataset {
  /// Records a policy as a new file.
  ///
  /// Rows have the simulation's position and velocity where the environment has them. The last episode is cut where the
  /// steps are made: `timeouts` is set there as at a step limit. Episodes begin in states that belong to the seed.
  /// - Parameters:
  ///   - metadata: texts for the file, beside those that say who made it.
  ///   - progress: called with the number of steps made, every thousand; an error thrown there leaves no file.
  /// - Throws: ``PolicyError`` for an environment that the policy does not fit; ``DatasetError``; ``EnvironmentError``.
  public static func collect(
    _ policy: BehaviourPolicy, in environment: any Environment, steps: Int, seed: UInt64 = 1,
    mode: BehaviourPolicy.Mode = .sampled, to path: String, metadata: [String: String] = [:],
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let origin = [
      "algorithm": "SAC", "environment": environment.spec.name, "seed": String(seed), "actions": mode.rawValue,
      "policy": "\(policy.card.steps) steps, \(policy.card.figures)",
    ]
    var recorder = try StepRecorder(
      to: path, StepLayout(of: environment), metadata: origin.merging(metadata) { $1 })
    try record(policy, in: environment, steps: steps, seed: seed, mode: mode, into: &recorder, progress: progress)
    try recorder.finish()
  }

  static func record(
    _ policy: BehaviourPolicy, in environment: any Environment, steps: Int, seed: UInt64, mode: BehaviourPolicy.Mode,
    into recorder: inout StepRecorder, progress: (Int) throws -> Void
  ) throws {
    let spec = environment.spec, sizes = policy.settings.sizes
    guard spec.observationSize == sizes.observationSize, spec.actionSize == sizes.actionSize else {
      throw PolicyError.environment(policy: policy.settings.environment, found: spec.name)
    }
    var actor = policy.makeActor(mode, seed: seed), made = 0, episode: UInt64 = 0
    while made < steps {
      // Far from the streams of the actions.
      var random = RandomSource(seed: seed, stream: 1 << 48 | episode << 20)
      var seen = try environment.reset(&random), length = 0, isOver = false
      while !isOver && made < steps {
        let state = environment.simulationState, action = try actor.act(seen)
        let outcome = try environment.stepUnlessDiverged(action, from: seen)
        (made, length) = (made + 1, length + 1)
        isOver = outcome.isTerminal || length >= spec.stepLimit
        try recorder.append(recorder.layout.row(seen, action, outcome, isCut: isOver || made == steps, state))
        seen = outcome.observation
        if made % 1000 == 0 { try progress(made) }
      }
      episode += 1
    }
  }
}

/// Rows of steps on their way into a file of D4RL's layout.
struct StepRecorder {
  let layout: StepLayout
  private let writer: D4RLWriter
  private var steps: Transitions
  private var positions: [Float] = [], velocities: [Float] = []

  init(to path: String, _ layout: StepLayout, metadata: [String: String]) throws(DatasetError) {
    self.layout = layout
    steps = Transitions(observationSize: layout.observationSize, actionSize: layout.actionSize)
    writer = try D4RLWriter(
      path: path,
      layout: D4RLWriter.Layout(
        observationSize: layout.observationSize, actionSize: layout.actionSize,
        positions: layout.positions > 0 ? layout.positions : nil,
        velocities: layout.velocities > 0 ? layout.velocities : nil), metadata: metadata)
  }

  /// - Parameter isCut: whether the episode ends here, whatever the row says.
  mutating func append(_ row: [Float], isCut: Bool = false) throws(DatasetError) {
    let end = row[layout.end]
    steps.append(
      observation: row[layout.observation], action: row[layout.action], reward: row[layout.reward],
      next: row[layout.next], isTerminal: end == StepLayout.End.terminal.rawValue)
    positions += row[layout.position]
    velocities += row[layout.velocity]
    if end == StepLayout.End.cut.rawValue || isCut { steps.cutEpisode() }
    if steps.count == 1 << 12 { try flush() }
  }

  mutating func finish() throws(DatasetError) {
    try flush()
    try writer.finish()
  }

  private mutating func flush() throws(DatasetError) {
    guard steps.count > 0 else { return }
    try writer.append(steps, positions: positions, velocities: velocities)
    steps = Transitions(observationSize: layout.observationSize, actionSize: layout.actionSize)
    positions.removeAll(keepingCapacity: true)
    velocities.removeAll(keepingCapacity: true)
  }
}
