import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import OneStepTestSupport
import Testing

/// A network of a few thousand numbers.
enum TinySpeech {
  static func configuration(_ denoiser: MelDenoiserConfiguration? = nil) -> CoMoSpeech.Configuration {
    var c = CoMoSpeech.Configuration.small
    (c.encoder.symbols, c.encoder.channels, c.encoder.inner, c.encoder.durationChannels) = (12, 16, 32, 16)
    (c.encoder.layers, c.encoder.mels) = (2, 8)
    var convolution = MelConvNet.Configuration.small
    (convolution.width, convolution.blocks, convolution.timeFeatures, convolution.timeHidden) = (16, 3, 8, 8)
    c.denoiser = denoiser ?? .convolution(convolution)
    return c
  }

  static func unet() -> CoMoSpeech.Configuration {
    var unet = MelUNet.Configuration.paper
    unet.width = 16
    return configuration(.unet(unet))
  }

  /// Parameters away from their start, at which a head of zeros would hide the rest.
  static func parameters(_ network: CoMoSpeech, seed: UInt64 = 3) -> Parameters {
    Parameters(specs: network.specs, seed: seed).mapped { spec, tensor in
      tensor + Tensor.normal(tensor.shape, seed: seed &+ 1, stream: UInt64(spec.name.utf8.count)) * 0.1
    }
  }

  static func model(_ c: CoMoSpeech.Configuration = configuration(), role: String = "student") -> CoMoSpeechModel {
    let network = CoMoSpeech(c)
    return CoMoSpeechModel(
      network: network, parameters: parameters(network),
      card: ModelCard(
        architecture: CoMoSpeech.id, role: role, preset: "small", configuration: c.json, purpose: "", data: "",
        steps: 0,
        seed: 1, figures: ""))
  }
}

@Suite struct CoMoSpeechTests {
  @Test("the distillation's grid and the teacher's") func grids() throws {
    let path = CoMoSpeech(.paper).path
    let grid = Array(try TimeGrid.karras(on: path, steps: 49, endsAtData: false).times.reversed())
    let expected = [
      1: 0.002, 2: 0.00326076, 3: 0.00514927, 10: 0.0668563, 25: 2.29432, 26: 2.7541, 40: 23.7712, 49: 71.501, 50: 80,
    ]
    for (place, time) in expected { #expect(abs(grid[place - 1] / time - 1) < 3e-6, "t\(place)") }
    let teacher = try TimeGrid.karras(on: path, steps: 5).times
    for (time, wanted) in zip(teacher, [80, 17.5278, 2.51522, 0.169753, 0.002, 0]) {
      #expect(abs(time - wanted) <= 3e-6 * max(wanted, 1e-9))
    }
  }

  @Test("preconditioning and loss weights") func preconditioning() {
    let rows: [(s: Double, skip: Double, output: Double, input: Double, time: Double, weight: Double)] = [
      (0.002, 1, 0, 1.999984, -1.553652, 250_004), (0.1, 0.9630052, 0.09609691, 1.961161, -0.5756463, 104),
      (0.5, 0.502004, 0.3521392, 1.414214, -0.1732868, 8), (1, 0.2006414, 0.4463192, 0.8944272, 0, 5),
      (80, 3.906293e-5, 0.4999777, 0.01249976, 1.095507, 4.000156),
    ]
    for row in rows {
      let p = Preconditioning.consistency(noise: row.s, floor: 0.002, deviation: 0.5)
      #expect(abs(p.skip - row.skip) < 1e-6 && abs(p.output - row.output) < 1e-6 && abs(p.input - row.input) < 1e-6)
      #expect(abs(log(row.s) / 4 - row.time) < 1e-6)
      let weight = (row.s * row.s + 0.25) / (row.s * row.s * 0.25)
      #expect(abs(weight / row.weight - 1) < 1e-6)
    }
  }

  @Test("the network's clock at the highest noise") func timeFeatures() {
    let f = TimeFeatures.positional(width: 64, scale: 1000)([log(80.0) / 4]).floats
    for (place, value) in [
      (0, 0.788999), (1, -0.246879), (31, 0.109332), (32, -0.614395), (33, -0.969046), (63, 0.994005),
    ] { #expect(abs(Double(f[place]) - value) < 1e-5, "feature \(place)") }
  }

  @Test("at the lowest noise the result is the input, whatever the network", arguments: [false, true])
  func boundary(unet: Bool) throws {
    let network = CoMoSpeech(unet ? TinySpeech.unet() : TinySpeech.configuration())
    let p = TinySpeech.parameters(network)
    let x = Tensor.normal([2, 8, 8], seed: 1), condition = MelCondition(prior: .normal([2, 8, 8], seed: 2))
    let lowest = [Double](repeating: network.path.range.lowerBound, count: 2)
    let result = try network.teacher(p)(x, at: lowest, condition)
    #expect(result.floats == x.floats)
  }

  @Test("published sizes") func sizes() {
    let network = CoMoSpeech(.paper)
    func count(_ part: String) -> Int {
      network.specs.filter { $0.name.hasPrefix(part) }.reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
    #expect(count("encoder.") == 7_200_145)
    #expect(count("decoder.") == 7_634_887)
    let small = CoMoSpeech(.small).specs.filter { $0.name.hasPrefix("decoder.") }
    #expect(small.reduce(0) { $0 + $1.shape.reduce(1, *) } < 2_500_000)
  }

  @Test("padding changes neither encoder nor denoiser") func padding() throws {
    let network = CoMoSpeech(TinySpeech.configuration()), p = TinySpeech.parameters(network)
    let ids = [3, 1, 4, 1, 5, 9, 2]
    var none: RandomSource?
    let alone = network.encoder(TokenBatch([ids]), p, dropout: &none)
    let padded = network.encoder(TokenBatch([ids, [Int](repeating: 7, count: 13)], multiple: 16), p, dropout: &none)
    for (a, b) in [(alone.mean, padded.mean), (alone.logDurations, padded.logDurations)] {
      #expect(largestDifference(a, b.sliced(axis: 0, 0..<1).sliced(axis: 1, 0..<ids.count)) < 2e-5)
    }
    let x = Tensor.normal([1, 11, 8], seed: 1), prior = Tensor.normal([1, 11, 8], seed: 2)
    func wide(_ t: Tensor) -> Tensor { t.padded(axis: 1, before: 0, after: 21) }
    let short = network.denoiser(x, [0.3], MelCondition(prior: prior), p)
    let mask = padMask([11], 32), noisy = wide(x) + (1 - mask)
    let long = network.denoiser(noisy, [0.3], MelCondition(prior: wide(prior), mask: mask), p)
    #expect(largestDifference(short, long.sliced(axis: 1, 0..<11)) < 2e-5)
    #expect(long.sliced(axis: 1, 11..<32).absolute().maximum().item == 0)
  }

  @Test("durations: rounding, speed and fixed tokens") func durations() {
    func frames(
      _ lengths: [Double], _ rounding: CoMoSpeech.Rounding, speed: Double = 1, fixed: [Int: Int] = [:]
    ) -> [Int] { LengthRegulator.frames(lengths, stretch: 1 / speed, fixed: fixed, rounding) }
    #expect(frames([1.2, 2.5, 0.1], .up) == [2, 3, 1])
    #expect(frames([1.4, 1.4, 1.4, 1.4, 1.4], .ends) == [1, 2, 1, 2, 1])
    #expect(frames([4, 6], .ends, speed: 2) == [2, 3])
    #expect(frames([4, 6, 4], .ends, fixed: [1: 9]) == [4, 9, 4])
    #expect(frames([0.1], .ends) == [1])
    // Published: 1.5 (2 + 3 + 1) = 9 frames; tokens end at ceil(3), ceil(7.5) and 9.
    #expect(frames([1.2, 2.5, 0.1], .up, speed: 1 / 1.5) == [3, 5, 1])
  }

  @Test("same seed, same mel; another seed or temperature, another") func speaking() throws {
    let model = TinySpeech.model(), ids = [3, 1, 4, 1, 5]
    var options = SpeakingOptions()
    options.durations = [0: 4, 2: 30]
    let one = try model(ids, options)
    #expect(one.mel.shape == [one.durations.reduce(0, +), 8])
    #expect(one.durations[0] == 4 && one.durations[2] == 30 && one.networkCalls == 1)
    #expect(try model(ids, options).mel.floats == one.mel.floats)
    options.seed = 2
    #expect(try model(ids, options).mel.floats != one.mel.floats)
    options.temperature = 0
    let calm = try model(ids, options)
    options.seed = 3
    #expect(try model(ids, options).mel.floats == calm.mel.floats)
    options.steps = 4
    let refined = try model(ids, options)
    options.seed = 4
    #expect(try refined.networkCalls == 4 && model(ids, options).mel.floats == refined.mel.floats)
    options.temperature = 1
    #expect(try model(ids, options).mel.floats != refined.mel.floats)
    #expect(try TinySpeech.model(role: "teacher")(ids, options).networkCalls == 5)
  }

  @Test("what cannot be said is refused") func refusals() {
    let model = TinySpeech.model()
    #expect(throws: AcousticError.noSymbols) { try model([]) }
    #expect(throws: AcousticError.symbol(12, index: 1, count: 12)) { try model([0, 12]) }
    var options = SpeakingOptions()
    options.durations = [5: 3]
    #expect(throws: AcousticError.duration(3, index: 5, tokens: 1)) { try model([1], options) }
    options.durations = [:]
    options.speed = .nan
    #expect(throws: AcousticError.self) { try model([1], options) }
  }

  @Test("a model file gives the model back", arguments: [false, true]) func files(unet: Bool) throws {
    let model = TinySpeech.model(unet ? TinySpeech.unet() : TinySpeech.configuration())
    let path = temporaryPath("model.safetensors")
    try model.card.write(model.parameters, to: path)
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(CoMoSpeech.detects(checkpoint) && !GradTTS.detects(checkpoint))
    let loaded = try CoMoSpeech.load(checkpoint)
    #expect(loaded.network.configuration == model.network.configuration)
    #expect(try loaded([1, 2, 3]).mel.floats == model([1, 2, 3]).mel.floats)
  }
}

func largestDifference(_ a: Tensor, _ b: Tensor) -> Float { (a - b).absolute().maximum().item }

func temporaryPath(_ name: String) -> String {
  let folder = FileManager.default.temporaryDirectory.appending(path: "onestep-\(UUID().uuidString)").path
  try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  return folder + "/" + name
}
