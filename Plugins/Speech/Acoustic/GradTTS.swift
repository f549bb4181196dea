import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Grad-TTS (Popov et al. 2021): the same encoder and network, whose output is the score of a diffusion towards N(mu, I).
///
/// Time: as in the paper, 0 is data and 1 the source.
public enum GradTTS: Architecture {
  public static let id = "grad-tts"

  /// `x_t = a y + (1 - a) mu + sqrt(1 - a²) z` with a = exp(-B / 2), B = 0.05 t + 19.95 t² / 2 (equation 5).
  public static let path: Path = {
    let plain = Path.variancePreserving(beta0: 0.05, beta1: 20)
    return Path(
      name: "grad-tts", range: 1e-5...1,
      scales: {
        let s = plain.scales($0)
        return Path.Scales(signal: s.signal, anchor: 1 - s.signal, noise: s.noise)
      },
      derivatives: {
        let d = plain.derivatives($0)
        return Path.Scales(signal: d.signal, anchor: -d.signal, noise: d.noise)
      }, time: plain.time)
  }()

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.tensors["encoder.emb.weight"] != nil && checkpoint.tensors["decoder.estimator.mlp.0.weight"] != nil
  }

  /// Loads published weights of one voice.
  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> CoMoSpeechModel {
    let published = try PublishedSpeech(checkpoint, decoder: "decoder.estimator.")
    var configuration = CoMoSpeech.Configuration.paper
    (configuration.encoder, configuration.denoiser) = (published.encoder, .unet(published.unet))
    configuration.formulation = .diffusion
    guard configuration.isSane else {
      throw .configuration(file: checkpoint.name, reason: "its tensors have sizes that no network of this kind has")
    }
    let network = CoMoSpeech(configuration)
    return CoMoSpeechModel(
      network: network, parameters: try published.parameters(network.specs),
      card: ModelCard(
        architecture: id, role: "teacher", preset: "paper", configuration: configuration.json,
        purpose: "mel frames from phones; from \(checkpoint.name)",
        data: "not recorded in the file; weights of this form were published with Grad-TTS (Popov et al. 2021)",
        steps: 0, seed: 0, figures: ""))
  }

  /// The deterministic sampler: from a point at t = 1, `steps` equal steps with the velocity in the middle of each.
  package static func sample(
    _ x: Tensor, steps: Int, _ condition: MelCondition, score: (_ x: Tensor, _ times: [Double]) -> Tensor
  ) -> Tensor {
    (0..<steps).reduce(x) { x, i in
      let times = [Double](repeating: 1 - (Double(i) + 0.5) / Double(steps), count: x.shape[0])
      let velocity = Prediction.score.convert(
        score(x, times), to: .velocity, x: x, at: times, path: path, anchor: condition.prior)
      let next = x - velocity * Float(1 / Double(steps))
      return condition.mask.map { next * $0 } ?? next
    }
  }
}
