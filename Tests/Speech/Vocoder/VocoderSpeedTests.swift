import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import Testing

/// Figures on standard output of the vocoders whose names hold ONESTEP_VOCODER_SPEED, where that is set, such as "v2" or
/// "istft": nothing is asserted about time.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ONESTEP_VOCODER_SPEED"] != nil))
struct VocoderSpeedTests {
  private func card(_ id: String) -> ModelCard {
    ModelCard(
      architecture: id, role: "vocoder", preset: "", configuration: "", purpose: "", data: "", steps: 0, seed: 1,
      figures: "")
  }

  @Test("Time of every published size on random weights")
  func speed() {
    var vocoders: [(String, any Vocoder)] = []
    for (name, c) in [("v1", HiFiGAN.Configuration.v1), ("v2", .v2), ("v3", .v3)] {
      let network = HiFiGAN(c)
      for type in [ElementType.f32, .bf16] {
        vocoders.append(
          (
            "hifi-gan \(name) \(type)",
            HiFiGAN.Model(
              network: network, parameters: Parameters(specs: network.specs, seed: 1), card: card(HiFiGAN.id),
              type: type)
          ))
      }
    }
    for (name, c) in [("small", ISTFTVocoder.Configuration.small), ("paper", .paper)] {
      let network = ISTFTVocoder(c), p = Parameters(specs: network.specs, seed: 1)
      for type in [ElementType.f32, .bf16] {
        vocoders.append(
          (
            "istft \(name) \(type)",
            ISTFTVocoder.Model(network: network, parameters: p, card: card(ISTFTVocoder.id), type: type)
          ))
      }
    }
    let part = ProcessInfo.processInfo.environment["ONESTEP_VOCODER_SPEED"] ?? ""
    for (name, vocoder) in vocoders where name.contains(part) {
      let frames = 172, mel = Tensor.normal([1, frames, vocoder.features.bands], seed: 1) * 2 - 5
      for _ in 0..<2 { _ = vocoder.waveform(mel) }
      let begin = Foundation.clock(), wall = ContinuousClock.now
      let times = (0..<7).map { _ -> Double in
        let start = ContinuousClock.now
        _ = vocoder.waveform(mel)
        return start.duration(to: .now) / .milliseconds(1)
      }.sorted()
      let seconds = Double(vocoder.samples(frames: frames)) / Double(vocoder.features.sampleRate)
      let processor = Double(Foundation.clock() - begin) / Double(CLOCKS_PER_SEC) * 1000 / 7
      print(
        "\(name): median \(times[3] / seconds), least \(times[0] / seconds) ms, processor \(processor / seconds) ms a second of "
          + "sound, \(Compute.threads) threads, \(wall.duration(to: .now))")
    }
  }
}
