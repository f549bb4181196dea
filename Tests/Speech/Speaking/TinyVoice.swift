import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepTensors

/// A voice of random numbers, small and quick: 125 frames a second at 8 kHz, some five frames a phone.
enum TinyVoice {
  static let features = MelSpectrogram(
    sampleRate: 8000, spectrogram: Spectrogram(size: 256, hop: 64), bands: 8, highest: 4000)

  static func acoustic(
    seed: UInt64 = 3, _ change: (inout CoMoSpeech.Configuration) -> Void = { _ in }
  ) -> CoMoSpeechModel {
    var c = TinySpeech.configuration()
    (c.encoder.symbols, c.sampleRate) = (PhoneSymbols.count, features.sampleRate)
    c.hop = features.spectrogram.hop
    change(&c)
    let network = CoMoSpeech(c)
    var p = TinySpeech.parameters(network, seed: seed)
    p["encoder.proj_w.proj.bias"] = Tensor([Float(1.6)], shape: [1])
    return CoMoSpeechModel(network: network, parameters: p, card: card(CoMoSpeech.id, "student", c.json))
  }

  static func vocoder(_ change: (inout MelSpectrogram) -> Void = { _ in }, seed: UInt64 = 1) -> ISTFTVocoder.Model {
    var c = ISTFTVocoder.Configuration.small
    (c.features, c.width, c.hidden, c.blocks) = (features, 16, 24, 2)
    change(&c.features)
    let network = ISTFTVocoder(c)
    let p = Parameters(specs: network.specs, seed: seed).mapped { $1.rank > 1 ? $1 * 5 : $1 }
    return ISTFTVocoder.Model(network: network, parameters: p, card: card(ISTFTVocoder.id, "vocoder", c.json))
  }

  static func frontEnd() throws -> FrontEnd {
    let words = ["hello": "HH AH0 L OW1", "world": "W ER1 L D", "the": "DH AH0", "a": "AH0", "three": "TH R IY1"]
    let entries = words.map { (word: $0.key, phones: [Phone](arpabet: $0.value)!) }
    return FrontEnd(lexicon: try Lexicon(Lexicon.compiled(from: entries), name: "test"), network: nil)
  }

  static func voice(_ name: String = "tiny", seed: UInt64 = 3, rate: Int = 8000) throws -> Voice {
    try Voice(
      name: name, acoustic: acoustic(seed: seed) { $0.sampleRate = rate }, vocoder: vocoder { $0.sampleRate = rate },
      frontEnd: frontEnd())
  }

  static func card(_ architecture: String, _ role: String, _ configuration: String) -> ModelCard {
    ModelCard(
      architecture: architecture, role: role, preset: "tiny", configuration: configuration, purpose: "", data: "",
      steps: 0, seed: 1, figures: "")
  }
}
