import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepTensors

/// Networks of speech at their published sizes and at ours, on random weights.
struct SpeechRow {
  /// Frames of the mels: two seconds at 22 kHz.
  static let frames = 172

  let name: String
  /// Seconds of sound that one run makes, or that its mel stands for.
  let soundSeconds: Double
  /// Makes the inputs and returns the work. Called on the compute thread.
  let prepare: (ElementType) -> () -> Void

  func milliseconds(_ type: ElementType) -> Double { Compute.perform { medianSeconds(of: prepare(type)) } * 1000 }

  static var all: [SpeechRow] {
    [
      denoiser("mel-unet", .paper), denoiser("mel-small", .small), hifiGAN("hifi-gan-v1", .v1),
      hifiGAN("hifi-gan-v2", .v2), hifiGAN("hifi-gan-v3", .v3), istft("vocos", .paper), istft("vocoder-small", .small),
    ]
  }

  /// One step of CoMoSpeech's denoiser.
  private static func denoiser(_ name: String, _ c: CoMoSpeech.Configuration) -> SpeechRow {
    SpeechRow(name: name, soundSeconds: Double(frames * c.hop) / Double(c.sampleRate)) { type in
      let network = CoMoSpeech(c), p = Parameters(specs: network.specs, seed: 1).cast(to: type)
      let shape = [1, frames, c.encoder.mels]
      let condition = MelCondition(prior: .normal(shape, seed: 2), mask: nil), x = Tensor.normal(shape, seed: 3)
      return { _ = network.denoiser(x, [1], condition, p) }
    }
  }

  private static func hifiGAN(_ name: String, _ c: HiFiGAN.Configuration) -> SpeechRow {
    vocoder(name, c.features) { type in
      let network = HiFiGAN(c)
      return HiFiGAN.Model(
        network: network, parameters: Parameters(specs: network.specs, seed: 1), card: card(HiFiGAN.id), type: type)
    }
  }

  private static func istft(_ name: String, _ c: ISTFTVocoder.Configuration) -> SpeechRow {
    vocoder(name, c.features) { type in
      let network = ISTFTVocoder(c)
      return ISTFTVocoder.Model(
        network: network, parameters: Parameters(specs: network.specs, seed: 1), card: card(ISTFTVocoder.id), type: type
      )
    }
  }

  private static func vocoder(
    _ name: String, _ features: MelSpectrogram, _ make: @escaping (ElementType) -> any Vocoder
  ) -> SpeechRow {
    SpeechRow(
      name: name, soundSeconds: Double(frames * features.spectrogram.hop) / Double(features.sampleRate)
    ) { type in
      let vocoder = make(type), mel = Tensor.normal([1, frames, features.bands], seed: 2) * 2 - 5
      return { _ = vocoder.waveform(mel) }
    }
  }

  private static func card(_ id: String) -> ModelCard {
    ModelCard(
      architecture: id, role: "vocoder", preset: "", configuration: "", purpose: "", data: "", steps: 0, seed: 1,
      figures: "")
  }
}
