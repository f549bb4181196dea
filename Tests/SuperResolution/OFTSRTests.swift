import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

import OneStepSuperResolution

@Suite struct OFTSRTests {
  static func tiny(_ blocks: Int = 2, width: Int = 8) -> OFTSR {
    var c = OFTSR.Configuration()
    (c.width, c.blocks, c.detailBlocks, c.timeFeatures, c.timeHidden) = (width, blocks, 2, 8, 16)
    return OFTSR(c)
  }

  /// Tensors that PyTorch computed on the twin (Tests/Parity/oftsr_twin.py reference).
  static func reference() throws -> Checkpoint {
    try Checkpoint(contentsOf: Bundle.module.path(forResource: "Fixtures/oftsr-tiny", ofType: "safetensors")!)
  }

  @Test("value and every gradient agree with the PyTorch twin") func parity() throws {
    let file = try Self.reference(), network = Self.tiny()
    func tensor(_ name: String) -> Tensor { file.tensors[name]!.tensor() }
    let start = Parameters(specs: network.specs, tensors: network.specs.map { tensor("w/" + $0.name) })
    let condition = OFTSR.Condition(low: tensor("low"), upsampled: tensor("up"))
    let times = tensor("tau").floats.map(Double.init), x = tensor("x")
    Compute.perform {
      let tape = Tape()
      let p = start.watched(on: tape)
      let r = network.residual(x, times, condition, p)
      expectClose(r.floats, file.tensors["r"]!.floats().map(Double.init), relative: 1e-4, "residual")
      let loss = network.velocity(x, times, condition, p).absolute().mean()
      #expect(abs(loss.item - tensor("loss").item) < 1e-5)
      let gradients = tape.gradients(of: loss, for: p.tensors)
      tape.reset()
      for (spec, gradient) in zip(network.specs, gradients) {
        expectClose(
          gradient.floats, file.tensors["g/" + spec.name]!.floats().map(Double.init), relative: 2e-4, spec.name)
      }
    }
  }

  @Test("a fresh network returns the upsampled image exactly") func zeroHead() throws {
    let network = Self.tiny()
    let p = Parameters(specs: network.specs, seed: 1)
    let low = Tensor.uniform([1, 6, 7, 3], seed: 1).affine(2, -1), up = Tensor.uniform([1, 24, 28, 3], seed: 2)
    let folded = FoldedOFTSR(network, p, realism: 0.5, type: .f32)
    let y = folded(.init(low: low, upsampled: up), noise: { .normal([1, 24, 28, 3], seed: 3) })
    #expect(y.floats == up.floats)
  }

  @Test("folding the knob into the filters changes nothing", arguments: [0.0, 0.4, 1.0])
  func folding(_ realism: Double) throws {
    let file = try Self.reference(), network = Self.tiny()
    func tensor(_ name: String) -> Tensor { file.tensors[name]!.tensor() }
    let p = Parameters(specs: network.specs, tensors: network.specs.map { tensor("w/" + $0.name) })
    let low = tensor("low").sliced(axis: 0, 0..<1), up = tensor("up").sliced(axis: 0, 0..<1)
    let noise = Tensor.normal(up.shape, seed: 5), condition = OFTSR.Condition(low: low, upsampled: up)
    let x = network.path.point(up, anchor: up, noise: noise, at: [1])
    // One step from the source to the data, with the student's target time as its knob.
    let expected = x - network.velocity(x, [1 - realism], condition, p)
    let folded = FoldedOFTSR(network, p, realism: realism, type: .f32)(condition, noise: { noise })
    expectClose(folded.floats, expected.floats.map(Double.init), relative: 1e-4)
  }

  @Test("what the trunk makes of the condition is the same whether it is prepared or not") func prepared() throws {
    let file = try Self.reference(), network = Self.tiny()
    func tensor(_ name: String) -> Tensor { file.tensors[name]!.tensor() }
    let p = Parameters(specs: network.specs, tensors: network.specs.map { tensor("w/" + $0.name) })
    let condition = OFTSR.Condition(low: tensor("low"), upsampled: tensor("up")), x = tensor("x")
    for times in [[1.0, 1.0], [0.2, 1.0]] {
      let plain = network.residual(x, times, condition, p)
      #expect(network.residual(x, times, network.prepared(condition, p), p).floats == plain.floats)
    }
  }

  @Test("fidelity does not depend on the noise, and needs no detail") func fidelity() throws {
    let file = try Self.reference(), network = Self.tiny()
    var p = Parameters(specs: network.specs, tensors: network.specs.map { file.tensors["w/" + $0.name]!.tensor() })
    let condition = OFTSR.Condition(
      low: file.tensors["low"]!.tensor().sliced(axis: 0, 0..<1), upsampled: file.tensors["up"]!.tensor().sliced(axis: 0, 0..<1))
    func restored(_ seed: UInt64, _ realism: Double) -> [Float] {
      network.restoration(p, realism: realism, type: .f32)(condition) { .normal(condition.upsampled.shape, seed: seed) }.floats
    }
    let first = restored(1, 0)
    #expect(first == restored(2, 0) && restored(1, 0.5) != restored(2, 0.5))
    // Towards 0 the knob comes to the same image continuously.
    #expect(zip(first, restored(1, 1e-6)).allSatisfy { abs($0 - $1) < 1e-4 })
    p["detail.up.weight"] = .zeros(p["detail.up.weight"]!.shape)
    #expect(first == restored(1, 0))
  }

  @Test("a model file comes back equal, and detection finds its architecture") func roundTrip() throws {
    let network = Self.tiny(3)
    let p = Parameters(specs: network.specs, seed: 4)
    let card = ModelCard(
      architecture: OFTSR.id, role: "student", preset: "small", configuration: network.configuration.json,
      purpose: "test", data: "none", steps: 0, seed: 4, figures: "")
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try card.write(p, to: path)
    let file = try Checkpoint(contentsOf: path)
    let registry = try Registry([SuperResolutionPlugin.self])
    #expect(try registry.architecture(of: file).id == "oftsr")
    let model = try OFTSR.load(file)
    #expect(model.card == card && model.network.configuration == network.configuration)
    #expect(zip(model.parameters.tensors, p.tensors).allSatisfy { $0.floats == $1.floats })
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    bytes[bytes.count - 3] ^= 1
    #expect(throws: ModelError.self) { try OFTSR.load(Checkpoint(decoding: bytes, name: "bent")) }
  }
}
