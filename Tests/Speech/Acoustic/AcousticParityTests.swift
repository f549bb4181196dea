import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import OneStepTestSupport
import Testing

/// Against the published code of CoMoSpeech and Grad-TTS, on random weights: Tests/Parity/reference_acoustic.py.
@Suite struct AcousticParityTests {
  /// Another reference, such as one of the published sizes, can be named here.
  static let path =
    ProcessInfo.processInfo.environment["ONESTEP_ACOUSTIC_REFERENCE"]
    ?? URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Acoustic/comospeech-tiny.safetensors").path

  /// Published files with the reference's names and the formula's numbers.
  private struct Reference {
    let results: Checkpoint
    let tokens: [Int]

    init() throws {
      results = try Checkpoint(contentsOf: AcousticParityTests.path)
      tokens = try JSONDecoder().decode([Int].self, from: Data((results.metadata["tokens"] ?? "").utf8))
    }

    subscript(name: String) -> Tensor { results.tensors[name]!.tensor() }

    var condition: MelCondition { MelCondition(prior: self["mu"], mask: self["mask"]) }

    func file(decoder: String, copies: [String] = []) throws -> Checkpoint {
      let text = Data((results.metadata["names"] ?? "").utf8)
      let names = try #require(try JSONSerialization.jsonObject(with: text) as? [[Any]])
      let entries = try names.enumerated().flatMap { index, pair -> [(String, Tensor)] in
        let name = try #require(pair[0] as? String), shape = try #require(pair[1] as? [Int])
        let tensor = weight(UInt64(index), name, shape)
        let own = "decoder.denoise_fn."
        guard name.hasPrefix(own) else { return [(name, tensor)] }
        return ([decoder] + copies).map { ($0 + name.dropFirst(own.count), tensor) }
      }
      let path = temporaryPath("published.safetensors")
      try Checkpoint.write(entries, to: path)
      return try Checkpoint(contentsOf: path)
    }

    private func weight(_ seed: UInt64, _ name: String, _ shape: [Int]) -> Tensor {
      var generator = SplitMix(seed: seed)
      let u = Tensor(
        (0..<shape.reduce(1, *)).map { _ in Float(Int(generator.next() >> 40) - (1 << 23)) * 0x1p-23 }, shape: shape)
      if name.hasSuffix(".g") { return u * 0.125 + 0.25 }
      if shape.count == 1 {
        return u * 0.125 + (name.hasSuffix("gamma") || name.hasSuffix("weight") ? 1 : 0)
      }
      if name.hasSuffix("emb.weight") || name.contains("emb_rel") { return u * 0.25 }
      let gain = name.contains("to_qkv") ? 0.125 : name.contains("final_conv") ? 0.125 : 1
      return u * Float(gain * (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
    }
  }

  private func expectSame(_ name: String, _ found: Tensor, _ reference: Reference) {
    let wanted = reference[name]
    let error = largestDifference(found, wanted) / wanted.absolute().maximum().item
    if AcousticParityTests.path.contains("paper") { print("\(name): relative error \(error)") }
    #expect(error <= 1e-4, "\(name): relative error \(error)")
  }

  @Test func comospeech() throws {
    let reference = try Reference(), checkpoint = try reference.file(decoder: "decoder.denoise_fn.")
    #expect(CoMoSpeech.detects(checkpoint) && !GradTTS.detects(checkpoint))
    let model = try CoMoSpeech.load(checkpoint), network = model.network, p = model.parameters
    #expect(model.card.role == "teacher")
    let ids = reference["ids"], length = ids.shape[1], symbols = ids.floats.map(Int.init)
    let tokens = TokenBatch(reference.tokens.enumerated().map { Array(symbols[$0 * length..<$0 * length + $1]) })
    var none: RandomSource?
    let (mean, logDurations) = network.encoder(tokens, p, dropout: &none)
    expectSame("mean", mean, reference)
    expectSame("logw", logDurations, reference)
    let condition = reference.condition
    let raw = network.denoiser(reference["x"], reference["clock"].floats.map(Double.init), condition, p)
    expectSame("raw", raw, reference)
    let noise = (reference["z"] + condition.prior) * condition.mask!
    expectSame(
      "one", try network.student(p).map.generated(from: noise, on: network.path, condition), reference)
    let grid = try TimeGrid.karras(on: network.path, steps: 4)
    expectSame(
      "euler", try Solver.euler.sample(noise * 80, over: grid, with: network.teacher(p), condition), reference)
  }

  @Test func gradTTS() throws {
    let reference = try Reference(), checkpoint = try reference.file(decoder: "decoder.estimator.")
    #expect(GradTTS.detects(checkpoint) && !CoMoSpeech.detects(checkpoint))
    let model = try GradTTS.load(checkpoint), condition = reference.condition
    let start = (condition.prior + reference["z"]) * condition.mask!
    let result = GradTTS.sample(start, steps: 4, condition) {
      model.network.denoiser($0, $1, condition, model.parameters)
    }
    expectSame("grad", result, reference)
    #expect(try model([1, 2, 3]).networkCalls == 1)
  }

  @Test("a student's file loads without its copies; a damaged or foreign one is refused") func students() throws {
    let reference = try Reference()
    let copies = ["decoder.denoise_fn_ema.", "decoder.denoise_fn_pretrained."]
    let student = try CoMoSpeech.load(reference.file(decoder: "decoder.denoise_fn.", copies: copies))
    let teacher = try CoMoSpeech.load(reference.file(decoder: "decoder.denoise_fn."))
    #expect(student.card.role == "student")
    #expect(zip(student.parameters.tensors, teacher.parameters.tensors).allSatisfy { $0.floats == $1.floats })
    #expect(throws: ModelError.self) {
      try CoMoSpeech.load(reference.file(decoder: "decoder.denoise_fn.", copies: ["decoder.other."]))
    }
    #expect(throws: ModelError.self) { try GradTTS.load(reference.file(decoder: "decoder.denoise_fn.")) }
  }
}
