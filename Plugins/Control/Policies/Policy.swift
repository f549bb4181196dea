import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// What a policy's file says beside its numbers.
public struct PolicySettings: Sendable, Codable, Equatable {
  /// The method that trained it, such as "ofql".
  public var method: String
  public var sizes: ControlSizes
  /// Times that its network reads.
  public var clocks: Int
  public var sampler: ActionSampler
  /// Critics that can choose among its actions; 0 where it was trained without.
  public var criticHeads: Int
  /// The environment that it was trained for.
  public var environment: String
  /// Mean and deviation of each number of an observation, taken out before the network sees it.
  public var standardization: Standardization?

  public init(
    method: String, sizes: ControlSizes, clocks: Int, sampler: ActionSampler, criticHeads: Int, environment: String,
    standardization: Standardization? = nil
  ) {
    (self.method, self.sizes, self.clocks, self.sampler) = (method, sizes, clocks, sampler)
    (self.criticHeads, self.environment, self.standardization) = (criticHeads, environment, standardization)
  }

  /// Whether a network of such sizes can exist.
  var isSane: Bool {
    let s = sizes
    return (1...100_000).contains(s.observationSize) && (1...10_000).contains(s.actionSize)
      && (1...16384).contains(s.width) && (2...4096).contains(s.timeWidth) && s.timeWidth.isMultiple(of: 2)
      && (0...2).contains(clocks) && fitsClocks && (0...64).contains(criticHeads) && (1...1000).contains(sampler.calls)
      && (standardization.map { $0.mean.count == s.observationSize && $0.deviation.count == s.observationSize } ?? true)
  }

  /// A chain of diffusion reads one clock.
  private var fitsClocks: Bool {
    switch sampler {
    case .diffusion, .collapsed: clocks == 1
    case .flow: clocks > 0
    case .direct: true
    case .deterministic: clocks == 0
    }
  }

  var form: StudentForm {
    guard case .flow = sampler else { return .raw(clocks: clocks) }
    return clocks == 2 ? .average(.linear) : .velocity(.linear)
  }
}

/// A trained policy: what to do in a situation, in one call of a network.
///
/// ```swift
/// let policy = try Policy(contentsOf: "hopper.safetensors")
/// var actor = policy.makeActor(seed: 1)
/// let action = try actor.act(observation)
/// ```
public struct Policy: LoadedModel {
  public let settings: PolicySettings
  public let card: ModelCard
  /// The policy's network, its names after "actor.", and the critics', after "critic.".
  public let parameters: Parameters
  let network: PolicyNetwork
  let critic: CriticNetwork?

  public init(_ settings: PolicySettings, parameters: Parameters, card: ModelCard) {
    (self.settings, self.parameters, self.card) = (settings, parameters, card)
    network = PolicyNetwork(settings.sizes, clocks: settings.clocks)
    critic = settings.criticHeads > 0 ? CriticNetwork(settings.sizes, heads: settings.criticHeads) : nil
  }

  /// - Throws: `ModelError` for a file that is no policy.
  public init(contentsOf path: String) throws(ModelError) {
    let checkpoint: Checkpoint
    do throws(CheckpointError) { checkpoint = try Checkpoint(contentsOf: path) } catch { throw .unreadable(error) }
    guard PolicyFile.detects(checkpoint) else {
      throw .unknownArchitecture(
        file: path, firstTensor: checkpoint.names.first ?? "none", known: ControlPlugin.architectures.map { $0.id })
    }
    self = try PolicyFile.load(checkpoint)
  }

  var actorParameters: Parameters { part(network.specs, from: 0) }
  var criticParameters: Parameters? { critic.map { part($0.specs, from: network.specs.count) } }

  private func part(_ specs: [ParameterSpec], from first: Int) -> Parameters {
    Parameters(specs: specs, tensors: Array(parameters.tensors[first..<first + specs.count]))
  }

  /// Actions `[B, A]` in -1...1 for observations `[B, S]`: of so many candidates the one that the critics value most.
  ///
  /// - Parameters:
  ///   - candidates: 1 or more; without critics only 1 is of use.
  ///   - temperature: standard deviation of the noise.
  /// - Throws: ``PolicyError`` when the observations do not fit.
  public func actions(
    _ observations: Tensor, candidates: Int = 1, temperature: Float = 1, _ random: inout RandomSource
  ) throws -> Tensor {
    let size = settings.sizes.observationSize
    guard observations.rank == 2, observations.shape[1] == size else {
      throw PolicyError.observationSize(expected: size, found: observations.shape.last ?? 0)
    }
    return try Compute.perform {
      let batch = situations(observations).repeated(critic == nil ? 1 : candidates)
      let made = try settings.sampler(student, batch, temperature: temperature, &random)
      guard let critic, let numbers = criticParameters, candidates > 1 else { return made }
      return best(made, critic(made, batch.observations, numbers), candidates)
    }
  }

  /// How far apart the critics see this policy's candidates: the standard deviation of their values among so many, its mean
  /// over the situations `[B, S]`, in units of return; nil without critics. Next to nothing means that choosing is of no use.
  public func valueSpread(
    _ observations: Tensor, candidates: Int = 50, _ random: inout RandomSource
  ) throws -> Double? {
    guard let critic, let numbers = criticParameters else { return nil }
    let n = observations.shape[0]
    return try Compute.perform {
      let batch = situations(observations).repeated(candidates)
      let made = try settings.sampler(student, batch, &random)
      let worth = critic(made, batch.observations, numbers).minimum([1]).reshaped(n, candidates)
      let apart = (worth - worth.mean([1], keepingAxes: true)).squared().mean([1]).squareRoot()
      return Double(apart.mean().item)
    }
  }

  private func situations(_ observations: Tensor) -> TransitionBatch {
    let seen =
      settings.standardization.map { Tensor($0(observations.floats), shape: observations.shape) } ?? observations
    return TransitionBatch(observations: seen, actionSize: settings.sizes.actionSize)
  }

  private var student: Student<TransitionBatch> {
    let actor = actorParameters
    return Student(settings.form) { x, clocks, batch in network(x, clocks, batch.observations, actor) }
  }

  /// The row with the largest minimum over the critics in each group of so many.
  private func best(_ made: Tensor, _ values: Tensor, _ candidates: Int) -> Tensor {
    let worth = values.minimum([1]).floats, n = worth.count / candidates
    let rows = (0..<n).map { group in
      (group * candidates..<(group + 1) * candidates).max { worth[$0] < worth[$1] }!
    }
    let a = made.shape[1], all = made.floats
    return Tensor(rows.flatMap { all[$0 * a..<($0 + 1) * a] }, shape: [n, a])
  }
}

/// Why a policy cannot act.
public enum PolicyError: Error, Equatable, CustomStringConvertible {
  case observationSize(expected: Int, found: Int)
  case notFinite(index: Int)
  case environment(policy: String, found: String)

  public var description: String {
    switch self {
    case .observationSize(let expected, let found):
      "the policy sees observations of \(expected) numbers, not \(found)"
    case .notFinite(let index): "number \(index) of the observation is not finite"
    case .environment(let policy, let found):
      "the policy was trained for \(policy), whose observations and actions differ from those of \(found)"
    }
  }
}
