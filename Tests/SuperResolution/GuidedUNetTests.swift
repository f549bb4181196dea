import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

import OneStepSuperResolution

@Suite struct GuidedUNetTests {
  static func fixture(_ name: String) throws -> Checkpoint {
    try Checkpoint(contentsOf: try #require(Bundle.module.path(forResource: "Fixtures/\(name)", ofType: nil)))
  }

  /// The network of Tests/Parity/guided_unet_reference.py's TINY.
  static var tiny: GuidedUNet {
    var c = GuidedUNet.Configuration(channels: 4, widths: [4, 4, 8], blocks: 1, attention: [false, false, true])
    (c.groups, c.headChannels) = (2, 4)
    return GuidedUNet(c)
  }

  static func restorer() throws -> Restorer {
    let file = try #require(PublishedUNet(fixture("guided-unet-tiny.safetensors")))
    let card = ModelCard(
      architecture: GuidedUNet.id, role: "student", preset: "paper", configuration: tiny.configuration.json,
      purpose: "test", data: "none", steps: 0, seed: 0, figures: "")
    return Restorer(
      RestorationModel(network: tiny, parameters: try file.parameters(of: tiny), card: card), precision: .f32)
  }

  @Test(
    "the published sizes have the published numbers of parameters",
    arguments: [(GuidedUNet.Configuration.paper, 93_567_366, 362), (.imageNet, 552_820_998, 566)])
  func counts(_ configuration: GuidedUNet.Configuration, _ parameters: Int, _ tensors: Int) {
    let specs = GuidedUNet(configuration).specs
    #expect(specs.reduce(0) { $0 + $1.shape.reduce(1, *) } == parameters && specs.count == tensors)
    #expect(configuration.isSane)
  }

  @Test("value and every gradient agree with the PyTorch implementation") func parity() throws {
    let file = try Self.fixture("guided-unet-tiny.safetensors"), network = Self.tiny
    let gradients = try Self.fixture("guided-unet-tiny-gradients.safetensors")
    let start = try #require(PublishedUNet(file)).parameters(of: network)
    let x = file.tensors["x"]!.tensor(), times = file.tensors["t"]!.floats().map(Double.init)
    Compute.perform {
      let tape = Tape()
      defer { tape.reset() }
      let p = start.watched(on: tape)
      let y = network.output(x, times, p)
      expectClose(y.floats, file.tensors["y"]!.floats().map(Double.init), relative: 1e-4, "output")
      let loss = y.sliced(axis: 3, 0..<3).absolute().mean()
      #expect(abs(loss.item - file.tensors["loss"]!.floats()[0]) < 1e-5)
      for (spec, own) in zip(network.specs, tape.gradients(of: loss, for: p.tensors)) {
        let expected = PublishedUNet.converted(gradients.tensors[spec.name]!.tensor(), spec)
        expectClose(own.floats, expected.floats.map(Double.init), relative: 2e-4, spec.name)
      }
    }
  }

  @Test("a velocity is minus the paper's, at one minus its time, whatever the sides") func convention() throws {
    let network = Self.tiny
    let p = try #require(PublishedUNet(Self.fixture("guided-unet-tiny.safetensors"))).parameters(of: network)
    let x = Tensor.normal([2, 8, 12, 3], seed: 1), up = Tensor.uniform([2, 8, 12, 3], seed: 2)
    let condition = OFTSR.Condition(low: Tensor.zeros([2, 2, 3, 3]), upsampled: up)
    let v = network.output(.concatenated([x, up], axis: 3), [0.25, 0.001], p).sliced(axis: 3, 0..<3)
    let u = network.velocity(x, [0.75, 1], condition, p)
    expectClose(u.floats, v.floats.map { -Double($0) }, relative: 1e-6)
    func cut(_ t: Tensor) -> Tensor { t.sliced(axis: 1, 0..<7).sliced(axis: 2, 0..<9) }
    let odd = network.velocity(cut(x), [0.75, 1], OFTSR.Condition(low: condition.low, upsampled: cut(up)), p)
    #expect(odd.shape == [2, 7, 9, 3] && odd.floats.allSatisfy(\.isFinite))
  }

  @Test("a fresh network leaves the source of the path as it is") func fresh() throws {
    let network = Self.tiny, p = Parameters(specs: Self.tiny.specs, seed: 3)
    let up = Tensor.uniform([1, 8, 8, 3], seed: 1), noise = Tensor.normal([1, 8, 8, 3], seed: 2)
    let restoration = network.restoration(p, realism: 0.5, type: .f32)
    let y = restoration(OFTSR.Condition(low: Tensor.zeros([1, 2, 2, 3]), upsampled: up)) { noise }
    let source = network.path.point(up, anchor: up, noise: noise, at: [1])
    expectClose(y.floats, source.floats.map(Double.init), relative: 1e-6)
  }

  @Test("dropout depends on its seed and is off without one") func dropout() throws {
    let network = Self.tiny
    let p = try #require(PublishedUNet(Self.fixture("guided-unet-tiny.safetensors"))).parameters(of: network)
    let x = Tensor.normal([1, 8, 8, 6], seed: 1)
    func run(_ seed: UInt64?) -> [Float] { network.output(x, [0.5], p, seed).floats }
    #expect(run(1) == run(1) && run(1) != run(2) && run(nil) == run(nil) && run(nil) != run(1))
  }

  @Test("images of any size are restored, the same for the same seed") func restoring() throws {
    let restorer = try Self.restorer()
    var options = Restorer.Options()
    options.realism = 0.9
    for (width, height) in [(1, 1), (9, 7), (16, 8)] {
      let image = try RestorerTests.image(width, height)
      let large = try restorer(image, options)
      #expect(large.size == PixelSize(width: 4 * width, height: 4 * height))
      #expect(try restorer(image, options) == large)
    }
    let image = try RestorerTests.image(9, 7)
    let first = try restorer(image, options)
    options.seed = 1
    #expect(try restorer(image, options) != first)
  }

  @Test("an image that fits in a tile is computed whole, and tiles of a larger one nearly agree") func tiles() throws {
    let restorer = try Self.restorer(), image = try RestorerTests.image(40, 20)
    var options = Restorer.Options(), tiles = 0
    func restored() throws -> Image {
      try restorer(image, options) { _, all in
        tiles = all
        return true
      }
    }
    let whole = try restored()
    #expect(tiles == 1)
    options.tile = 20
    let cut = try restored()
    #expect(tiles == 2)
    #expect(try PSNR.rgb(whole, cut) > 30)
  }

  @Test("both stages train it by the objectives of the small network") func stages() throws {
    let crops = PhotographCrops([try RestorerTests.image(40, 40)], scale: 4, degradation: .bicubic, minimum: 8)
    var training = OFTSR.Training(steps: 5, mixedPrecision: false, recipe: GuidedUNet.recipe)
    #expect(training.steps == [.teacher: 5, .student: 1] && training.rates[.teacher] == 1e-4 && training.side == 64)
    training.steps[.teacher] = 2
    (training.rows, training.side) = (2, 8)
    var teacher = OFTSR.StageTrainer(.teacher, Self.tiny, training, crops, from: nil)
    while !teacher.trainer.isFinished { #expect(try teacher.advance().total.isFinite) }
    #expect(teacher.trainer.plan.average.decay == 0.9999 && teacher.trainer.plan.rate.shape == .constant)
    var student = OFTSR.StageTrainer(
      .student, Self.tiny, training, crops, from: teacher.trainer.average.parameters)
    #expect(try student.advance().parts.map(\.name) == ["distill", "constraint", "align", "boundary"])
    let model = student.model(purpose: "", data: "", figures: "")
    #expect(model.card.architecture == "oftsr-unet" && model.card.preset == "paper")
  }

  @Test("a model file comes back equal, and detection finds its architecture") func roundTrip() throws {
    let network = Self.tiny, p = Parameters(specs: Self.tiny.specs, seed: 4)
    let card = ModelCard(
      architecture: GuidedUNet.id, role: "student", preset: "paper", configuration: network.configuration.json,
      purpose: "test", data: "none", steps: 0, seed: 4, figures: "")
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try card.write(p, to: path)
    let file = try Checkpoint(contentsOf: path), registry = try Registry([SuperResolutionPlugin.self])
    #expect(try registry.architecture(of: file).id == "oftsr-unet")
    let model = try #require(registry.load(file) as? RestorationModel<GuidedUNet>)
    #expect(model.card == card && model.network.configuration == network.configuration)
    #expect(zip(model.parameters.tensors, p.tensors).allSatisfy { $0.floats == $1.floats })
  }
}
