import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct VocoderTests {
  static func small(_ change: (inout ISTFTVocoder.Configuration) -> Void = { _ in }) -> ISTFTVocoder.Model {
    var c = ISTFTVocoder.Configuration.small
    (c.width, c.hidden, c.blocks) = (32, 48, 2)
    change(&c)
    let network = ISTFTVocoder(c)
    let card = ModelCard(
      architecture: ISTFTVocoder.id, role: "vocoder", preset: "small", configuration: "", purpose: "", data: "",
      steps: 0,
      seed: 1, figures: "")
    // Larger than they start, so that every layer matters.
    let p = Parameters(specs: network.specs, seed: 1).mapped { $1.rank > 1 ? $1 * 5 : $1 }
    return ISTFTVocoder.Model(network: network, parameters: p, card: card)
  }

  @Test("Speaking in pieces gives the bytes of the whole", arguments: [1, 7, 40], [Spectrogram.Padding.same, .centre])
  func streaming(_ piece: Int, _ padding: Spectrogram.Padding) {
    let vocoder = Self.small { $0.features.spectrogram.padding = padding }
    let mel = Tensor.normal([1, 61, 80], seed: 2)
    let whole = vocoder.waveform(mel).floats
    var stream = VocoderStream(vocoder, piece: 5), pieces: [Float] = [], at = 0
    while at < 61 {
      let end = min(61, at + piece)
      pieces += stream.append(mel.sliced(axis: 1, at..<end))
      at = end
    }
    pieces += stream.finish()
    let same = pieces == whole
    #expect(pieces.count == vocoder.samples(frames: 61) && same)
  }

  @Test("HiFi-GAN speaks in pieces too")
  func streamingHiFiGAN() throws {
    let checkpoint = try Checkpoint(contentsOf: VocoderParityTests.path("hifi-gan-v3.zip.pth"))
    let vocoder = try HiFiGAN.load(checkpoint)
    let mel = Tensor.normal([1, 80, 80], seed: 2) * 2 - 5
    let whole = vocoder.waveform(mel).floats
    var stream = VocoderStream(vocoder, piece: 8), pieces: [Float] = []
    for at in stride(from: 0, to: 80, by: 10) { pieces += stream.append(mel.sliced(axis: 1, at..<at + 10)) }
    pieces += stream.finish()
    // Its convolutions choose their kernels by length, so roundings may differ.
    expectClose(pieces, whole.map(Double.init), relative: 1e-5)
  }

  @Test("The frames outside its reach do not change a sample")
  func reach() {
    let vocoder = Self.small()
    let mel = Tensor.normal([1, 64, 80], seed: 2)
    let changed = Tensor.concatenated([mel.sliced(axis: 1, 0..<63), mel.sliced(axis: 1, 63..<64) + 3], axis: 1)
    let (a, b) = (vocoder.waveform(mel).floats, vocoder.waveform(changed).floats)
    let first = zip(a, b).enumerated().first { $1.0 != $1.1 }!.offset
    #expect(first / 256 >= 63 - vocoder.reach && first / 256 < 62)
  }

  @Test("The whole network has the gradient that differences show")
  func gradient() {
    var c = ISTFTVocoder.Configuration.small
    (c.width, c.hidden, c.blocks) = (16, 24, 1)
    c.features = MelSpectrogram(sampleRate: 8000, spectrogram: Spectrogram(size: 32, hop: 8), bands: 6, highest: 4000)
    let network = ISTFTVocoder(c),
      start = Parameters(specs: network.specs, seed: 3).mapped { $1.rank > 1 ? $1 * 10 : $1 }
    let mel = Tensor.normal([1, 5, 6], seed: 1)
    Compute.perform {
      func loss(_ p: Parameters) -> Tensor { network(mel, p).squared().sum() }
      let tape = Tape()
      let leaves = start.watched(on: tape)
      let gradients = tape.gradients(of: loss(leaves), for: leaves.tensors)
      tape.reset()
      for (index, spec) in start.specs.enumerated() {
        let direction = Tensor.normal(spec.shape, seed: 9, stream: UInt64(index))
        let slope = Double((gradients[index] * direction).sum().item)
        let numeric = centralDifference(2e-3) { h in
          var moved = start
          moved[spec.name] = start.tensors[index] + direction * Float(h)
          return Double(loss(moved).item)
        }
        #expect(abs(slope - numeric) <= 0.02 * max(abs(numeric), 0.1), "\(spec.name): \(slope) for \(numeric)")
      }
    }
  }
}
