import OneStepTensors

/// Steps of some behaviour, row by row: what offline learning learns from.
///
/// N steps, S numbers in an observation, A in an action. The columns are in memory, or in the files of a
/// ``TransitionFolder`` that the system pages in when rows are used.
public struct Transitions: Sendable {
  public let observationSize: Int
  public let actionSize: Int
  /// `[N, S]`, row-major, and the same for the observations after the action.
  public private(set) var observations: TransitionColumn
  public private(set) var nextObservations: TransitionColumn
  /// `[N, A]`, in -1...1.
  public private(set) var actions: TransitionColumn
  /// `[N]`.
  public private(set) var rewards: TransitionColumn
  /// Whether the episode truly ended with the step: no reward can follow. A step limit is no end.
  public private(set) var isTerminal: [Bool]
  /// The first row of every episode, rising.
  public private(set) var episodeStarts: [Int]
  /// Whether the last episode was still going on when its recording stopped.
  public private(set) var lastEpisodeIsOpen = false

  public init(observationSize: Int, actionSize: Int) {
    (self.observationSize, self.actionSize) = (observationSize, actionSize)
    (observations, nextObservations, actions, rewards) = ([], [], [], [])
    (isTerminal, episodeStarts) = ([], [])
  }

  init(
    observationSize: Int, actionSize: Int, observations: TransitionColumn, actions: TransitionColumn,
    rewards: TransitionColumn, nextObservations: TransitionColumn, isTerminal: [Bool], episodeStarts: [Int],
    lastEpisodeIsOpen: Bool
  ) {
    let count = isTerminal.count
    precondition(
      observations.count == count * observationSize && nextObservations.count == observations.count
        && actions.count == count * actionSize && rewards.count == count, "columns for \(count) steps differ in length")
    (self.observationSize, self.actionSize) = (observationSize, actionSize)
    (self.observations, self.nextObservations) = (observations, nextObservations)
    (self.actions, self.rewards, self.isTerminal) = (actions, rewards, isTerminal)
    (self.episodeStarts, self.lastEpisodeIsOpen) = (episodeStarts, lastEpisodeIsOpen)
  }

  public var count: Int { isTerminal.count }

  /// Adds a step to the episode that goes on, or begins one after an end.
  public mutating func append(
    observation: some Collection<Float>, action: some Collection<Float>, reward: Float,
    next: some Collection<Float>, isTerminal: Bool
  ) {
    precondition(
      observation.count == observationSize && next.count == observationSize && action.count == actionSize,
      "a step of \(observation.count), \(action.count), \(next.count) numbers")
    if !lastEpisodeIsOpen { episodeStarts.append(count) }
    observations.append(contentsOf: observation)
    nextObservations.append(contentsOf: next)
    actions.append(contentsOf: action)
    rewards.append(contentsOf: CollectionOfOne(reward))
    self.isTerminal.append(isTerminal)
    lastEpisodeIsOpen = !isTerminal
  }

  /// Ends the episode after the last step without a true end: the step limit was reached.
  public mutating func cutEpisode() { lastEpisodeIsOpen = false }

  /// The rows of every episode. O(episodes).
  public var episodes: [Range<Int>] {
    zip(episodeStarts, episodeStarts.dropFirst() + [count]).map { $0..<$1 }
  }

  /// The sum of each episode's rewards; the last may be unfinished. O(N).
  ///
  /// D4RL's rule leaves out the step at a step limit, and so does the sum.
  public var episodeReturns: [Double] {
    rewards.withUnsafeBufferPointer { rewards in
      episodes.map { $0.reduce(0) { $0 + Double(rewards[$1]) } }
    }
  }

  /// The same steps with other rewards, or with observations seen through `standardization`.
  func replacing(
    rewards: TransitionColumn? = nil, observations: TransitionColumn? = nil, nextObservations: TransitionColumn? = nil
  ) -> Transitions {
    var copy = self
    if let rewards { copy.rewards = rewards }
    if let observations { copy.observations = observations }
    if let nextObservations { copy.nextObservations = nextObservations }
    return copy
  }
}
