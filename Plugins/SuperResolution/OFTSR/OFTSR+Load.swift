import Foundation
import OneStepFlow
import OneStepNetworks

extension OFTSR: Architecture {
  public static let id = "oftsr"

  /// A network with its numbers and what its file says about them.
  public struct Model: Sendable {
    public let network: OFTSR
    public let parameters: Parameters
    public let card: ModelCard

    public init(network: OFTSR, parameters: Parameters, card: ModelCard) {
      (self.network, self.parameters, self.card) = (network, parameters, card)
    }
  }

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    ["head.weight", "blocks.0.conv1.weight", "tail.weight", "up.weight", "time2.weight"].allSatisfy {
      checkpoint.tensors[$0] != nil
    }
  }

  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> Model {
    let card = try ModelCard(of: checkpoint)
    guard card.architecture == id,
      let configuration = try? JSONDecoder().decode(Configuration.self, from: Data(card.configuration.utf8)),
      configuration.isSane
    else {
      throw .configuration(file: checkpoint.name, reason: "its configuration is not one of architecture \(id)")
    }
    let network = OFTSR(configuration)
    return Model(network: network, parameters: try Parameters(network.specs, from: checkpoint), card: card)
  }
}

extension OFTSR.Configuration {
  /// Sizes that a hostile file could not use to exhaust memory.
  fileprivate var isSane: Bool {
    (1...1024).contains(width) && (0...256).contains(blocks) && (2...4096).contains(timeFeatures)
      && (1...4096).contains(timeHidden) && (1...8).contains(scale) && sigma > 0 && sigma < 1
  }

  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
