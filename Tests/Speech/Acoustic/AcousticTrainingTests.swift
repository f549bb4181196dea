import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct AcousticTrainingTests {
  /// Utterances in which every symbol has a frame of its own that swells and fades, with some noise.
  static func utterances(_ count: Int, durations known: Bool) -> [TrainingUtterance] {
    let shapes = Tensor.normal([12, 8], seed: 9).floats
    var random = RandomSource(seed: 5)
    return (0..<count).map { _ in
      let ids = random.integers(below: 12, count: 6), durations = ids.map { 3 + $0 % 4 }
      var values: [Float] = []
      for (id, frames) in zip(ids, durations) {
        for frame in 0..<frames {
          let swell = 1 + 0.5 * sin(Float.pi * (Float(frame) + 0.5) / Float(frames))
          values += (0..<8).map { 2 * shapes[id * 8 + $0] * swell - 5 }
        }
      }
      let mel = Tensor(values, shape: [values.count / 8, 8])
      return TrainingUtterance(
        ids: ids, durations: known ? durations : nil, mel: mel + random.normal(mel.shape) * 0.1)
    }
  }

  private func training(_ steps: Int) -> CoMoSpeech.Training {
    var training = CoMoSpeech.Training(steps: [.encoder: steps, .teacher: steps, .student: steps])
    (training.rows, training.frames) = (8, 16)
    training.rates = [.encoder: 5e-3, .teacher: 5e-3, .student: 2e-3]
    return training
  }

  @Test("three stages: speech that has been heard is spoken again, in one call") func overfitting() throws {
    let heard = Self.utterances(12, durations: true)
    var configuration = TinySpeech.configuration()
    (configuration.encoder.dropout, configuration.encoder.prenetDropout) = (0, 0)
    let corpus = try AcousticCorpus(heard, for: configuration.encoder)
    var stages: [CoMoSpeech.Stage: Int] = [:]
    let student = try #require(
      try CoMoSpeech.train(
        corpus, configuration, training(250), in: temporaryPath(""), purpose: "", data: "",
        progress: { stages[$0.stage, default: 0] += 1 }))
    #expect(stages == [.encoder: 250, .teacher: 250, .student: 250])
    #expect(student.card.role == "student" && student.network.configuration.deviation < 1)
    var (error, silence) = (Float(0), Float(0))
    for utterance in heard.prefix(4) {
      let spoken = try student(utterance.ids)
      #expect(zip(spoken.durations, utterance.durations!).allSatisfy { abs($0 - $1) <= 1 })
      var options = SpeakingOptions()
      options.durations = Dictionary(uniqueKeysWithValues: utterance.durations!.enumerated().map { ($0, $1) })
      let forced = try student(utterance.ids, options).mel
      error += (forced - utterance.mel).absolute().mean().item / 4
      silence += (utterance.mel - utterance.mel.mean([0], keepingAxes: true)).absolute().mean().item / 4
    }
    #expect(error < 0.25 * silence, "mean error \(error), of the mean frame \(silence)")
  }

  @Test("durations are found where they are not known") func aligning() throws {
    let known = Self.utterances(12, durations: true)
    let unknown = known.map { TrainingUtterance(ids: $0.ids, mel: $0.mel) }
    var configuration = TinySpeech.configuration()
    (configuration.encoder.dropout, configuration.encoder.prenetDropout) = (0, 0)
    let corpus = try AcousticCorpus(unknown, for: configuration.encoder)
    let network = CoMoSpeech(configuration)
    var trainer = CoMoSpeech.StageTrainer(.encoder, network, training(200), corpus, from: nil)
    var prior: [Double] = []
    while !trainer.trainer.isFinished {
      prior.append(try trainer.advance().parts.first { $0.name == "prior" }!.value)
    }
    // It starts near 1.42, and ln(2π) / 2 = 0.919 is the least there is.
    #expect(prior[0] > 1.3 && prior.suffix(20).reduce(0, +) / 20 < 1.05, "\(prior[0]), \(prior.suffix(20))")
    let model = trainer.model(purpose: "", data: "")
    for utterance in known {
      #expect(abs(try model.durations(utterance.ids).reduce(0, +) - utterance.mel.shape[0]) <= 3)
    }
  }

  @Test("a run that was stopped goes on with the same bits", arguments: CoMoSpeech.TeacherObjective.allCases)
  func resuming(objective: CoMoSpeech.TeacherObjective) throws {
    let configuration = TinySpeech.configuration()
    let corpus = try AcousticCorpus(Self.utterances(5, durations: false), for: configuration.encoder)
    var plan = training(6)
    plan.objective = objective
    func run(_ folder: String, stoppingAt stops: [Int] = []) throws -> CoMoSpeechModel? {
      var made = 0
      return try CoMoSpeech.train(
        corpus, configuration, plan, in: folder, purpose: "", data: "",
        shouldStop: {
          made += 1
          return stops.contains(made)
        })
    }
    let whole = try #require(try run(temporaryPath("")))
    let folder = temporaryPath("")
    #expect(try run(folder, stoppingAt: [4]) == nil)
    #expect(try run(folder, stoppingAt: [6]) == nil)
    #expect(try run(folder, stoppingAt: [7]) == nil)
    let parts = try #require(try run(folder))
    for (a, b) in zip(whole.parameters.tensors, parts.parameters.tensors) { #expect(a.floats == b.floats) }
    #expect(whole.network.configuration == parts.network.configuration)
  }

  @Test("in distillation no gradient enters teacher or average, and only the denoiser moves") func gradients() throws {
    let configuration = TinySpeech.configuration()
    let corpus = try AcousticCorpus(Self.utterances(5, durations: true), for: configuration.encoder)
    let network = CoMoSpeech(configuration), p = TinySpeech.parameters(network)
    try Compute.perform {
      let cache = PriorCache(network, corpus, p)
      var random = RandomSource(seed: 1)
      let draw = network.draw(cache, rows: 4, frames: 16, &random)
      let tape = Tape()
      defer { tape.reset() }
      let (student, teacher, target) = (p.watched(on: tape), p.watched(on: tape), p.watched(on: tape))
      let losses = try network.distillation(training(10), teacher: teacher).losses(
        student: network.student(student).map, target: network.student(target).map, draw, progress: 0, &random)
      for still in [teacher, target] {
        #expect(tape.gradients(of: losses.total, for: still.tensors).allSatisfy { $0.absolute().maximum().item == 0 })
      }
      let moving = zip(network.specs, tape.gradients(of: losses.total, for: student.tensors))
      for (spec, gradient) in moving {
        #expect((gradient.absolute().maximum().item > 0) == spec.name.hasPrefix("decoder."), "\(spec.name)")
      }
    }
    var trainer = CoMoSpeech.StageTrainer(.student, network, training(3), corpus, from: p)
    _ = try trainer.advance()
    for (index, spec) in network.specs.enumerated() {
      let same = trainer.parameters.tensors[index].floats == p.tensors[index].floats
      #expect(same == spec.name.hasPrefix("encoder."), "\(spec.name)")
    }
  }

  @Test("numbers that are not finite stop a run, and the state before them is kept") func divergence() throws {
    let configuration = TinySpeech.configuration()
    let corpus = try AcousticCorpus(Self.utterances(5, durations: true), for: configuration.encoder)
    var plan = training(20)
    plan.rates[.encoder] = 1e30
    let folder = temporaryPath("")
    #expect(throws: TrainingError.self) {
      try CoMoSpeech.train(corpus, configuration, plan, in: folder, purpose: "", data: "")
    }
    var trainer = CoMoSpeech.StageTrainer(.encoder, CoMoSpeech(configuration), plan, corpus, from: nil)
    try trainer.trainer.restore(from: folder + "/encoder.state.safetensors")
    #expect((0..<20).contains(trainer.trainer.step))
  }

  @Test("utterances that do not fit are named") func refusals() {
    let encoder = TinySpeech.configuration().encoder, mel = Tensor.zeros([5, 8])
    func reason(_ utterance: TrainingUtterance) -> UtteranceError? {
      do throws(UtteranceError) {
        _ = try AcousticCorpus([utterance], for: encoder)
        return nil
      } catch { return error }
    }
    #expect(reason(TrainingUtterance(ids: [1, 2], durations: [2, 3], mel: mel)) == nil)
    #expect(reason(TrainingUtterance(ids: [1, 2], durations: [2, 2], mel: mel)) != nil)
    #expect(reason(TrainingUtterance(ids: [1, 99], mel: mel)) != nil)
    #expect(reason(TrainingUtterance(ids: [1, 2, 3, 4, 5, 6], mel: mel)) != nil)
    #expect(reason(TrainingUtterance(ids: [], mel: mel)) != nil)
    #expect(reason(TrainingUtterance(ids: [1], mel: mel + .infinity)) != nil)
    #expect(throws: UtteranceError.empty) { try AcousticCorpus([], for: encoder) }
  }
}
