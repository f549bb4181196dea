/// How rewards are changed before learning; each rule is a scale and an offset found from the data.
public enum RewardRule: String, Sendable, Codable, CaseIterable {
  case none
  /// r - 1 (Kostrikov et al. 2022).
  case iqlAntMaze = "iql-antmaze"
  /// 4 (r - 0.5) (Kumar et al. 2020); what one-step flow Q-learning uses for AntMaze.
  case cqlAntMaze = "cql-antmaze"
  /// 2 (r - 0.25) (Wang et al. 2023).
  case antMaze = "antmaze"
  /// 1000 r / (highest - lowest return of a finished episode) (Kostrikov et al. 2022).
  case iqlLocomotion = "iql-locomotion"
  /// (r - mean) / standard deviation.
  case standardise

  /// What the rule makes of rewards like those of `transitions`.
  /// - Throws: ``DatasetError/rewardRule(_:reason:)`` where all rewards, or all returns, are alike.
  public func scaling(for transitions: Transitions) throws(DatasetError) -> RewardScaling {
    switch self {
    case .none: return RewardScaling(scale: 1, offset: 0)
    case .iqlAntMaze: return RewardScaling(scale: 1, offset: -1)
    case .cqlAntMaze: return RewardScaling(scale: 4, offset: -2)
    case .antMaze: return RewardScaling(scale: 2, offset: -0.5)
    case .iqlLocomotion:
      let returns = transitions.episodeReturns.dropLast(transitions.lastEpisodeIsOpen ? 1 : 0)
      guard let low = returns.min(), let high = returns.max(), high > low else {
        throw .rewardRule(self, reason: "no two finished episodes differ in their return. Use another rule.")
      }
      return RewardScaling(scale: 1000 / (high - low), offset: 0)
    case .standardise:
      let (mean, deviation) = ColumnStatistics.moments(transitions.rewards, columns: 1)
      guard deviation[0] > 0 else { throw .rewardRule(self, reason: "all rewards are alike. Use another rule.") }
      let n = Double(transitions.count)
      let scale = 1 / (deviation[0] * (n / (n - 1)).squareRoot())  // of the sample, as torch.std
      return RewardScaling(scale: scale, offset: -mean[0] * scale)
    }
  }
}

/// `scale * r + offset`.
public struct RewardScaling: Sendable, Codable, Equatable {
  public var scale: Double
  public var offset: Double

  public init(scale: Double, offset: Double) { (self.scale, self.offset) = (scale, offset) }

  public func callAsFunction(_ reward: Float) -> Float { Float(scale * Double(reward) + offset) }
}

extension Transitions {
  /// The same steps with rescaled rewards. Copies the rewards alone.
  public func rescaled(by scaling: RewardScaling) -> Transitions {
    if scaling == RewardScaling(scale: 1, offset: 0) { return self }
    return replacing(rewards: TransitionColumn(rewards.map { scaling($0) }))
  }
}
