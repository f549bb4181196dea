import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension CoMoSpeech: Architecture {
  public static let id = "comospeech"

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    guard checkpoint.tensors["encoder.emb.weight"] != nil else { return false }
    return ["decoder.denoise_fn.mlp.0.weight", "decoder.mlp.0.weight", "decoder.tail.weight"].contains {
      checkpoint.tensors[$0] != nil
    }
  }

  /// Loads a file of this package, or published weights of a teacher or a student; a student's copies of its average and of
  /// its teacher are left out.
  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> CoMoSpeechModel {
    guard ModelCard.isPresent(in: checkpoint) else { return try loadPublished(checkpoint) }
    let card = try ModelCard(of: checkpoint)
    let configuration: Configuration = try card.decodedConfiguration(of: id, GradTTS.id, in: checkpoint, isSane: \.isSane)
    let network = CoMoSpeech(configuration)
    return CoMoSpeechModel(
      network: network, parameters: try Parameters(network.specs, from: checkpoint), card: card)
  }

  private static func loadPublished(_ checkpoint: Checkpoint) throws(ModelError) -> CoMoSpeechModel {
    let published = try PublishedSpeech(checkpoint, decoder: "decoder.denoise_fn.")
    var configuration = Configuration.paper
    (configuration.encoder, configuration.denoiser) = (published.encoder, .unet(published.unet))
    guard configuration.isSane else {
      throw .configuration(file: checkpoint.name, reason: "its tensors have sizes that no network of this kind has")
    }
    let network = CoMoSpeech(configuration), copies = ["decoder.denoise_fn_ema.", "decoder.denoise_fn_pretrained."]
    let parameters = try published.parameters(network.specs, leavingOut: copies)
    let isStudent = checkpoint.names.contains { $0.hasPrefix(copies[0]) }
    return CoMoSpeechModel(
      network: network, parameters: parameters,
      card: ModelCard(
        architecture: id, role: isStudent ? "student" : "teacher", preset: "paper", configuration: configuration.json,
        purpose: "mel frames from phones; from \(checkpoint.name)",
        data: "not recorded in the file; weights of this form were published with CoMoSpeech (Ye et al. 2023)",
        steps: 0,
        seed: 0, figures: ""))
  }
}

extension CoMoSpeech.Configuration {
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
