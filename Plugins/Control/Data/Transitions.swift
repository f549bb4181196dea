import OneStepTensors

/// Steps of some behaviour, row by row: what offline learning learns from.
public struct Transitions: Sendable {
  public let observationSize: Int
  public let actionSize: Int
  /// `[N, S]`, row-major, and the same for the observations after the action.
  public private(set) var observations: [Float]
  public private(set) var nextObservations: [Float]
  /// `[N, A]`, in -1...1.
  public private(set) var actions: [Float]
  public private(set) var rewards: [Float]
  /// Whether the episode truly ended with the step: no reward can follow. A step limit is no end.
  public private(set) var isTerminal: [Bool]

  public init(observationSize: Int, actionSize: Int) {
    (self.observationSize, self.actionSize) = (observationSize, actionSize)
    (observations, nextObservations, actions, rewards, isTerminal) = ([], [], [], [], [])
  }

  public var count: Int { rewards.count }

  public mutating func append(
    observation: some Collection<Float>, action: some Collection<Float>, reward: Float,
    next: some Collection<Float>, isTerminal: Bool
  ) {
    precondition(
      observation.count == observationSize && next.count == observationSize && action.count == actionSize,
      "a step of \(observation.count), \(action.count), \(next.count) numbers")
    observations += observation
    nextObservations += next
    actions += action
    rewards.append(reward)
    self.isTerminal.append(isTerminal)
  }
}
