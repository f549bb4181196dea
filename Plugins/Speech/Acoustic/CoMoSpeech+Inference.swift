import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// How an utterance is spoken.
public struct SpeakingOptions: Sendable, Equatable {
  /// 2 is twice as fast.
  public var speed = 1.0
  /// Frames of single tokens, by index, where the predicted ones are not wanted. Speed does not change them.
  public var durations: [Int: Int] = [:]
  /// Network calls of a student, 1 or more; steps of a teacher.
  public var steps = 1
  /// Standard deviation of the noise: 0 always gives the same.
  public var temperature = 1.0
  public var seed: UInt64 = 1

  public init() {}
}

/// The mel frames of an utterance.
public struct SpokenMel: Sendable {
  /// Natural logarithms of mel magnitudes, `[T, M]`.
  public let mel: Tensor
  /// Frames of each token; their sum is T.
  public let durations: [Int]
  /// Calls of the denoiser.
  public let networkCalls: Int
}

public enum AcousticError: Error, Equatable, CustomStringConvertible {
  case noSymbols
  case symbol(Int, index: Int, count: Int)
  case option(String, value: Double, allowed: String)
  /// An override for a token that is not there, or of no frames.
  case duration(Int, index: Int, tokens: Int)
  case tooLong(frames: Int, limit: Int)

  public var description: String {
    switch self {
    case .noSymbols: "there is nothing to say: the utterance has no symbols"
    case .symbol(let id, let index, let count):
      "symbol \(id) at position \(index) is outside 0..<\(count); was the text prepared for another voice?"
    case .option(let name, let value, let allowed): "\(name) \(value) is outside \(allowed)"
    case .duration(let frames, let index, let tokens):
      "a duration of \(frames) frames for token \(index) of \(tokens); give 1 frame or more to a token that is there"
    case .tooLong(let frames, let limit): "the utterance has \(frames) frames, more than \(limit); split the text"
    }
  }
}

extension CoMoSpeechModel {
  /// Frames an utterance may have: some twenty minutes.
  static let mostFrames = 100_000

  /// The mel of symbols `ids`.
  public func callAsFunction(_ ids: [Int], _ options: SpeakingOptions = SpeakingOptions()) throws -> SpokenMel {
    try Compute.perform {
      let c = network.configuration
      let (mean, logDurations) = try encoded(ids, options)
      let durations = try frames(logDurations, options), total = durations.reduce(0, +)
      guard total <= Self.mostFrames else { throw AcousticError.tooLong(frames: total, limit: Self.mostFrames) }
      let multiple = c.denoiser.frameMultiple, padded = (total + multiple - 1) / multiple * multiple
      let mask = padded == total ? nil : padMask([total], padded)
      let prior = LengthRegulator.expanded(mean, [durations], frames: padded, mask: mask)
      let condition = MelCondition(prior: prior, mask: mask)
      let (data, calls) = try sample(condition, options)
      let mel = network.mel(data, condition).sliced(axis: 1, 0..<total).reshaped(total, c.encoder.mels)
      return SpokenMel(mel: c.statistics?.restored(mel) ?? mel, durations: durations, networkCalls: calls)
    }
  }

  /// Predicted frames of every token.
  public func durations(_ ids: [Int], _ options: SpeakingOptions = SpeakingOptions()) throws -> [Int] {
    try Compute.perform { try frames(encoded(ids, options).logDurations, options) }
  }

  // MARK: Parts

  /// Mean frames `[1, I, M]` and logarithms of durations, for each token.
  private func encoded(_ ids: [Int], _ options: SpeakingOptions) throws -> (mean: Tensor, logDurations: [Float]) {
    let count = network.configuration.encoder.symbols
    guard !ids.isEmpty else { throw AcousticError.noSymbols }
    if let bad = ids.firstIndex(where: { !(0..<count).contains($0) }) {
      throw AcousticError.symbol(ids[bad], index: bad, count: count)
    }
    func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws {
      guard range.contains(value) else {
        throw AcousticError.option(name, value: value, allowed: "\(range.lowerBound)...\(range.upperBound)")
      }
    }
    try check("speed", options.speed, 0.1...10)
    try check("temperature", options.temperature, 0...10)
    try check("steps", Double(options.steps), 1...1000)
    if let bad = options.durations.first(where: { !ids.indices.contains($0.key) || $0.value < 1 }) {
      throw AcousticError.duration(bad.value, index: bad.key, tokens: ids.count)
    }
    var none: RandomSource?
    let (mean, logDurations) = network.encoder(TokenBatch([ids], multiple: 16), parameters, dropout: &none)
    return (mean, Array(logDurations.floats.prefix(ids.count)))
  }

  private func frames(_ logDurations: [Float], _ options: SpeakingOptions) throws -> [Int] {
    // An untrained network may say anything; a token of more than a minute is never meant.
    let lengths = logDurations.map { min(exp(Double($0)), 4000) }
    return LengthRegulator.frames(
      lengths, stretch: 1 / options.speed, fixed: options.durations, network.configuration.rounding)
  }

  private func sample(_ condition: MelCondition, _ options: SpeakingOptions) throws -> (Tensor, calls: Int) {
    let path = network.path, shape = condition.prior.shape
    var random = RandomSource(seed: options.seed)
    if network.configuration.formulation == .diffusion {
      let start = random.normal(shape) * Float(options.temperature) + condition.prior
      let data = GradTTS.sample(
        condition.mask.map { start * $0 } ?? start, steps: options.steps, condition
      ) { network.denoiser($0, $1, condition, parameters) }
      return (data, options.steps)
    }
    let renew: (inout RandomSource) -> Tensor = { random in
      network.noise(random.normal(shape) * Float(options.temperature), condition)
    }
    let start = renew(&random)
    if card.role == "teacher" {
      // One evaluation more than steps: the last interval ends at data, as published.
      let grid = try TimeGrid.karras(on: path, steps: options.steps + 1)
      let source = start * Float(path.range.upperBound)
      let data = try Solver.euler.sample(source, over: grid, with: network.teacher(parameters), condition)
      return (data, grid.steps)
    }
    let sampler: Sampler =
      options.steps == 1
      ? .oneStep
      : .renoising(times: try TimeGrid.karras(on: path, steps: options.steps, endsAtData: false).times.dropLast())
    let map = network.student(parameters).map
    return (try sampler(map, noise: start, on: path, condition, &random, renew: renew), sampler.calls)
  }
}

extension LengthRegulator {
  /// Whole frames of tokens with `lengths` in frames.
  ///
  /// - Parameters:
  ///   - stretch: by which lengths are multiplied.
  ///   - fixed: frames of single tokens, by index.
  package static func frames(
    _ lengths: [Double], stretch: Double, fixed: [Int: Int], _ rounding: CoMoSpeech.Rounding
  ) -> [Int] {
    var (end, taken) = (0.0, 0)
    // Fixed tokens keep out of the running sum, or they would take over what others owe.
    var durations = lengths.enumerated().map { index, length -> Int in
      if let frames = fixed[index] { return frames }
      end += stretch * (rounding == .up ? length.rounded(.up) : length)
      let last = max(taken, Int(rounding == .up ? end.rounded(.up) : end.rounded()))
      defer { taken = last }
      return last - taken
    }
    // Published: the whole is as long as the rounded-down sum.
    if rounding == .up && fixed.isEmpty, let token = durations.lastIndex(where: { $0 > 0 }) {
      durations[token] -= min(durations[token], taken - Int(end))
    }
    if durations.allSatisfy({ $0 == 0 }) { durations[durations.count - 1] = 1 }
    return durations
  }
}
