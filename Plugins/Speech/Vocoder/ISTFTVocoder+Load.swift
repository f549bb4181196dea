import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

extension ISTFTVocoder: Architecture {
  public static let id = "istft-vocoder"

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    ["backbone.embed.weight", "backbone.convnext.0.dwconv.weight", "backbone.convnext.0.gamma", "head.out.weight"]
      .allSatisfy { checkpoint.tensors[$0] != nil }
  }

  /// Loads a file of this package, or weights published with Vocos, whose sizes are read off their shapes.
  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> Model {
    guard ModelCard.isPresent(in: checkpoint) else { return try loadPublished(checkpoint) }
    let card = try ModelCard(of: checkpoint)
    let configuration: Configuration = try card.decodedConfiguration(of: id, in: checkpoint, isSane: \.isSane)
    let network = ISTFTVocoder(configuration)
    return Model(network: network, parameters: try Parameters(network.specs, from: checkpoint), card: card)
  }

  private static func loadPublished(_ checkpoint: Checkpoint) throws(ModelError) -> Model {
    let published = PublishedTensors(checkpoint, ignoring: ["feature_extractor.", "head.istft."])
    let shapes = checkpoint.tensors.mapValues(\.shape)
    var configuration = Configuration.paper
    guard let embed = shapes["backbone.embed.weight"], embed.count == 3, embed[2] == kernel,
      let inner = shapes["backbone.convnext.0.pwconv1.weight"], inner.count == 2,
      let out = shapes["head.out.weight"], out.count == 2, out[0] % 2 == 0
    else {
      throw .configuration(file: checkpoint.name, reason: "its tensors are not shaped as Vocos's for mel features")
    }
    configuration.features.bands = embed[1]
    configuration.features.spectrogram.size = out[0] - 2
    (configuration.width, configuration.hidden) = (embed[0], inner[0])
    configuration.blocks = (0...).first { shapes["backbone.convnext.\($0).gamma"] == nil } ?? 0
    guard configuration.isSane else {
      throw .configuration(file: checkpoint.name, reason: "its sizes are not those of a vocoder")
    }
    let network = ISTFTVocoder(configuration)
    let parameters = try published.parameters(network.specs) { spec in
      guard let tensor = published.plain(spec.name) else { return nil }
      switch spec.shape.count {
      case 3: return tensor.rank == 3 ? tensor.transposed(2, 1, 0) : tensor
      case 2: return tensor.rank == 2 ? tensor.transposed(1, 0) : tensor
      default: return tensor
      }
    }
    let card = ModelCard(
      architecture: id, role: "vocoder", preset: "paper", configuration: configuration.json,
      purpose: "sound at \(configuration.features.sampleRate) Hz from log-mel spectrograms; from \(checkpoint.name)",
      data: "not recorded in the file; weights of this form were published with Vocos (Siuzdak 2023)", steps: 0,
      seed: 0,
      figures: "")
    return Model(network: network, parameters: parameters, card: card)
  }

  /// The network with its numbers.
  public struct Model: Vocoder {
    public let network: ISTFTVocoder
    public let parameters: Parameters
    public let card: ModelCard
    private let weights: Weights

    /// - Parameter type: what to compute in.
    public init(network: ISTFTVocoder, parameters: Parameters, card: ModelCard, type: ElementType = .f32) {
      (self.network, self.parameters, self.card) = (network, parameters, card)
      weights = Compute.perform { network.weights(parameters.cast(to: type)) }
    }

    public var features: MelSpectrogram { network.configuration.features }
    public var reach: Int { network.reach }
    public func waveform(_ mel: Tensor) -> Tensor { Compute.perform { network.signal(network.polar(mel, weights)) } }
  }
}

extension ISTFTVocoder.Configuration {
  var isSane: Bool {
    features.isSane && (1...4096).contains(width) && (1...16384).contains(hidden) && (1...64).contains(blocks)
  }

  package var json: String { encodedAsJSON(self) }
}

extension MelSpectrogram {
  /// Whether the sizes make features, and not ones that a hostile file would use to exhaust memory.
  var isSane: Bool {
    let s = spectrogram
    return (1000...384_000).contains(sampleRate) && (2...65536).contains(s.size) && s.size % 2 == 0
      && (1...s.size).contains(s.hop) && (1...1024).contains(bands) && lowest >= 0 && highest > lowest
      && highest <= Double(sampleRate) && floor > 0 && addedPower >= 0
  }
}

/// JSON with its keys in order, as model files hold it.
func encodedAsJSON(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}
