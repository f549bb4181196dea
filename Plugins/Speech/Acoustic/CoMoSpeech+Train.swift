import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension CoMoSpeech {
  /// Stages of training, in order.
  public enum Stage: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// Encoder and durations: the prior mel.
    case encoder
    /// The denoiser at every noise level, around a prior that stays.
    case teacher
    /// The same network as a map from noise to data in one call, by consistency distillation.
    case student
  }

  /// What a teacher minimises. Both train the same preconditioned network, so a student can start as its copy.
  public enum TeacherObjective: String, Sendable, Codable, CaseIterable {
    /// EDM's weighted denoising (Karras et al. 2022), as in the paper.
    case denoising
    /// The velocity of the straight path (Matcha-TTS, Mehta et al. 2024).
    case flowMatching
  }

  /// One run from utterances to a student.
  public struct Training: Sendable, Codable, Equatable {
    public var steps: [Stage: Int]
    public var rates: [Stage: Double] = [.encoder: 1e-3, .teacher: 1e-2, .student: 2e-4]
    /// Whether the teacher's matrices follow Muon; everything else follows Adam.
    public var teacherUsesMuon = true
    /// Utterances, or pieces of them, a step.
    public var rows = 16
    /// Frames of a piece, in the stages of the denoiser; for the two-dimensional one a multiple of 4.
    public var frames = 128
    public var objective = TeacherObjective.denoising
    /// Intervals of the distillation's grid, at first and in the end; doubled on the way.
    public var intervals = 10
    public var lastIntervals = 40
    /// Whether the teacher's step from noise level to noise level is of second order, for one more call of it.
    public var correctsTeacher = false
    public var seed: UInt64 = 1
    public var mixedPrecision = false

    public init(steps: [Stage: Int]) { self.steps = steps }

    /// The published recipe: 172 frames, a grid of 50 points, a constant small rate.
    public static func paper(steps: [Stage: Int]) -> Training {
      var t = Training(steps: steps)
      t.rates = [.encoder: 1e-4, .teacher: 1e-4, .student: 1e-4]
      (t.frames, t.intervals, t.lastIntervals, t.teacherUsesMuon) = (172, 49, 49, false)
      return t
    }

    func plan(_ stage: Stage) -> TrainingPlan {
      let steps = self.steps[stage] ?? 0, peak = rates[stage] ?? 0
      let rate = LearningRate(peak: peak, warmUp: min(200, steps / 10), shape: .cosine, final: 0.02)
      let place = Stage.allCases.firstIndex(of: stage)!
      return TrainingPlan(
        // The student's average is what it is compared with: the paper's mu.
        steps: steps, rate: rate, averageDecay: stage == .student ? 0.95 : 0.999,
        seed: seed &+ UInt64(place) << 32, mixedPrecision: mixedPrecision)
    }
  }

  /// A stage in progress.
  public struct StageTrainer {
    public let stage: Stage
    package(set) public var trainer: Trainer
    /// With the deviation of the data that the encoder leaves to the denoiser.
    public let network: CoMoSpeech
    private let training: Training
    private let corpus: AcousticCorpus
    private let cache: PriorCache?
    /// The parameters at the beginning: a student's teacher, and what a stage leaves as it is.
    private let start: Parameters

    /// - Parameter start: the result of the stage before; `nil` for fresh parameters.
    public init(
      _ stage: Stage, _ network: CoMoSpeech, _ training: Training, _ corpus: AcousticCorpus, from start: Parameters?
    ) {
      let parameters = start ?? Parameters(specs: network.specs, seed: training.seed)
      var configuration = network.configuration
      configuration.statistics = corpus.statistics
      var cache: PriorCache?
      if stage != .encoder {
        Compute.perform {
          let made = PriorCache(network, corpus, parameters)
          configuration.deviation = made.deviation(of: network)
          cache = made
        }
      }
      (self.stage, self.training, self.corpus, self.cache) = (stage, training, corpus, cache)
      (self.start, self.network) = (parameters, CoMoSpeech(configuration))
      let part = (stage == .encoder ? CoMoSpeech.encoderName : CoMoSpeech.decoderName) + "."
      trainer = Trainer(
        training.plan(stage), rule: stage == .teacher && training.teacherUsesMuon ? .muon() : .adam(), from: parameters, isFrozen: { !$0.name.hasPrefix(part) })
    }

    /// Makes one step.
    public mutating func advance() throws -> Trainer.Report {
      let (stage, network, training, corpus, cache) = (stage, network, training, corpus, cache)
      func ready(_ p: Parameters) -> Parameters { training.mixedPrecision ? p.cast(to: .bf16) : p }
      let (start, average) = (start, trainer.average.parameters)
      let progress = Double(trainer.step) / Double(max(1, trainer.plan.steps))
      return try trainer.advance { p, random in
        guard let cache else { return network.priorLosses(corpus, rows: training.rows, p, &random) }
        let draw = network.draw(cache, rows: training.rows, frames: training.frames, &random)
        guard stage == .student else { return try network.teacherLosses(training.objective, draw, p, &random) }
        let objective = try network.distillation(training, teacher: ready(start))
        return try objective.losses(
          student: network.student(p).map, target: network.student(ready(average)).map, draw, progress: progress,
          &random)
      }
    }

    /// What the stage has learnt so far: averaged weights, but a student's own, as published.
    public var parameters: Parameters { stage == .student ? trainer.parameters : trainer.average.parameters }

    public func model(purpose: String, data: String, figures: String = "") -> CoMoSpeechModel {
      let preset: String
      if case .unet = network.configuration.denoiser { preset = "paper" } else { preset = "small" }
      return CoMoSpeechModel(
        network: network, parameters: parameters,
        card: ModelCard(
          architecture: CoMoSpeech.id, role: stage.rawValue, preset: preset, configuration: network.configuration.json,
          purpose: purpose, data: data, steps: trainer.step, seed: training.seed, figures: figures))
    }
  }
}

// MARK: Losses

extension CoMoSpeech {
  /// Of durations, in logarithms, and of the prior as the mean of unit Gaussians (Grad-TTS, Popov et al. 2021).
  func priorLosses(
    _ corpus: AcousticCorpus, rows: Int, _ p: Parameters, _ random: inout RandomSource
  ) -> Losses {
    let places = corpus.drawPlaces(rows, &random), items = places.map { corpus.items[$0] }
    let tokens = TokenBatch(items.map(\.ids), multiple: 16)
    let longest = items.map(\.frames).max()!, frames = (longest + 63) / 64 * 64
    var dropout: RandomSource? = random.split()
    let (mean, logDurations) = encoder(tokens, p, dropout: &dropout)
    let durations = items.enumerated().map { row, item -> [Int] in
      if let known = item.durations { return known }
      let own = mean.values.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<item.ids.count)
      return AlignmentSearch.durations(of: item.mel, mean: own.reshaped(item.ids.count, own.shape[2]))
    }
    // A token shorter than half a frame, which only known durations have, counts as half a frame.
    let wanted = durations.flatMap { row in
      row.map { log(max(0.5, Float($0))) } + [Float](repeating: 0, count: tokens.length - row.count)
    }
    let apart = (logDurations - Tensor(wanted, shape: logDurations.shape)) * tokens.mask
    let mask = padMask(items.map(\.frames), frames)
    let prior = LengthRegulator.expanded(mean, durations, frames: frames, mask: mask)
    let mel = corpus.mels(places, from: [Int](repeating: 0, count: rows), frames: frames)
    let elements = Float(items.reduce(0) { $0 + $1.frames } * mel.shape[2])
    var losses = Losses()
    losses.add("duration", apart.squared().sum() / Float(items.reduce(0) { $0 + $1.ids.count }))
    losses.add("prior", ((mel - prior).squared().sum() / elements + Float(log(2 * Double.pi))) * 0.5)
    return losses
  }

  /// Data, noise around the model's centre and the prior; all 0 at padding, where the network is 0 too.
  package func draw(_ cache: PriorCache, rows: Int, frames: Int, _ random: inout RandomSource) -> Draw<MelCondition> {
    let (mel, condition) = cache.draw(rows: rows, frames: frames, &random)
    let z = random.normal(mel.shape)
    return Draw(data: data(mel, condition), noise: noise(z, condition), condition: condition)
  }

  /// The paper's law of noise levels is for a deviation of 0.5; others scale it.
  func teacherLosses(
    _ objective: TeacherObjective, _ draw: Draw<MelCondition>, _ p: Parameters, _ random: inout RandomSource
  ) throws -> Losses {
    let (d, range) = (configuration.deviation, path.range)
    switch objective {
    case .denoising:
      let law = TimeLaw.logNormal(mean: -1.2 + log(d / 0.5), deviation: 1.2, range)
      return try DenoisingScoreMatching(times: law, weight: .edm(deviation: d)).losses(teacher(p), draw, &random)
    case .flowMatching:
      func time(_ noise: Double) -> Double { Path.linear.time(noise) }
      let law = TimeLaw.uniform(time(range.lowerBound)...time(range.upperBound))
      return try FlowMatching(path: .linear, times: law).losses(teacher(p).on(.linear).velocity, draw, &random)
    }
  }

  /// Consistency distillation on EDM's grid with squared distance (equation 12 of the paper).
  package func distillation(_ training: Training, teacher p: Parameters) throws -> Consistency<MelCondition> {
    let path = path, schedule = IntervalSchedule.doubling(first: training.intervals, last: training.lastIntervals)
    let low = pow(path.range.lowerBound, 1 / 7), high = pow(path.range.upperBound, 1 / 7)
    return Consistency(
      path: path,
      intervals: .neighbours { progress in
        let points = schedule(progress)
        return (0..<points).map { pow(low + Double($0) / Double(points - 1) * (high - low), 7) }
      },
      transport: .solver(teacher(p).velocity, training.correctsTeacher ? .heun : .euler))
  }
}
