import OneStepNetworks
import OneStepTensors

/// How a policy did at one point of its training: episodes without noise.
public struct BehaviourEvaluation: Sendable, Codable, Equatable {
  /// Steps of training before it.
  public var step: Int
  /// Sum of the rewards of each episode.
  public var returns: [Double]
  /// Steps of each episode.
  public var lengths: [Int]

  public var meanReturn: Double { returns.reduce(0, +) / Double(max(1, returns.count)) }
  public var meanLength: Double { Double(lengths.reduce(0, +)) / Double(max(1, lengths.count)) }

  /// Plays the squashed mean of a policy for some episodes. They begin in states that belong to the seed.
  static func play(
    _ network: BehaviourNetwork, _ parameters: Parameters, in environment: any Environment, episodes: Int, seed: UInt64,
    step: Int
  ) throws -> BehaviourEvaluation {
    var result = BehaviourEvaluation(step: step, returns: [], lengths: [])
    for episode in 0..<episodes {
      var random = RandomSource(seed: seed, stream: UInt64(episode) << 20)
      var seen = try environment.reset(&random), total = 0.0, length = 0, isOver = false
      while !isOver && length < environment.spec.stepLimit {
        let outcome = try environment.stepUnlessDiverged(network.act(seen, noise: nil, parameters), from: seen)
        total += outcome.reward
        (seen, isOver) = (outcome.observation, outcome.isTerminal)
        length += 1
      }
      result.returns.append(total)
      result.lengths.append(length)
    }
    return result
  }
}

extension Environment {
  /// A step after which a simulation that diverged counts as ended where it was, without a reward. It is rare, and a run of
  /// a million steps should not stop for it.
  func stepUnlessDiverged(_ action: [Float], from observation: [Float]) throws -> EnvironmentStep {
    do throws(EnvironmentError) { return try step(action) } catch {
      guard case .diverged = error else { throw error }
      return EnvironmentStep(observation: observation, reward: 0, isTerminal: true)
    }
  }

  /// The state of the simulation beneath, where there is one to be had: joint positions and velocities.
  var simulationState: (positions: [Double], velocities: [Double])? {
    switch self {
    case let robot as LocomotionEnvironment: (robot.simulation.positions, robot.simulation.velocities)
    case let maze as PointMaze:
      ([maze.position.x, maze.position.y], [maze.velocity.x, maze.velocity.y])
    default: nil
    }
  }
}
