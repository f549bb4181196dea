import OneStepControl
import OneStepTensors

/// A point on a line that should be at 0, pushed by one action: the smallest task with a delay. Beyond 1.5 the episode ends.
final class PointEnvironment: Environment {
  let spec: EnvironmentSpec
  private let bonus: Double
  /// Steps after which the simulation pretends to diverge; counted over all episodes.
  private let divergence: Int?
  private var (position, steps) = (Float(0), 0)

  /// - Parameter bonus: added to each step's reward `-x²`.
  init(stepLimit: Int = 20, bonus: Double = 0, divergence: Int? = nil, name: String = "point") {
    spec = EnvironmentSpec(name: name, observationSize: 2, actionSize: 1, stepLimit: stepLimit)
    (self.bonus, self.divergence) = (bonus, divergence)
  }

  func reset(_ random: inout RandomSource) throws(EnvironmentError) -> [Float] {
    position = 2 * random.uniform(count: 1)[0] - 1
    return [position, 1]
  }

  func step(_ action: [Float]) throws(EnvironmentError) -> EnvironmentStep {
    steps += 1
    if steps == divergence { throw .diverged(environment: spec.name) }
    position += 0.3 * min(max(action[0], -1), 1)
    return EnvironmentStep(
      observation: [position, 1], reward: bonus - Double(position * position), isTerminal: abs(position) > 1.5)
  }
}

extension BehaviourTraining.Options {
  /// A run of seconds.
  static func tiny(steps: Int, capacity: Int = 10_000, seed: UInt64 = 1) -> Self {
    .init(
      steps: steps, randomSteps: 200, evaluationInterval: 100, evaluationEpisodes: 10, capacity: capacity, seed: seed,
      learner: .init(width: 32, rate: 3e-3, batch: 64, discount: 0.9, tau: 0.02))
  }
}
