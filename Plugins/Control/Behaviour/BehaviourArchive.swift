import OneStepFlow

/// The sets of D4RL's locomotion tasks (Fu et al. 2020).
public enum BehaviourSet: String, Sendable, Codable, CaseIterable {
  /// Steps of the medium policy.
  case medium
  /// All that was learnt from until the policy was medium.
  case mediumReplay = "medium-replay"
  /// Steps of the medium policy, then as many of the expert.
  case mediumExpert = "medium-expert"
  /// Steps of the expert.
  case expert
}

/// A run of ``BehaviourTraining`` in its folder, to make data of. It need not be finished: the last evaluation counts.
public struct BehaviourArchive: Sendable {
  public enum Level: String, Sendable, Codable, CaseIterable {
    /// The first evaluated policy whose mean return is a third of the expert's.
    case medium
    /// The last evaluated policy.
    case expert
  }

  public let folder: String
  private let state: BehaviourState

  /// - Throws: ``BehaviourError`` for a folder without a run.
  public init(contentsOf folder: String) throws(BehaviourError) {
    guard let state = try BehaviourState(in: folder) else {
      throw .unreadable(path: "\(folder)/\(BehaviourFolder.state)", reason: "there is none")
    }
    (self.folder, self.state) = (folder, state)
  }

  public var environment: EnvironmentSpec { state.environment }
  public var options: BehaviourTraining.Options { state.options }
  /// Steps made.
  public var steps: Int { state.step }
  public var evaluations: [BehaviourEvaluation] { state.evaluations }

  /// - Throws: `missingLevel` before the first evaluation, and for a medium policy while the expert earns nothing.
  public func evaluation(of level: Level) throws(BehaviourError) -> BehaviourEvaluation {
    guard let expert = evaluations.last else {
      throw .missingLevel(level.rawValue, folder: folder, reason: "nothing was evaluated yet")
    }
    if level == .expert { return expert }
    guard expert.meanReturn > 0, let medium = evaluations.first(where: { $0.meanReturn >= expert.meanReturn / 3 })
    else {
      throw .missingLevel(
        level.rawValue, folder: folder, reason: "a third of the expert's return, \(expert.meanReturn), means nothing")
    }
    return medium
  }

  public func policy(_ level: Level) throws -> BehaviourPolicy {
    try BehaviourPolicy(contentsOf: BehaviourFolder.policy(of: evaluation(of: level).step, in: folder))
  }

  /// Returns that count as 0 and 100 points by this run: the mean of the whole episodes among its random steps, and the
  /// expert's.
  /// - Throws: `missingLevel` where no episode was over before the policy began to act.
  public func reference() throws -> ReferenceReturns {
    var (sum, whole, episodes) = (0.0, 0.0, 0)
    try log.read(0..<min(state.step, state.options.randomSteps)) { row in
      sum += Double(row[state.layout.reward])
      guard row[state.layout.end] != StepLayout.End.none.rawValue else { return }
      (sum, whole, episodes) = (0, whole + sum, episodes + 1)
    }
    let expert = try evaluation(of: .expert).meanReturn
    guard episodes > 0 else {
      throw BehaviourError.missingLevel("random", folder: folder, reason: "no episode of random steps is over")
    }
    return ReferenceReturns(random: whole / Double(episodes), expert: expert)
  }

  /// Writes a set as a new file of D4RL's layout.
  ///
  /// - Parameters:
  ///   - environment: the one of the run; a replay does not use it.
  ///   - steps: of the set; a replay has all there are, up to the run's capacity.
  ///   - progress: called with the number of steps written, every thousand; an error thrown there leaves no file.
  public func write(
    _ set: BehaviourSet, in environment: any Environment, steps: Int = 200_000, seed: UInt64 = 1, to path: String,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let layout = set == .mediumReplay ? state.layout : StepLayout(of: environment)
    var recorder = try StepRecorder(to: path, layout, metadata: try metadata(of: set, seed: seed))
    func record(_ level: Level, _ count: Int, after first: Int = 0) throws {
      try BehaviourDataset.record(
        policy(level), in: environment, steps: count, seed: seed, mode: .sampled, into: &recorder
      ) { try progress(first + $0) }
    }
    switch set {
    case .medium: try record(.medium, steps)
    case .expert: try record(.expert, steps)
    case .mediumExpert:
      try record(.medium, steps - steps / 2)
      try record(.expert, steps / 2, after: steps - steps / 2)
    case .mediumReplay:
      let last = try evaluation(of: .medium).step, first = max(0, last - state.options.capacity)
      var done = 0
      try log.read(first..<last) { row in
        done += 1
        try recorder.append(Array(row), isCut: done == last - first)
        if done % 1000 == 0 { try progress(done) }
      }
    }
    try recorder.finish()
  }

  private func metadata(of set: BehaviourSet, seed: UInt64) throws -> [String: String] {
    var texts = ["algorithm": "SAC", "environment": environment.name, "set": set.rawValue, "seed": String(seed)]
    for level in Level.allCases where set != .expert || level == .expert {
      let found = try evaluation(of: level)
      texts["\(level.rawValue)-policy"] = "\(found.step) steps, mean return \(found.meanReturn)"
    }
    return texts
  }

  private var log: StepLog { StepLog("\(folder)/\(BehaviourFolder.log)", state.layout, written: state.step) }
}
