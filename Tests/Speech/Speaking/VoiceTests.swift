import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import Testing

@Suite struct VoiceTests {
  private let folder: String
  private let frontEnd: FrontEnd

  init() throws {
    folder = String(temporaryPath("x").dropLast(2))
    frontEnd = try TinyVoice.frontEnd()
    let model = TinyVoice.acoustic()
    try model.card.write(model.parameters, to: folder + "/voice-ann.safetensors")
  }

  private func write(_ vocoder: ISTFTVocoder.Model, _ name: String) throws {
    try vocoder.card.write(vocoder.parameters, to: folder + "/" + name)
  }

  private func voice(_ vocoder: String? = nil) throws -> Voice {
    try Voice(
      contentsOf: folder + "/voice-ann.safetensors", vocoder: vocoder.map { folder + "/" + $0 }, frontEnd: frontEnd)
  }

  /// The first weight, by which vocoders are told apart.
  private func weight(_ vocoder: (any Vocoder)?) -> [Float]? { vocoder?.parameters.tensors[0].floats }

  @Test("the vocoder is the given one, else the voice's own, else the first that fits") func vocoders() throws {
    #expect(try voice().vocoder == nil && voice().name == "ann" && voice().sampleRate == 8000)
    try write(TinyVoice.vocoder { $0.bands = 9 }, "a.safetensors")
    let (first, own) = (TinyVoice.vocoder(seed: 2), TinyVoice.vocoder(seed: 3))
    try write(first, "b.safetensors")
    try write(TinyVoice.vocoder(seed: 4), "c.safetensors")
    #expect(try weight(voice().vocoder) == weight(first))
    try write(own, "voice-ann-vocoder.safetensors")
    #expect(try weight(voice().vocoder) == weight(own))
    #expect(try weight(voice("b.safetensors").vocoder) == weight(first))
  }

  @Test("files that are no voice or no vocoder say what they are") func wrongFiles() throws {
    try write(TinyVoice.vocoder(), "b.safetensors")
    #expect(throws: VoiceError.notAcoustic(file: "b.safetensors", architecture: "istft-vocoder")) {
      try Voice(contentsOf: folder + "/b.safetensors", frontEnd: frontEnd)
    }
    #expect(throws: VoiceError.notVocoder(file: "voice-ann.safetensors", architecture: "comospeech")) {
      try voice("voice-ann.safetensors")
    }
    let scope = ParameterScope()
    _ = scope.declare("intro.weight", [2], .zeros)
    let path = folder + "/photo.safetensors"
    try TinyVoice.card("oftsr", "student", "{}").write(Parameters(specs: scope.specs, seed: 1), to: path)
    #expect(throws: VoiceError.notAcoustic(file: "photo.safetensors", architecture: "oftsr")) {
      try Voice(contentsOf: path, frontEnd: frontEnd)
    }
    #expect(throws: ModelError.self) { try Voice(contentsOf: folder + "/none.safetensors", frontEnd: frontEnd) }
    try Data("<html>".utf8).write(to: URL(fileURLWithPath: folder + "/page.safetensors"))
    #expect(throws: ModelError.self) { try Voice(contentsOf: folder + "/page.safetensors", frontEnd: frontEnd) }
  }

  @Test("features and symbols must fit") func features() throws {
    try write(TinyVoice.vocoder { $0.sampleRate = 16000 }, "b.safetensors")
    let (wanted, found) = ("8 bands every 64 samples at 8000 Hz", "8 bands every 64 samples at 16000 Hz")
    #expect(throws: VoiceError.features(vocoder: "b.safetensors", wanted: wanted, found: found)) {
      try voice("b.safetensors")
    }
    #expect(throws: VoiceError.features(vocoder: "istft-vocoder", wanted: wanted, found: found)) {
      try Voice(
        name: "x", acoustic: TinyVoice.acoustic(), vocoder: TinyVoice.vocoder { $0.sampleRate = 16000 },
        frontEnd: frontEnd)
    }
    #expect(throws: VoiceError.symbols(file: "x", known: 12, needed: PhoneSymbols.count)) {
      let few = TinyVoice.acoustic { $0.encoder.symbols = 12 }
      return try Voice(name: "x", acoustic: few, vocoder: nil, frontEnd: frontEnd)
    }
  }

  @Test("published weights are refused as a voice") func published() throws {
    let path = folder + "/grad.safetensors", one = Tensor([Float(1)], shape: [1])
    try Checkpoint.write([("encoder.emb.weight", one), ("decoder.estimator.mlp.0.weight", one)], to: path)
    #expect(throws: VoiceError.published(file: "grad.safetensors")) {
      try Voice(contentsOf: path, frontEnd: frontEnd)
    }
  }

  @Test("shipped voices are found by name, the preferred one first") func standard() throws {
    #expect(throws: VoiceError.noVoices(folders: ["/nowhere"])) { try Voice.standard(in: ["/nowhere"]) }
    let model = TinyVoice.acoustic()
    try model.card.write(model.parameters, to: folder + "/voice-slt.safetensors")
    try write(TinyVoice.vocoder(), "voice-slt-vocoder.safetensors")
    let lexicon = Lexicon.compiled(from: [(word: "hello", phones: [Phone](arpabet: "HH AH0 L OW1")!)])
    try lexicon.write(to: URL(fileURLWithPath: folder + "/cmudict.lexicon"))
    let folders = ["/nowhere", folder]
    #expect(Voice.names(in: folders) == ["slt", "ann"])
    #expect(try Voice.standard(in: folders).name == "slt" && Voice.standard(named: "ann", in: folders).name == "ann")
    #expect(throws: VoiceError.unknown("bob", known: ["slt", "ann"])) { try Voice.standard(named: "bob", in: folders) }
  }
}
