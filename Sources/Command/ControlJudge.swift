import OneStepControl

/// Plays a policy's episodes with several counts of candidates.
struct ControlJudge {
  let episodes: Int
  let progress: ProgressLine
  var candidates = [1, 10, 50]

  /// Trials of a policy that was trained for `step` steps; none where no episodes are wanted.
  func callAsFunction(
    _ policy: Policy, in environment: String, step: Int, seed: UInt64
  ) throws -> [ControlReport.Trial] {
    guard episodes > 0 else { return [] }
    return try (policy.settings.criticHeads > 0 ? candidates : [1]).map { count in
      let evaluation = Evaluation(episodes: episodes, candidates: count, seed: seed)
      let played = try evaluation(policy, in: { try Environments.make(environment) }) { step, left in
        if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
        progress.show("seed \(seed), \(count) candidates: step \(step), \(left) episodes")
      }
      progress.clear()
      return ControlReport.Trial(step: step, candidates: count, episodes: played)
    }
  }
}

extension ControlReport.Trial {
  var meanReturn: Double { episodes.reduce(0) { $0 + $1.episodeReturn } / Double(max(1, episodes.count)) }
}
