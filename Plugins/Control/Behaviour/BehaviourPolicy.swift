import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// What a behaviour policy's file says beside its numbers.
public struct BehaviourSettings: Sendable, Codable, Equatable {
  public var sizes: BehaviourSizes
  /// The environment that it was trained in.
  public var environment: String
  /// Mean return of the episodes by which it was judged, without noise.
  public var meanReturn: Double

  public init(sizes: BehaviourSizes, environment: String, meanReturn: Double) {
    (self.sizes, self.environment, self.meanReturn) = (sizes, environment, meanReturn)
  }
}

/// A policy that soft actor-critic has trained by trial and error: one that makes data.
///
/// ```swift
/// let policy = try BehaviourPolicy(contentsOf: "hopper-medium.safetensors")
/// var actor = policy.makeActor(.sampled, seed: 1)
/// let action = try actor.act(observation)
/// ```
public struct BehaviourPolicy: LoadedModel {
  public let settings: BehaviourSettings
  public let card: ModelCard
  public let parameters: Parameters
  let network: BehaviourNetwork

  public init(_ settings: BehaviourSettings, parameters: Parameters, card: ModelCard) {
    (self.settings, self.parameters, self.card) = (settings, parameters, card)
    network = BehaviourNetwork(settings.sizes)
  }

  /// - Throws: `ModelError` for a file that is no behaviour policy.
  public init(contentsOf path: String) throws(ModelError) {
    let checkpoint: Checkpoint
    do throws(CheckpointError) { checkpoint = try Checkpoint(contentsOf: path) } catch { throw .unreadable(error) }
    guard BehaviourPolicyFile.detects(checkpoint) else {
      throw .unknownArchitecture(
        file: path, firstTensor: checkpoint.names.first ?? "none", known: [BehaviourPolicyFile.id])
    }
    self = try BehaviourPolicyFile.load(checkpoint)
  }

  /// How an action is taken from the policy's distribution.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    /// At random, as while learning and as D4RL recorded its data.
    case sampled
    /// The squashed mean.
    case mean
  }

  public func makeActor(_ mode: Mode, seed: UInt64 = 1) -> BehaviourActor {
    BehaviourActor(policy: self, mode: mode, random: RandomSource(seed: seed))
  }

  public func write(to path: String) throws { try card.write(parameters, to: path) }
}

/// A behaviour policy in a control loop: one situation at a time, on the caller's thread.
public struct BehaviourActor: Sendable {
  public let policy: BehaviourPolicy
  public let mode: BehaviourPolicy.Mode
  private var random: RandomSource

  fileprivate init(policy: BehaviourPolicy, mode: BehaviourPolicy.Mode, random: RandomSource) {
    (self.policy, self.mode, self.random) = (policy, mode, random)
  }

  /// The action, `actionSize` numbers in -1...1, for an observation of `observationSize` numbers.
  public mutating func act(_ observation: [Float]) throws(PolicyError) -> [Float] {
    let sizes = policy.settings.sizes
    guard observation.count == sizes.observationSize else {
      throw .observationSize(expected: sizes.observationSize, found: observation.count)
    }
    if let bad = observation.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: bad) }
    let noise = mode == .sampled ? random.normal(quickly: sizes.actionSize) : nil
    return policy.network.act(observation, noise: noise, policy.parameters)
  }
}

/// Behaviour policies as files.
public enum BehaviourPolicyFile: Architecture {
  public static let id = "behaviour"

  public static func detects(_ checkpoint: Checkpoint) -> Bool { checkpoint.tensors["behaviour.head.weight"] != nil }

  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> BehaviourPolicy {
    let card = try ModelCard(of: checkpoint)
    let settings: BehaviourSettings = try card.decodedConfiguration(of: id, in: checkpoint, isSane: \.sizes.isSane)
    let parameters = try Parameters(BehaviourNetwork(settings.sizes).specs, from: checkpoint)
    return BehaviourPolicy(settings, parameters: parameters, card: card)
  }

  /// A policy of what a learner knows now.
  static func make(
    _ learner: SoftActorCritic, environment: String, judged: BehaviourEvaluation, seed: UInt64
  ) throws -> BehaviourPolicy {
    let settings = BehaviourSettings(
      sizes: learner.network.sizes, environment: environment, meanReturn: judged.meanReturn)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let card = ModelCard(
      architecture: id, role: "policy", preset: settings.sizes.width == 256 ? "paper" : "small",
      configuration: String(decoding: try encoder.encode(settings), as: UTF8.self),
      purpose: "makes data in \(environment)", data: "its own steps in \(environment)", steps: judged.step, seed: seed,
      figures: "mean return of \(judged.returns.count) episodes without noise: \(judged.meanReturn)")
    return BehaviourPolicy(settings, parameters: learner.parameters, card: card)
  }
}
