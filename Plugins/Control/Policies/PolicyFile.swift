import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Policies as files: the numbers of the policy and its critics, what they expect, and how to act.
public enum PolicyFile: Architecture {
  public static let id = "policy"

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.tensors["actor.final_layer.weight"] != nil
  }

  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> Policy {
    let card = try ModelCard(of: checkpoint)
    let settings: PolicySettings = try card.decodedConfiguration(of: id, in: checkpoint, isSane: \.isSane)
    return Policy(settings, parameters: try Parameters(specs(of: settings), from: checkpoint), card: card)
  }

  static func specs(of settings: PolicySettings) -> [ParameterSpec] {
    func named(_ specs: [ParameterSpec], _ prefix: String) -> [ParameterSpec] {
      specs.map { ParameterSpec(name: prefix + $0.name, shape: $0.shape, initialization: $0.initialization) }
    }
    let critic = settings.criticHeads > 0 ? CriticNetwork(settings.sizes, heads: settings.criticHeads).specs : []
    return named(PolicyNetwork(settings.sizes, clocks: settings.clocks).specs, "actor.") + named(critic, "critic.")
  }

  /// A policy of what training has learnt: slow copies of the policy and of its critics.
  public static func make(
    _ settings: PolicySettings, from trainer: MethodTrainer<TransitionBatch>, data: String, seed: UInt64,
    figures: String = ""
  ) throws -> Policy {
    let actor = trainer.trainers["student"]!.average.parameters
    let critic = settings.criticHeads > 0 ? trainer.trainers["critic"]?.average.parameters.tensors : nil
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let card = ModelCard(
      architecture: id, role: "policy", preset: settings.sizes.width == 256 ? "paper" : "small",
      configuration: String(decoding: try encoder.encode(settings), as: UTF8.self),
      purpose: "acts in \(settings.environment) by \(settings.method)", data: data, steps: trainer.iteration,
      seed: seed,
      figures: figures)
    return Policy(
      settings, parameters: Parameters(specs: specs(of: settings), tensors: actor.tensors + (critic ?? [])), card: card)
  }
}

extension Policy {
  public func write(to path: String) throws { try card.write(parameters, to: path) }
}
