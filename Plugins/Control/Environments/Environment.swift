import OneStepTensors

/// What an environment is to a policy that has not met it.
public struct EnvironmentSpec: Sendable, Codable, Equatable {
  /// Its name on the command line and in files, such as "halfcheetah-d4rl".
  public var name: String
  /// Numbers of an observation.
  public var observationSize: Int
  /// Numbers of an action, each in -1...1.
  public var actionSize: Int
  /// Steps after which an episode is cut; that is no end of its own.
  public var stepLimit: Int
  /// Returns that count as 0 and as 100 points; `nil` where nobody has published any.
  public var reference: ReferenceReturns?

  public init(
    name: String, observationSize: Int, actionSize: Int, stepLimit: Int, reference: ReferenceReturns? = nil
  ) {
    (self.name, self.observationSize, self.actionSize) = (name, observationSize, actionSize)
    (self.stepLimit, self.reference) = (stepLimit, reference)
  }
}

/// The scale of normalised scores (Fu et al. 2020, D4RL): a random policy's return is 0 points, an expert's 100.
public struct ReferenceReturns: Sendable, Codable, Equatable {
  public var random: Double
  public var expert: Double

  public init(random: Double, expert: Double) { (self.random, self.expert) = (random, expert) }

  /// Points of a return.
  public func score(_ episodeReturn: Double) -> Double { 100 * (episodeReturn - random) / (expert - random) }
}

/// What one action led to.
public struct EnvironmentStep: Sendable, Equatable {
  public var observation: [Float]
  public var reward: Double
  /// Whether the episode is over because of what happened; the step limit is the caller's to count.
  public var isTerminal: Bool

  public init(observation: [Float], reward: Double, isTerminal: Bool) {
    (self.observation, self.reward, self.isTerminal) = (observation, reward, isTerminal)
  }
}

/// A world that a policy acts in, one episode at a time. An instance is used by one thread at a time.
public protocol Environment: AnyObject {
  var spec: EnvironmentSpec { get }
  /// Begins an episode; all its chance comes from `random`.
  func reset(_ random: inout RandomSource) throws(EnvironmentError) -> [Float]
  /// Acts once. `action` has `spec.actionSize` numbers and is clipped to -1...1.
  func step(_ action: [Float]) throws(EnvironmentError) -> EnvironmentStep
}

extension Environment {
  /// Throws unless `action` has the size of the environment's actions and is finite.
  func check(_ action: [Float]) throws(EnvironmentError) {
    guard action.count == spec.actionSize else {
      throw .actionSize(environment: spec.name, expected: spec.actionSize, found: action.count)
    }
    if let index = action.firstIndex(where: { !$0.isFinite }) {
      throw .actionValue(environment: spec.name, index: index)
    }
  }
}

/// Why an environment cannot be used.
public enum EnvironmentError: Error, Equatable, CustomStringConvertible {
  /// `known` has the names that come closest.
  case unknown(name: String, known: [String])
  /// A model file that the physics refuses.
  case model(file: String, reason: String)
  case actionSize(environment: String, expected: Int, found: Int)
  /// An action with an infinity or a NaN at `index`.
  case actionValue(environment: String, index: Int)
  /// Positions or velocities of another count than the model's.
  case stateSize(model: String, expected: Int, found: Int)
  /// A state that is no longer a number.
  case diverged(environment: String)
  /// An outside program that does not answer as agreed.
  case program(name: String, reason: String)

  public var description: String {
    switch self {
    case .unknown(let name, let known):
      "no environment is named \(name); the closest are \(known.joined(separator: ", "))"
    case .model(let file, let reason): "\(file): \(reason)"
    case .actionSize(let environment, let expected, let found):
      "\(environment) takes actions of \(expected) numbers, not \(found)"
    case .actionValue(let environment, let index):
      "\(environment): number \(index) of the action is not finite; the policy has diverged"
    case .stateSize(let model, let expected, let found):
      "\(model) has states of \(expected) numbers, not \(found)"
    case .diverged(let environment):
      "\(environment): the simulation diverged; its state is no longer finite"
    case .program(let name, let reason): "\(name): \(reason)"
    }
  }
}
