import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSuperResolution
import OneStepTensors
import Testing

@Suite struct RestorerTests {
  /// A small network whose every parameter matters.
  static func restorer(blocks: Int = 1) -> Restorer {
    // Channels in sixteens, as the shipped networks have: their convolutions compute blocks of pixels.
    let network = OFTSRTests.tiny(blocks, width: 16)
    let p = Parameters(specs: network.specs, seed: 1).mapped { spec, t in
      t + Tensor.normal(t.shape, seed: 7, stream: UInt64(spec.name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF })) * 0.05
    }
    let card = ModelCard(
      architecture: OFTSR.id, role: "student", preset: "small", configuration: network.configuration.json,
      purpose: "test", data: "none", steps: 0, seed: 1, figures: "")
    return Restorer(RestorationModel(network: network, parameters: p, card: card), precision: .f32)
  }

  static func image(_ width: Int, _ height: Int, channels: Int = 3, bits: Int = 8) throws -> Image {
    let noise = Tensor.uniform([height * width * channels], seed: 5).floats
    return try Image(floats: noise, width: width, height: height, channels: channels, bits: bits)
  }

  @Test("any tile gives the same bytes", arguments: [16, 17, 24, 64])
  func tiles(_ tile: Int) throws {
    let restorer = Self.restorer(), image = try Self.image(45, 37)
    var options = Restorer.Options()
    (options.realism, options.seed, options.tile) = (0.8, 3, 4096)
    let whole = try restorer(image, options)
    options.tile = tile
    #expect(try restorer(image, options) == whole)
  }

  @Test("threads do not change a byte, and seeds do") func determinism() throws {
    let restorer = Self.restorer(), image = try Self.image(20, 18)
    var options = Restorer.Options()
    options.realism = 1
    let many = try restorer(image, options)
    #expect(try restorer(image, options) == many)
    options.seed = 1
    #expect(try restorer(image, options) != many)
  }

  @Test("channels and bits stay what they are", arguments: [(1, 8), (2, 8), (3, 16), (4, 8), (4, 16)])
  func forms(_ channels: Int, _ bits: Int) throws {
    let small = try Self.image(9, 7, channels: channels, bits: bits)
    let large = try Self.restorer()(small, seed: 1)
    #expect(large.size == PixelSize(width: 36, height: 28) && large.channels == channels && large.bits == bits)
    if small.hasAlpha {
      let alpha = small.channels - 1
      let expected = Resampler.antialiased(from: small.size, to: large.size)(small, channels: alpha..<alpha + 1)
      let got = large.floats(channels: alpha..<alpha + 1)
      #expect(zip(got, expected).allSatisfy { abs($0 - min(1, max(0, $1))) < 0.003 })
    }
  }

  @Test("one pixel is enough, and other scales are the large result resized") func sizes() throws {
    let restorer = Self.restorer()
    #expect(try restorer(Self.image(1, 1), seed: 0).size == PixelSize(width: 4, height: 4))
    var options = Restorer.Options()
    options.scale = 2
    #expect(try restorer(Self.image(11, 5), options).size == PixelSize(width: 22, height: 10))
  }

  @Test("impossible options are typed errors, and a caller can stop") func refusals() throws {
    let restorer = Self.restorer(), image = try Self.image(20, 20)
    var options = Restorer.Options()
    options.realism = 1.5
    #expect(throws: RestorationError.realism(1.5)) { try restorer(image, options) }
    options = .init()
    options.scale = 5
    #expect(throws: RestorationError.scale(5, most: 4)) { try restorer(image, options) }
    options = .init()
    options.tile = 3
    #expect(throws: RestorationError.tile(3)) { try restorer(image, options) }
    options.tile = 16
    #expect(throws: RestorationError.cancelled) { try restorer(image, options) { done, _ in done < 2 } }
  }

  @Test("bf16 arithmetic stays near f32") func bf16() throws {
    let a = Self.restorer()
    let model = RestorationModel(network: OFTSRTests.tiny(1), parameters: Parameters(specs: OFTSRTests.tiny(1).specs, seed: 1), card: a.card)
    let image = try Self.image(12, 12)
    let f32 = try Restorer(model, precision: .f32)(image, seed: 1), half = try Restorer(model, precision: .bf16)(image, seed: 1)
    #expect(try PSNR.rgb(f32, half) > 45)
  }
}

@Suite struct TrainingDataTests {
  @Test("crops are aligned, degraded and repeatable", arguments: Degradation.allCases)
  func crops(_ degradation: Degradation) throws {
    let photo = try RestorerTests.image(96, 80)
    let crops = PhotographCrops([photo, try RestorerTests.image(20, 20)], scale: 4, degradation: degradation, minimum: 12)
    #expect(crops.count == 1)
    var (a, b) = (RandomSource(seed: 1, stream: 9), RandomSource(seed: 1, stream: 9))
    let first = try crops.draw(rows: 3, side: 12, &a), again = try crops.draw(rows: 3, side: 12, &b)
    #expect(first.data.shape == [3, 48, 48, 3] && first.condition.low.shape == [3, 12, 12, 3])
    #expect(first.data.floats == again.data.floats && first.condition.low.floats == again.condition.low.floats)
    #expect(first.noise.floats == again.noise.floats)
    #expect(a == b)
    #expect(first.data.floats.allSatisfy { $0 >= -1 && $0 <= 1 })
    if degradation == .bicubic {
      // The low-resolution crop is the high-resolution one made small, away from the border.
      let high = try Image(floats: first.data.sliced(axis: 0, 0..<1).affine(0.5, 0.5).floats, width: 48, height: 48, channels: 3)
      let low = high.resized(by: .matlab(from: high.size, to: PixelSize(width: 12, height: 12)))
      let got = first.condition.low.sliced(axis: 0, 0..<1).affine(0.5, 0.5)
      let inner = got.sliced(axis: 1, 3..<9).sliced(axis: 2, 3..<9).floats
      let expected = low.floats(rows: 3..<9, columns: 3..<9)
      #expect(zip(inner, expected).allSatisfy { abs($0 - $1) < 0.01 })
    }
  }

  @Test("the stages follow each other: fidelity is regressed, the flow leaves it as it is") func stages() throws {
    let crops = PhotographCrops([try RestorerTests.image(64, 64)], scale: 4, degradation: .bicubic, minimum: 8)
    let network = OFTSRTests.tiny(1)
    var training = OFTSR.Training(steps: 20, mixedPrecision: false)
    #expect(training.steps == [.fidelity: 20, .teacher: 6, .student: 3])
    (training.rows, training.side) = (4, 8)
    var reports: [OFTSR.Stage: Trainer.Report] = [:], ends: [Parameters] = [Parameters(specs: network.specs, seed: 1)]
    for stage in OFTSR.stages {
      var trainer = OFTSR.StageTrainer(stage, network, training, crops, from: ends.last)
      while !trainer.trainer.isFinished { reports[stage] = try trainer.advance() }
      ends.append(trainer.trainer.parameters)
      #expect(trainer.model(purpose: "", data: "", figures: "").card.role == stage.rawValue)
      for (spec, (old, new)) in zip(network.specs, zip(ends[ends.count - 2].tensors, ends[ends.count - 1].tensors)) {
        let isDetail = spec.name.hasPrefix("detail")
        // The time features reach the output through zero-initialised filters only, so a few steps need not move them all.
        if isDetail == (stage == .fidelity) { #expect(old.floats == new.floats, "\(stage) moved \(spec.name)") }
        if spec.name == (stage == .fidelity ? "up.weight" : "detail.up.weight") {
          #expect(old.floats != new.floats, "\(stage) did not move \(spec.name)")
        }
      }
    }
    #expect(reports.values.allSatisfy { $0.total.isFinite })
    #expect(reports[.student]?.parts.map(\.name) == ["distill", "constraint", "align", "boundary"])
  }
}
