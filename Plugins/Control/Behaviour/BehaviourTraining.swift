import Foundation
import OneStepFlow
import OneStepTensors

/// Trains a behaviour policy by soft actor-critic in an environment, and keeps what data sets are made of: the policy at
/// every evaluation and every step that was made.
///
/// A run lives in a folder and can be broken off at any time: it goes on from the last state that was saved, with the
/// bits it would have had. States are saved between episodes only, because an environment cannot be stored in the midst
/// of one; what was done after the last is done again. All chance comes from the seed and the counts of steps and episodes.
///
/// ```swift
/// let training = try BehaviourTraining(
///   in: { try Environments.make("hopper-d4rl") }, options: .init(steps: 300_000), folder: "runs/hopper")
/// try training.run { if let result = $0.evaluation { report(result) } }
/// let archive = try BehaviourArchive(contentsOf: "runs/hopper")
/// try archive.write(.mediumReplay, in: environment, to: "hopper-medium-replay.hdf5")
/// ```
/// An instance is used by one thread at a time, and a folder by one instance.
public final class BehaviourTraining {
  /// What must be the same when a run goes on; only `steps` may change.
  public struct Options: Sendable, Codable, Equatable {
    /// Steps after which the run ends with the episode.
    public var steps: Int
    /// Steps at random before the policy acts and learns, once a step.
    public var randomSteps: Int
    /// Steps from one evaluation to the next.
    public var evaluationInterval: Int
    /// Episodes of an evaluation.
    public var evaluationEpisodes: Int
    /// Steps that the learner draws from: the latest.
    public var capacity: Int
    public var seed: UInt64
    public var learner: SoftActorCritic.Options

    public init(
      steps: Int = 1_000_000, randomSteps: Int = 10_000, evaluationInterval: Int = 5_000, evaluationEpisodes: Int = 10,
      capacity: Int = 1_000_000, seed: UInt64 = 1, learner: SoftActorCritic.Options = .init()
    ) {
      (self.steps, self.randomSteps, self.evaluationInterval) = (steps, randomSteps, evaluationInterval)
      (self.evaluationEpisodes, self.capacity, self.seed) = (evaluationEpisodes, capacity, seed)
      self.learner = learner
    }
  }

  /// What one step did.
  public struct Progress: Sendable {
    /// Steps made, this one included.
    public let step: Int
    /// Sum of the rewards of the episode that ended with the step.
    public let episodeReturn: Double?
    /// What the learner saw; `nil` while it does not learn.
    public let learning: SoftActorCritic.Report?
    /// The evaluation that followed the step.
    public let evaluation: BehaviourEvaluation?
  }

  public let options: Options
  public let folder: String
  public let spec: EnvironmentSpec
  let layout: StepLayout
  /// Steps and whole episodes made so far.
  public internal(set) var step = 0
  public internal(set) var episodes = 0
  public internal(set) var evaluations: [BehaviourEvaluation] = []
  package internal(set) var learner: SoftActorCritic
  var buffer: ReplayBuffer
  var log: StepLog
  private let environment: any Environment
  /// For evaluations: the episode of training goes on beside them.
  private let judge: any Environment
  private var observation: [Float]?
  private var (episodeReturn, episodeLength) = (0.0, 0)

  /// Begins a run, or goes on with the one in the folder.
  ///
  /// - Parameters:
  ///   - makeEnvironment: the environment to learn in, a new one at each call.
  ///   - folder: made where it is missing.
  /// - Throws: ``BehaviourError`` for options that do not fit, a folder of another run and files that are damaged.
  public init(in makeEnvironment: () throws -> any Environment, options: Options = Options(), folder: String) throws {
    (environment, judge) = (try makeEnvironment(), try makeEnvironment())
    (self.options, self.folder, spec) = (options, folder, environment.spec)
    learner = SoftActorCritic(
      observationSize: spec.observationSize, actionSize: spec.actionSize, options: try options.checked().learner,
      seed: options.seed)
    buffer = ReplayBuffer(
      observationSize: spec.observationSize, actionSize: spec.actionSize, capacity: options.capacity)
    layout = StepLayout(of: environment)
    log = StepLog("\(folder)/\(BehaviourFolder.log)", layout, written: 0)
    try restore()
  }

  /// Whether no episode is under way: a state can be saved.
  public var isBetweenEpisodes: Bool { observation == nil }

  /// Whether the steps are made and the last episode is over.
  public var isFinished: Bool { step >= options.steps && isBetweenEpisodes }

  /// Makes the remaining steps. States are saved at the first end of an episode after so many seconds, and at the end.
  ///
  /// - Parameter progress: told of every step; an error thrown there ends the run, which goes on later from the last state.
  public func run(savingEvery seconds: Double = 120, progress: (Progress) throws -> Void = { _ in }) throws {
    var last = ContinuousClock.now
    while !isFinished {
      try progress(advance())
      guard isBetweenEpisodes, isFinished || ContinuousClock.now - last > .seconds(seconds) else { continue }
      try save()
      last = .now
    }
  }

  /// Makes one step, learns from it and evaluates the policy when it is time.
  public func advance() throws -> Progress { try Compute.perform { try makeStep() } }

  private func makeStep() throws -> Progress {
    let seen = try observation ?? beginEpisode()
    var random = RandomSource(seed: seed(.actions), stream: UInt64(step) << 8)
    let action =
      step < options.randomSteps
      ? random.uniform(count: spec.actionSize).map { 2 * $0 - 1 }
      : learner.network.act(seen, noise: random.normal(quickly: spec.actionSize), learner.parameters)
    let state = environment.simulationState
    let outcome = try environment.stepUnlessDiverged(action, from: seen)
    step += 1
    episodeLength += 1
    episodeReturn += outcome.reward
    let isOver = outcome.isTerminal || episodeLength >= spec.stepLimit
    let row = layout.row(seen, action, outcome, isCut: isOver, state)
    log.append(row)
    row.withUnsafeBufferPointer { buffer.append($0, layout) }

    var report: SoftActorCritic.Report?
    if step > options.randomSteps {
      var random = RandomSource(seed: seed(.batches), stream: UInt64(step))
      report = try learner.update(buffer.draw(options.learner.batch, &random))
    }
    let finished = isOver ? episodeReturn : nil
    observation = isOver ? nil : outcome.observation
    if isOver { episodes += 1 }
    let isTime = step % options.evaluationInterval == 0 || isFinished
    return Progress(
      step: step, episodeReturn: finished, learning: report, evaluation: isTime ? try evaluate() : nil)
  }

  private func beginEpisode() throws -> [Float] {
    var random = RandomSource(seed: seed(.episodes), stream: UInt64(episodes) << 20)
    (episodeReturn, episodeLength) = (0, 0)
    return try environment.reset(&random)
  }

  private func evaluate() throws -> BehaviourEvaluation {
    let result = try BehaviourEvaluation.play(
      learner.network, learner.parameters, in: judge, episodes: options.evaluationEpisodes, seed: seed(.evaluations),
      step: step)
    let policy = try BehaviourPolicyFile.make(learner, environment: spec.name, judged: result, seed: options.seed)
    try policy.write(to: BehaviourFolder.policy(of: step, in: folder))
    evaluations.append(result)
    return result
  }

  /// Chance of one kind; the learner's three networks have the first three.
  private enum Purpose: UInt64 { case actions = 3, batches, episodes, evaluations }
  private func seed(_ purpose: Purpose) -> UInt64 { options.seed &+ purpose.rawValue << 40 }
}

extension BehaviourTraining.Options {
  /// Itself, if a run can have these options.
  func checked() throws(BehaviourError) -> Self {
    guard steps > 0, randomSteps >= 0, evaluationInterval > 0, evaluationEpisodes > 0 else {
      throw .options(reason: "steps, interval and episodes must be positive")
    }
    guard capacity > 0, (1...1 << 16).contains(learner.batch), (1...16384).contains(learner.width) else {
      throw .options(reason: "capacity must be positive, a batch 1 to 65536 steps, a width 1 to 16384")
    }
    guard learner.rate > 0, learner.rate.isFinite, (0...1).contains(learner.discount), (0...1).contains(learner.tau),
      learner.targetEntropy?.isFinite ?? true
    else { throw .options(reason: "the rate must be positive, discount and tau in 0...1, the entropy finite") }
    return self
  }
}

extension ReplayBuffer {
  /// Adds a step that lies in a row.
  mutating func append(_ row: UnsafeBufferPointer<Float>, _ layout: StepLayout) {
    append(
      observation: row[layout.observation], action: row[layout.action], reward: row[layout.reward],
      next: row[layout.next], isTerminal: row[layout.end] == StepLayout.End.terminal.rawValue)
  }
}
