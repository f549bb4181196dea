/// How a file of recorded steps is understood.
public struct DatasetOptions: Sendable, Codable, Hashable {
  /// Steps, at least 1, after which an episode counts as cut, in files that say nothing of time-outs.
  public var stepLimit: Int
  /// Takes every reward from the row after: the Maze2D files of D4RL reward the observation before the action, where the
  /// environment rewards the one after it. Only for files of flat rows, not for Minari.
  public var usesNextReward: Bool

  public init(stepLimit: Int = 1000, usesNextReward: Bool = false) {
    precondition(stepLimit > 0, "a step limit of \(stepLimit)")
    (self.stepLimit, self.usesNextReward) = (stepLimit, usesNextReward)
  }
}
