import OneStepTensors

/// One episode of a policy.
public struct EpisodeResult: Sendable, Codable, Equatable {
  /// Sum of the rewards.
  public var episodeReturn: Double
  /// Steps.
  public var length: Int

  public init(episodeReturn: Double, length: Int) { (self.episodeReturn, self.length) = (episodeReturn, length) }
}

/// How a policy is judged: so many episodes, all with a network call for each step of all of them together.
public struct Evaluation: Sendable, Equatable {
  /// 150 in diffusion Q-learning's protocol (Dong et al. 2024).
  public var episodes: Int
  /// Actions of which the critics choose one.
  public var candidates: Int
  /// Standard deviation of the noise.
  public var temperature: Float
  public var seed: UInt64

  public init(episodes: Int = 150, candidates: Int = 50, temperature: Float = 1, seed: UInt64 = 1) {
    (self.episodes, self.candidates, self.temperature, self.seed) = (episodes, candidates, temperature, seed)
  }

  /// Plays the episodes, each in an environment of its own; results in their order.
  ///
  /// - Parameters:
  ///   - makeEnvironment: environments of one kind.
  ///   - tick: told after every step how many episodes are still played; an error thrown there stops the evaluation.
  public func callAsFunction(
    _ policy: Policy, in makeEnvironment: () throws -> any Environment,
    tick: (_ step: Int, _ left: Int) throws -> Void = { _, _ in }
  ) throws -> [EpisodeResult] {
    var random = RandomSource(seed: seed, stream: 1 << 40)
    var worlds: [any Environment] = [], seen: [[Float]] = []
    for episode in 0..<episodes {
      let world = try makeEnvironment()
      guard world.spec.observationSize == policy.settings.sizes.observationSize,
        world.spec.actionSize == policy.settings.sizes.actionSize
      else { throw PolicyError.environment(policy: policy.settings.environment, found: world.spec.name) }
      var own = RandomSource(seed: seed, stream: UInt64(episode) << 20)
      seen.append(try world.reset(&own))
      worlds.append(world)
    }
    var results = [EpisodeResult](repeating: EpisodeResult(episodeReturn: 0, length: 0), count: episodes)
    var playing = Array(0..<episodes), step = 0
    let limit = worlds.first?.spec.stepLimit ?? 0, size = policy.settings.sizes
    while !playing.isEmpty, step < limit {
      let observations = Tensor(playing.flatMap { seen[$0] }, shape: [playing.count, size.observationSize])
      let actions = try policy.actions(
        observations, candidates: candidates, temperature: temperature, &random
      ).floats
      var left: [Int] = []
      for (row, episode) in playing.enumerated() {
        let result = try worlds[episode].step(Array(actions[row * size.actionSize..<(row + 1) * size.actionSize]))
        results[episode].episodeReturn += result.reward
        results[episode].length += 1
        seen[episode] = result.observation
        if !result.isTerminal { left.append(episode) }
      }
      playing = left
      step += 1
      try tick(step, playing.count)
    }
    return results
  }
}

/// A mean with the interval that a bootstrap gives it.
public struct BootstrapInterval: Sendable, Codable, Equatable {
  public let mean: Double
  /// 2.5 and 97.5 percentiles of the means of 2000 samples with replacement.
  public let low: Double
  public let high: Double

  /// - Parameter values: one number or more.
  public init(_ values: [Double], seed: UInt64 = 1) {
    precondition(!values.isEmpty, "an interval of no values")
    let n = values.count
    mean = values.reduce(0, +) / Double(n)
    var random = RandomSource(seed: seed)
    let means = (0..<2000).map { _ in
      random.integers(below: n, count: n).reduce(0) { $0 + values[$1] } / Double(n)
    }.sorted()
    (low, high) = (means[50], means[1949])
  }
}
