import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech

/// Which networks of a voice a run trains.
enum VoicePart: String, Codable, CaseIterable {
  case acoustic, vocoder, both
  var hasAcoustic: Bool { self != .vocoder }
  var hasVocoder: Bool { self != .acoustic }
}

/// Everything that must stay the same when a run for a voice goes on: the contents of its training.json.
struct SpeechRunPlan: Codable {
  /// Tells whether a resumed run hears the recordings it was started with.
  struct Recordings: Codable, Equatable {
    var clips = 0
    /// Of trimmed sound, those kept for validation included.
    var seconds = 0.0
    /// Of names, texts and lengths.
    var digest = ""
  }

  var part: VoicePart
  var acoustic: CoMoSpeech.Training
  var network: CoMoSpeech.Configuration
  var vocoder: ISTFTVocoder.Training
  var recordings = Recordings()

  var precisionName: String { acoustic.mixedPrecision ? "bf16" : "f32" }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// A teacher's and a student's share of the encoder's steps.
  static let teacherShare = 0.9, studentShare = 0.4

  static func steps(encoder: Int, teacher: Int? = nil, student: Int? = nil) -> [CoMoSpeech.Stage: Int] {
    func share(_ part: Double) -> Int { max(1, Int(Double(encoder) * part)) }
    return [.encoder: encoder, .teacher: teacher ?? share(teacherShare), .student: student ?? share(studentShare)]
  }

  // MARK: Steps from time

  /// Chooses the steps so that all takes `hours`, this measurement included; with both parts, each takes half.
  mutating func fit(hours: Double, _ data: VoiceData, _ start: VoiceStart, _ tell: (String) -> Void) throws {
    var words: [String] = []
    let share = part == .both ? 0.5 : 1
    if part.hasAcoustic {
      let (costs, spent) = try timed { try acousticCosts(data, start) }
      let weights: [CoMoSpeech.Stage: Double] = [.encoder: 1, .teacher: Self.teacherShare, .student: Self.studentShare]
      let perStep = costs.reduce(0) { $0 + $1.seconds * weights[$1.stage]! }
      acoustic.steps = Self.steps(encoder: max(3, Int((hours * share * 3600 - spent) / perStep)))
      words += costs.map {
        "\($0.stage.rawValue) \(acoustic.steps[$0.stage]!) steps of \(fixed($0.seconds * 1000, 1)) ms"
      }
    }
    if part.hasVocoder {
      let (costs, spent) = try timed { try vocoderCosts(data, start) }
      let critics = ISTFTVocoder.Training.adversarialShare
      let perStep = costs.alone * (1 - critics) + costs.withCritics * critics
      let steps = max(4, Int((hours * share * 3600 - spent) / perStep))
      vocoder = ISTFTVocoder.Training(steps: steps, seed: vocoder.seed, mixedPrecision: vocoder.mixedPrecision)
      words.append("vocoder \(steps) steps of \(fixed(perStep * 1000, 1)) ms")
    }
    tell("\(hours) h: \(words.joined(separator: ", "))")
  }

  private func acousticCosts(_ data: VoiceData, _ start: VoiceStart) throws -> [(
    stage: CoMoSpeech.Stage, seconds: Double
  )] {
    // A part of the recordings does: these steps are thrown away.
    let corpus = try AcousticCorpus(
      Array(data.training.prefix(128)), for: network.encoder, statistics: start.acoustic?.configuration.statistics)
    return try CoMoSpeech.Stage.allCases.map { stage in
      var trainer = CoMoSpeech.StageTrainer(
        stage, CoMoSpeech(network), acoustic, corpus, from: start.acoustic?.parameters)
      return (stage, try secondsPerStep { _ = try trainer.advance() })
    }
  }

  private func vocoderCosts(_ data: VoiceData, _ start: VoiceStart) throws -> (alone: Double, withCritics: Double) {
    let sounds = try data.sounds(rate: network.sampleRate, limit: 128)
    func cost(adversarialShare: Double) throws -> Double {
      let plan = ISTFTVocoder.Training(
        steps: 1000, adversarialShare: adversarialShare, seed: vocoder.seed, mixedPrecision: vocoder.mixedPrecision)
      var trainer = ISTFTVocoder.VocoderTrainer(ISTFTVocoder(.small), plan, sounds, from: start.vocoder)
      return try secondsPerStep { _ = try trainer.advance() }
    }
    return (try cost(adversarialShare: 0), try cost(adversarialShare: 1))
  }

  private func secondsPerStep(_ advance: () throws -> Void) throws -> Double {
    func checked() throws {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      try advance()
    }
    for _ in 0..<2 { try checked() }
    return try timed { for _ in 0..<8 { try checked() } }.seconds / 8
  }
}

/// What a run starts from.
struct VoiceStart {
  var acoustic: (parameters: Parameters, configuration: CoMoSpeech.Configuration)?
  var vocoder: Parameters?
}

/// The files of a run.
struct SpeechRunFolder {
  let path: String
  init(_ path: String) { self.path = path }

  var plan: String { path.appendingPath("training.json") }
  var log: String { path.appendingPath("log.csv") }
  var report: String { path.appendingPath("report.json") }
  /// Of the vocoder's state, its beginning.
  var vocoderState: String { path.appendingPath("vocoder.state") }
  var vocoder: String { path.appendingPath("vocoder.safetensors") }
  var student: String { path.appendingPath("student.safetensors") }
  func features(_ corpus: Int) -> String { path.appendingPath("features-\(corpus + 1)") }

  var exists: Bool { PathKind(plan) != .missing }

  func readPlan() throws -> SpeechRunPlan {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: plan)),
      let stored = try? JSONDecoder().decode(SpeechRunPlan.self, from: data)
    else { throw CommandError.damagedPlan(file: plan) }
    return stored
  }
}
