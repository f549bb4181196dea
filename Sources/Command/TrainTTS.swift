import ArgumentParser
import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepSuperResolution

struct TrainTTS: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tts",
    abstract: "Train a voice on recordings and their texts.",
    discussion: """
      A folder holds metadata.csv, with lines id|text or id|text|spoken text, and recordings id.wav or id.flac in wavs/, in \
      flac/ or beside it; phones.tsv may give the times of phones, which are found by alignment otherwise. Twenty minutes \
      of a voice are little: begin with another voice (--start, --start-vocoder), or with hours of speech.

      Text to mel is trained in three stages: encoder and durations, a denoiser as teacher, and a student that needs one \
      network call. The vocoder follows, at the end with critics. The output folder gets student.safetensors and \
      vocoder.safetensors, log.csv, training.json and report.json, whose figures are of some forty clips that are not \
      trained on. A run that was stopped continues with --resume and ends with the same weights, bit for bit.

      Examples:
        onestep train tts --data LJSpeech/ -o run/ --hours 8
        onestep train tts --data me/ -o mine/ --start run/student.safetensors --start-vocoder run/vocoder.safetensors --hours 1
        onestep tts "Hello" --voice mine/student.safetensors -o hello.wav
      """)

  @Option(parsing: .upToNextOption, help: "Folders of recordings and their texts.")
  var data: [String]

  @Option(name: .shortAndLong, help: "The folder of this run.")
  var output: String

  @Option(help: "Which networks to train: acoustic (text to mel), vocoder (mel to sound) or both (the default).")
  var part: VoicePart?

  @Option(help: ArgumentHelp("Time to train for; the steps are worked out from the first ones' speed.", valueName: "h"))
  var hours: Double?

  @Option(help: ArgumentHelp("Steps of encoder and durations.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Steps of the teacher (default 0.9 of the encoder's).", valueName: "n"))
  var teacherSteps: Int?

  @Option(help: ArgumentHelp("Steps of the student (default 0.4 of the encoder's).", valueName: "n"))
  var studentSteps: Int?

  @Option(help: ArgumentHelp("Steps of the vocoder (default: as many as the encoder's).", valueName: "n"))
  var vocoderSteps: Int?

  @Flag(help: "Go on with the run in the output folder.")
  var resume = false

  @Option(help: ArgumentHelp("Acoustic model whose network and weights to start from.", valueName: "file"))
  var start: String?

  @Option(help: ArgumentHelp("Vocoder whose weights to start from.", valueName: "file"))
  var startVocoder: String?

  @Option(help: ArgumentHelp("File of ids, a line each, that must not be used.", valueName: "file"))
  var leaveOut: String?

  @Option(help: "What the teacher learns: denoising (the default) or flowMatching.")
  var objective: CoMoSpeech.TeacherObjective?

  @Option(help: ArgumentHelp("Seed of weights, pieces and noise (default 1).", valueName: "n"))
  var seed: UInt64?

  @Option(help: "Arithmetic: auto (bf16 where the processor is fast at it), f32 or bf16.")
  var precision: Restorer.Precision?

  @Option(help: ArgumentHelp("Time between two checkpoints.", valueName: "s"))
  var checkpointSeconds = 120.0

  @Option(help: "Authors and licences of the recordings, for the model cards.")
  var credits: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    for (name, value) in [
      ("--steps", steps), ("--teacher-steps", teacherSteps), ("--student-steps", studentSteps),
      ("--vocoder-steps", vocoderSteps),
    ] {
      try CommandError.check(name, value, 1...1_000_000_000)
      guard value == nil || hours == nil else {
        throw CommandError.usage("--hours works out the steps of all stages; leave out \(name)")
      }
    }
    if let hours, !(hours > 0 && hours < 10_000) { throw CommandError.usage("--hours \(hours) is outside 0...10000") }
  }

  func run() throws {
    common.apply()
    try Interruption.whileWorking {
      let folder = SpeechRunFolder(output)
      let exists = folder.exists
      guard resume || !exists else { throw CommandError.runExists(folder: output) }
      let stored = exists ? try folder.readPlan() : nil
      if let stored { try refuseOtherOptions(stored, folder) }
      let start = try openStart()
      var plan = try stored ?? makePlan(start)
      try makeFolder(output)
      let data = try VoiceData(
        data, leavingOut: leaveOut.map(IdList.init)?.ids ?? [], run: folder, front: .standard(in: ModelLibrary.speechFolders()),
        quiet: common.quiet)
      if let stored, stored.recordings != data.recordings {
        throw TrainingError.otherRun(file: folder.plan, reason: "it was trained on other recordings")
      }
      if stored == nil {
        plan.recordings = data.recordings
        if let hours { try plan.fit(hours: hours, data, start) { if !common.quiet { Console.note($0) } } }
        try writeText(try plan.json() + "\n", to: folder.plan)
      }
      try SpeechRun(
        plan: plan, folder: folder, data: data, start: start, options: common, credits: cardData(plan),
        checkpointInterval: checkpointSeconds
      ).run()
    }
  }

  // MARK: The plan

  private func makePlan(_ start: VoiceStart) throws -> SpeechRunPlan {
    let part = part ?? .both
    guard hours != nil || steps != nil || (part == .vocoder && vocoderSteps != nil) else {
      throw CommandError.usage("say how long to train: --hours or --steps")
    }
    let first = steps ?? vocoderSteps ?? 1000
    var acoustic = CoMoSpeech.Training(
      steps: SpeechRunPlan.steps(encoder: first, teacher: teacherSteps, student: studentSteps))
    acoustic.mixedPrecision = (precision ?? .auto).isMixed
    acoustic.objective = objective ?? .denoising
    acoustic.seed = seed ?? 1
    let vocoder = ISTFTVocoder.Training(
      steps: vocoderSteps ?? first, seed: acoustic.seed, mixedPrecision: acoustic.mixedPrecision)
    return SpeechRunPlan(
      part: part, acoustic: acoustic, network: start.acoustic?.configuration ?? .small, vocoder: vocoder)
  }

  private func openStart() throws -> VoiceStart {
    let registry = try Registry([SpeechPlugin.self])
    var result = VoiceStart()
    if let start {
      guard let model = try registry.load(openModel(ModelLibrary.standard().find(start).path)) as? CoMoSpeechModel
      else {
        throw CommandError.usage("--start \(start) is no acoustic model of CoMoSpeech")
      }
      result.acoustic = (model.parameters, model.network.configuration)
    }
    if let startVocoder {
      let model = try registry.load(openModel(ModelLibrary.standard().find(startVocoder).path))
      guard let model = model as? ISTFTVocoder.Model, model.network.configuration == .small else {
        throw CommandError.usage("--start-vocoder \(startVocoder) is no vocoder of the kind that is trained here")
      }
      result.vocoder = model.parameters
    }
    return result
  }

  /// A resumed run keeps its plan; an option that says otherwise is a mistake.
  private func refuseOtherOptions(_ plan: SpeechRunPlan, _ folder: SpeechRunFolder) throws {
    func refuse<T: Equatable>(_ option: String, _ given: T?, _ stored: T?) throws {
      try CommandError.refuseOther(given, than: stored, option: option, file: folder.plan)
    }
    try refuse("--part", part?.rawValue, plan.part.rawValue)
    try refuse("--steps", steps, plan.acoustic.steps[.encoder])
    try refuse("--teacher-steps", teacherSteps, plan.acoustic.steps[.teacher])
    try refuse("--student-steps", studentSteps, plan.acoustic.steps[.student])
    try refuse("--vocoder-steps", vocoderSteps, plan.vocoder.steps)
    try refuse("--objective", objective?.rawValue, plan.acoustic.objective.rawValue)
    try refuse("--seed", seed, plan.acoustic.seed)
    try refuse("--precision", precision.map { $0.isMixed ? "bf16" : "f32" }, plan.precisionName)
  }

  private func cardData(_ plan: SpeechRunPlan) -> String {
    let folders = data.map(\.lastPathComponent).joined(separator: ", ")
    return "\(plan.recordings.clips) recordings, \(fixed(plan.recordings.seconds / 3600, 2)) h (\(folders))"
      + (credits.map { "; \($0)" } ?? "")
  }
}

extension VoicePart: ExpressibleByArgument {}
extension CoMoSpeech.TeacherObjective: ExpressibleByArgument {}
