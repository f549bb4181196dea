import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

import OneStepSuperResolution

@Suite struct PublishedUNetTests {
  /// What torch.save wrote: a list without names of 144 tensors.
  static let listed = "sr_bicubic-sf4-guided_unet-sigma0.2-bs32-loss_l1-lr1e-05-distil-v_boot-tiny.pth"

  /// A checkpoint of the given tensors; the numbers are the list's own where a change does not say otherwise.
  static func checkpoint(
    _ change: (inout [(name: String, shape: [Int], values: [Float])]) -> Void, name: String = "list.safetensors"
  ) throws -> Checkpoint {
    let file = try GuidedUNetTests.fixture(listed)
    var entries = (0..<file.names.count).map { index -> (name: String, shape: [Int], values: [Float]) in
      let tensor = file.tensors["ema.shadow_params.\(index)"]!
      return ("ema.shadow_params.\(index)", tensor.shape, tensor.floats())
    }
    change(&entries)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())-\(name)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Checkpoint.write(entries.map { ($0.name, Tensor($0.values, shape: $0.shape)) }, as: .f16, to: path)
    return try Checkpoint(contentsOf: path)
  }

  /// Exchanges what stands at two places of the list.
  static func swapped(_ i: Int, _ j: Int) throws -> Checkpoint {
    try checkpoint { entries in
      (entries[i].shape, entries[j].shape) = (entries[j].shape, entries[i].shape)
      (entries[i].values, entries[j].values) = (entries[j].values, entries[i].values)
    }
  }

  static func error(_ file: () throws -> Checkpoint) throws -> ModelError? {
    let checkpoint = try file()
    do throws(ModelError) {
      _ = try GuidedUNet.load(checkpoint)
      return nil
    } catch { return error }
  }

  @Test("a list without names is recognised, measured and computes what PyTorch computes") func list() throws {
    let file = try GuidedUNetTests.fixture(Self.listed)
    let registry = try Registry([SuperResolutionPlugin.self])
    let model = try #require(registry.load(file) as? RestorationModel<GuidedUNet>)
    let c = model.network.configuration
    #expect(c.channels == 32 && c.widths == [32, 64] && c.blocks == 1 && c.attention == [false, true])
    #expect(c.sigma == 0.2 && c.scale == 4 && c.upsampling == .bicubic)
    #expect(model.card.role == "student" && model.card.preset == "paper" && model.card.steps == 20000)
    let example = try GuidedUNetTests.fixture("guided-unet-listed.safetensors")
    let times = example.tensors["t"]!.floats().map(Double.init)
    let y = Compute.perform { model.network.output(example.tensors["x"]!.tensor(), times, model.parameters) }
    expectClose(y.floats, example.tensors["y"]!.floats().map(Double.init), relative: 1e-4)
  }

  @Test("a state dictionary is the same model, under either prefix", arguments: ["", "module.", "model.module."])
  func named(_ prefix: String) throws {
    let specs = try GuidedUNet.load(GuidedUNetTests.fixture(Self.listed)).network.specs
    let file = try Self.checkpoint { entries in
      for index in entries.indices { entries[index].name = prefix + specs[index].name }
    }
    let model = try GuidedUNet.load(file), list = try GuidedUNet.load(GuidedUNetTests.fixture(Self.listed))
    #expect(model.network.configuration.widths == [32, 64])
    #expect(zip(model.parameters.tensors, list.parameters.tensors).allSatisfy { $0.floats == $1.floats })
    let lacking = try Self.checkpoint { entries in
      for index in entries.indices { entries[index].name = prefix + specs[index].name }
      entries.remove(at: 29)
    }
    #expect(
      try Self.error { lacking }
        == .tensors(file: lacking.name, missing: [specs[29].name], unexpected: [], misshapen: []))
  }

  @Test(
    "tensors of different shape in each other's place are named, with both shapes",
    arguments: [(0, 2), (6, 8), (8, 9), (60, 93)])
  func permuted(_ i: Int, _ j: Int) throws {
    let specs = try GuidedUNet.load(GuidedUNetTests.fixture(Self.listed)).network.specs
    let right = try Self.checkpoint { _ in }.tensors, file = try Self.swapped(i, j)
    let shapes = [i, j].map { right["ema.shadow_params.\($0)"]!.shape }
    let error = try #require(try Self.error { file })
    guard shapes[0] != shapes[1] else {
      Issue.record("tensors \(i) and \(j) have the same shape \(shapes[0])")
      return
    }
    #expect(
      error == .misplaced(file: file.name, index: i, name: specs[i].name, expected: shapes[0], found: shapes[1]))
    let words = ["tensor \(i) ", specs[i].name, "\(shapes[0])", "\(shapes[1])"]
    #expect(words.allSatisfy { "\(error)".contains($0) }, "\(error)")
  }

  @Test("a scale and a shift in each other's place are found by their numbers") func equalShapes() throws {
    let file = try Self.swapped(6, 7)
    #expect(
      try Self.error { file }
        == .implausible(file: file.name, index: 6, name: "input_blocks.1.0.in_layers.0.weight"))
  }

  @Test("a list that ends too early or too late is refused with both counts") func counts() throws {
    let short = try Self.checkpoint { $0.removeLast() }
    #expect(try Self.error { short } == .tensorCount(file: short.name, expected: 144, found: 143))
    let long = try Self.checkpoint { $0.append(("ema.shadow_params.144", [2], [0, 0])) }
    #expect(try Self.error { long } == .tensorCount(file: long.name, expected: 144, found: 145))
    let three = try Self.checkpoint { $0[4] = ($0[4].name, [32, 3, 3, 3], [Float](repeating: 0, count: 864)) }
    #expect(
      try Self.error { three }
        == .misplaced(
          file: three.name, index: 4, name: "input_blocks.0.0.weight", expected: [32, 6, 3, 3], found: [32, 3, 3, 3]))
  }

  @Test("a file that was cut short is refused") func truncated() throws {
    let path = try #require(Bundle.module.path(forResource: "Fixtures/\(Self.listed)", ofType: nil))
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for count in [100, bytes.count / 2, bytes.count - 30] {
      #expect(throws: CheckpointError.self) { try Checkpoint(decoding: Array(bytes[..<count]), name: "cut.pth") }
    }
  }

  @Test("the file's name says noise, role and enlargement") func names() {
    let noisy = PublishedName(
      "sr_avp-sf4-sigmay_0.05-guided_unet-sigma0.5-bs128-loss_l1-lr0.0001-FFHQ-checkpoint_23.pth")
    #expect(noisy.sigma == 0.5 && noisy.role == "teacher" && noisy.upsampling == .nearest && noisy.scale == 4)
    let renamed = PublishedName("mine.pth")
    #expect(renamed.sigma == 0.1 && renamed.role == "student" && renamed.upsampling == .bicubic)
    #expect(PublishedName("a-guided_unet-sigma0.2.pth").sigma == 0.2)
  }
}
