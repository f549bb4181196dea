import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct VocoderParityTests {
  static func path(_ name: String) -> String {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures/Vocoder/\(name)").path
  }

  @Test(
    "Published weights sound as the official code makes them",
    arguments: ["hifi-gan-v1.legacy", "hifi-gan-v3.zip", "vocos.zip"])
  func published(_ name: String) throws {
    let checkpoint = try Checkpoint(contentsOf: Self.path("\(name).pth"))
    let loaded = try Registry([SpeechPlugin.self]).load(checkpoint)
    let vocoder = try #require(loaded as? any Vocoder)
    let reference = try Checkpoint(contentsOf: Self.path("\(name).safetensors"))
    let sound = vocoder.waveform(reference.tensors["mel"]!.tensor())
    let expected = reference.tensors["sound"]!
    #expect(sound.shape == expected.shape)
    expectClose(sound.floats, expected.floats().map(Double.init), relative: 1e-4)
  }

  @Test(
    "A model that was imported is the same when written and read again", arguments: ["hifi-gan-v3.zip", "vocos.zip"])
  func roundTrip(_ name: String) throws {
    let registry = try Registry([SpeechPlugin.self])
    let first = try registry.load(Checkpoint(contentsOf: Self.path("\(name).pth")))
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("onestep-\(getpid())-\(name).safetensors")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try first.card.write(first.parameters, to: path)
    let second = try registry.load(Checkpoint(contentsOf: path))
    #expect(second.card == first.card)
    let mel = Tensor.normal([1, 4, (first as! any Vocoder).features.bands], seed: 1)
    #expect((first as! any Vocoder).waveform(mel).floats == (second as! any Vocoder).waveform(mel).floats)
  }

  @Test("The published sizes have the published numbers of parameters")
  func sizes() {
    for (configuration, count) in [(HiFiGAN.Configuration.v1, 13_926_017), (.v2, 925_985), (.v3, 1_462_273)] {
      #expect(Parameters(specs: HiFiGAN(configuration).specs, seed: 1).count == count)
    }
    let vocos = Parameters(specs: ISTFTVocoder(.paper).specs, seed: 1).count
    #expect(abs(Double(vocos) - 13.53e6) < 0.02e6, "\(vocos)")
  }

  @Test("Foreign and damaged weights are refused with their tensors' names")
  func refused() throws {
    let good = try Checkpoint(contentsOf: Self.path("vocos.zip.pth"))
    let entries = good.names.map { ($0, good.tensors[$0]!.tensor()) }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("onestep-\(getpid())-bad.safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Checkpoint.write(entries.filter { $0.0 != "head.out.bias" }, to: path)
    #expect { try ISTFTVocoder.load(Checkpoint(contentsOf: path)) } throws: { "\($0)".contains("head.out.bias") }
    try Checkpoint.write(entries + [("backbone.extra", Tensor.ones([2]))], to: path)
    #expect { try ISTFTVocoder.load(Checkpoint(contentsOf: path)) } throws: { "\($0)".contains("backbone.extra") }
    try Checkpoint.write([("other", Tensor.ones([2]))], to: path)
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(!ISTFTVocoder.detects(checkpoint) && !HiFiGAN.detects(checkpoint))
  }
}
