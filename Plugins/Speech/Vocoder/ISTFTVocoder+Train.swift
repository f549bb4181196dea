import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

extension ISTFTVocoder {
  /// A run in two phases: spectral losses alone, then critics beside them.
  public struct Training: Sendable, Codable, Equatable {
    /// Of both phases.
    public var steps: Int
    /// Those at the end in which critics take part.
    public var adversarialSteps: Int
    /// Of Muon: of matrices and filters a step moves 0.4 of it. Adam at 2e-3 needs four times the steps.
    public var rate = 0.02
    /// Of AdamW.
    public var adversarialRate = 2e-4
    /// Segments a step and frames a segment.
    public var rows = 16
    public var frames = 64
    /// The same with critics.
    public var adversarialRows = 8
    public var adversarialFrames = 32
    public var seed: UInt64
    public var mixedPrecision: Bool

    public static let adversarialShare = 0.25

    /// - Parameter adversarialShare: of the steps.
    public init(
      steps: Int, adversarialShare: Double = Training.adversarialShare, seed: UInt64 = 1, mixedPrecision: Bool = false
    ) {
      (self.steps, self.seed, self.mixedPrecision) = (steps, seed, mixedPrecision)
      adversarialSteps = Int(Double(steps) * adversarialShare)
    }

    var spectralSteps: Int { steps - adversarialSteps }

    func plan(steps: Int, rate: Double, offset: UInt64, final: Double) -> TrainingPlan {
      TrainingPlan(
        steps: max(1, steps),
        rate: LearningRate(peak: rate, warmUp: min(200, steps / 10), shape: .cosine, final: final),
        seed: seed &+ offset,
        mixedPrecision: mixedPrecision)
    }
  }

  /// A vocoder in training: the state of its trainer and of the critics'.
  public struct VocoderTrainer {
    public let network: ISTFTVocoder
    public let training: Training
    private let recordings: Recordings
    private let losses: SpectralLosses
    private let critics = VocoderCritics()
    public private(set) var spectral: Trainer
    /// The second phase's trainers, once it has begun.
    private var adversarial: (vocoder: Trainer, critics: Trainer)?

    /// - Parameters:
    ///   - recordings: at the sample rate of the network's features.
    ///   - start: parameters to go on from; `nil` for fresh ones.
    public init(
      _ network: ISTFTVocoder, _ training: Training, _ recordings: Recordings, from start: Parameters? = nil
    ) {
      precondition(
        recordings.sampleRate == network.configuration.features.sampleRate,
        "recordings at \(recordings.sampleRate) Hz for a vocoder at \(network.configuration.features.sampleRate) Hz")
      (self.network, self.training, self.recordings) = (network, training, recordings)
      losses = SpectralLosses(network.configuration.features)
      spectral = Trainer(
        training.plan(steps: training.spectralSteps, rate: training.rate, offset: 0, final: 0.1), rule: .muon(),
        from: start ?? Parameters(specs: network.specs, seed: training.seed))
    }

    /// Steps made so far, of both phases.
    public var step: Int { spectral.step + (adversarial?.vocoder.step ?? 0) }
    public var isFinished: Bool { step >= training.steps }
    /// The averaged parameters.
    public var parameters: Parameters { (adversarial?.vocoder ?? spectral).average.parameters }

    /// Makes one step and reports it, counted within its phase. When a number is not finite nothing has changed, and an
    /// error names the term.
    public mutating func advance() throws -> Trainer.Report {
      if spectral.step < training.spectralSteps { return try advanceAlone() }
      return try advanceWithCritics()
    }

    private mutating func advanceAlone() throws -> Trainer.Report {
      let (network, training, losses, recordings) = (network, training, losses, recordings)
      return try spectral.advance { p, random in
        let sound = recordings.draw(rows: training.rows, samples: Self.samples(network, training.frames), &random)
        let target = losses.target(sound)
        let polar = network.polar(target.mel, network.weights(p))
        return losses(network.signal(polar), phase: polar.phase, target)
      }
    }

    private mutating func advanceWithCritics() throws -> Trainer.Report {
      var pair = adversarial ?? startOfSecondPhase()
      let (network, training, losses, recordings, critics) = (network, training, losses, recordings, critics)
      var real: Tensor?, made: Tensor?
      let judges = pair.critics.parameters
      let report = try pair.vocoder.advance { p, random in
        let sound = recordings.draw(
          rows: training.adversarialRows, samples: Self.samples(network, training.adversarialFrames), &random)
        let target = losses.target(sound)
        let polar = network.polar(target.mel, network.weights(p))
        let signal = network.signal(polar)
        (real, made) = (sound, signal.values)
        var all = losses(signal, phase: polar.phase, target)
        all.add(critics.generatorLosses(real: sound, made: signal, judges))
        return all
      }
      _ = try pair.critics.advance { p, _ in critics.losses(real: real!, made: made!, p) }
      adversarial = pair
      return report
    }

    private func startOfSecondPhase() -> (vocoder: Trainer, critics: Trainer) {
      func trainer(_ start: Parameters, _ offset: UInt64, mixedPrecision: Bool) -> Trainer {
        var plan = training.plan(
          steps: training.adversarialSteps, rate: training.adversarialRate, offset: offset, final: 0.02)
        plan.mixedPrecision = mixedPrecision
        return Trainer(plan, rule: .adamW(beta1: 0.8, beta2: 0.99), from: start)
      }
      let judges = Parameters(specs: critics.specs, seed: training.seed &+ 0xC417)
      return (
        trainer(spectral.average.parameters, 0xADE5, mixedPrecision: training.mixedPrecision),
        // Convolutions of so few channels are slower in bf16.
        trainer(judges, 0xC417, mixedPrecision: false)
      )
    }

    private static func samples(_ network: ISTFTVocoder, _ frames: Int) -> Int {
      frames * network.configuration.features.spectrogram.hop
    }

    // MARK: State

    /// Writes everything needed to go on with the same bits, as files that begin with `path`. The file of the vocoder is
    /// the last to appear: with it the state is whole.
    public func save(to path: String) throws {
      guard let adversarial else { return try spectral.save(to: path + ".spectral.safetensors") }
      try adversarial.critics.save(to: Self.criticsPath(path, adversarial.critics.step))
      try adversarial.vocoder.save(to: path + ".adversarial.safetensors")
      // Older critics are of no more use.
      let folder = (path as NSString).deletingLastPathComponent, now = Self.criticsPath(path, adversarial.critics.step)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
      for name in names where name.hasPrefix((path as NSString).lastPathComponent + ".critics-") {
        let file = (folder as NSString).appendingPathComponent(name)
        if (file as NSString).lastPathComponent != (now as NSString).lastPathComponent {
          try FileManager.default.removeItem(atPath: file)
        }
      }
    }

    private static func criticsPath(_ path: String, _ step: Int) -> String { "\(path).critics-\(step).safetensors" }

    /// Whether ``save(to:)`` left a state there.
    public static func isSaved(at path: String) -> Bool {
      FileManager.default.fileExists(atPath: path + ".spectral.safetensors")
    }

    /// Takes over the state that ``save(to:)`` wrote; when an error is thrown, nothing has changed.
    public mutating func restore(from path: String) throws {
      var next = self
      try next.spectral.restore(from: path + ".spectral.safetensors")
      next.adversarial = nil
      let second = path + ".adversarial.safetensors"
      if FileManager.default.fileExists(atPath: second) {
        var pair = next.startOfSecondPhase()
        try pair.vocoder.restore(from: second)
        try pair.critics.restore(from: Self.criticsPath(path, pair.vocoder.step))
        next.adversarial = pair
      }
      self = next
    }

    /// The averaged network, ready to speak.
    public func model(purpose: String, data: String, figures: String) -> Model {
      Model(
        network: network, parameters: parameters,
        card: ModelCard(
          architecture: ISTFTVocoder.id, role: "vocoder", preset: "small", configuration: network.configuration.json,
          purpose: purpose, data: data, steps: step, seed: training.seed, figures: figures))
    }

    /// Makes the remaining steps, saving every `interval` seconds and at the end.
    ///
    /// - Parameters:
    ///   - path: of ``save(to:)``.
    ///   - limit: seconds after which it stops with its state saved.
    ///   - progress: called after every step with the steps of both phases; `false` stops it the same way.
    public mutating func run(
      saving path: String, every interval: Double = 180, limit: Double = .infinity,
      progress: (_ report: Trainer.Report, _ step: Int) throws -> Bool
    ) throws {
      let clock = ContinuousClock(), begin = clock.now
      func seconds(since start: ContinuousClock.Instant) -> Double { start.duration(to: clock.now) / .seconds(1) }
      var saved = begin
      while !isFinished && seconds(since: begin) < limit {
        let wasSpectral = adversarial == nil
        let report: Trainer.Report
        do { report = try advance() } catch {
          try save(to: path)  // the state before the step
          throw error
        }
        // The first phase's last state stays beside the second's.
        if wasSpectral && spectral.isFinished { try save(to: path) }
        if try !progress(report, step) { break }
        if seconds(since: saved) >= interval {
          try save(to: path)
          saved = clock.now
        }
      }
      try save(to: path)
    }
  }
}
