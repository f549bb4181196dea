import Foundation
import OneStepNetworks
import OneStepTensors

/// What a model file says about itself, beside its tensors.
public struct ModelCard: Sendable, Codable, Equatable {
  /// Architecture id, such as "oftsr".
  public var architecture: String
  /// "teacher" or "student".
  public var role: String
  public var preset: String
  /// The network's configuration as JSON.
  public var configuration: String
  /// What the model is for, in one line.
  public var purpose: String
  /// The data it was trained on, with licences.
  public var data: String
  public var steps: Int
  public var seed: UInt64
  /// Figures measured at the end of training and the command that prints them.
  public var figures: String

  public init(
    architecture: String, role: String, preset: String, configuration: String, purpose: String, data: String,
    steps: Int, seed: UInt64, figures: String
  ) {
    (self.architecture, self.role, self.preset, self.configuration) = (architecture, role, preset, configuration)
    (self.purpose, self.data, self.steps, self.seed, self.figures) = (purpose, data, steps, seed, figures)
  }

  private static let key = "onestep.model"

  /// Writes parameters with this card; f16 halves the file where that loses nothing.
  public func write(_ parameters: Parameters, as type: StoredType = .f32, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    let entries = zip(parameters.specs, parameters.tensors).map { ($0.name, $1) }
    try Checkpoint.write(entries, as: type, metadata: [Self.key: text], to: path)
  }

  /// Whether a file has a card: whether this package wrote it.
  public static func isPresent(in checkpoint: Checkpoint) -> Bool { checkpoint.metadata[key] != nil }

  /// The card of a file, checked against the weights' hash.
  public init(of checkpoint: Checkpoint) throws(ModelError) {
    guard let text = checkpoint.metadata[Self.key] else {
      throw .configuration(
        file: checkpoint.name, reason: "it carries no model card; convert published weights with 'onestep import'")
    }
    guard let card = try? JSONDecoder().decode(ModelCard.self, from: Data(text.utf8)) else {
      throw .configuration(file: checkpoint.name, reason: "its model card is damaged; get the file again")
    }
    do { try checkpoint.verify() } catch { throw .unreadable(error) }
    self = card
  }

  /// The configuration that this card holds, if the card is of one of `architectures` and the sizes are sane.
  public func decodedConfiguration<Sizes: Decodable>(
    of architectures: String..., in checkpoint: Checkpoint, isSane: (Sizes) -> Bool
  ) throws(ModelError) -> Sizes {
    guard architectures.contains(architecture),
      let sizes = try? JSONDecoder().decode(Sizes.self, from: Data(configuration.utf8)), isSane(sizes)
    else {
      throw .configuration(
        file: checkpoint.name, reason: "its configuration is not one of architecture \(architectures[0])")
    }
    return sizes
  }
}

extension Parameters {
  /// Strict loading: every tensor there, none beside, all shapes right, all numbers finite.
  public init(_ specs: [ParameterSpec], from checkpoint: Checkpoint) throws(ModelError) {
    let names = Set(specs.map(\.name))
    let missing = specs.map(\.name).filter { checkpoint.tensors[$0] == nil }
    let unexpected = checkpoint.names.filter { !names.contains($0) }
    let misshapen = specs.compactMap { spec -> String? in
      guard let found = checkpoint.tensors[spec.name], found.shape != spec.shape else { return nil }
      return "\(spec.name): \(found.shape) for \(spec.shape)"
    }
    guard missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty else {
      throw .tensors(file: checkpoint.name, missing: missing, unexpected: unexpected, misshapen: misshapen)
    }
    let tensors = specs.map { checkpoint.tensors[$0.name]!.tensor() }
    self.init(specs: specs, tensors: tensors)
    if let bad = firstNonFinite() { throw .notFinite(file: checkpoint.name, tensor: bad) }
  }
}
