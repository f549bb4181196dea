import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech

/// Runs the stages of a voice and keeps their files in order.
struct SpeechRun {
  let plan: SpeechRunPlan
  let folder: SpeechRunFolder
  let data: VoiceData
  let start: VoiceStart
  let options: CommonOptions
  let credits: String
  /// Seconds between two checkpoints.
  let checkpointInterval: Double

  /// A line of `--json`, beside the common fields.
  private struct PartLine: Encodable { let part: String, output: String, clips: Int }

  func run() throws {
    tell("\(plan.recordings.clips) recordings, \(clockTime(plan.recordings.seconds))")
    var report = VoiceReport()
    if plan.part.hasAcoustic {
      let (student, seconds) = try timed { try trainAcoustic() }
      try announce("acoustic", folder.student, seconds)
      report.acoustic = try data.validation.isEmpty ? nil : acousticReport(student)
    }
    if plan.part.hasVocoder {
      let (vocoder, seconds) = try timed { try trainVocoder() }
      try announce("vocoder", folder.vocoder, seconds)
      report.vocoder = try VoiceReport.copySynthesis(of: data.keptSounds(), by: vocoder)
    }
    try writeText(try report.json() + "\n", to: folder.report)
    if options.json { try Console.writeJSON(report) } else { tell(report.description) }
  }

  // MARK: Text to mel

  private func trainAcoustic() throws -> CoMoSpeechModel {
    let corpus = try AcousticCorpus(
      data.training, for: plan.network.encoder, statistics: start.acoustic?.configuration.statistics)
    var log = StageLog(folder.log, quiet: options.quiet, interval: checkpointInterval)
    let student = try CoMoSpeech.train(
      corpus, plan.network, plan.acoustic, in: folder.path, from: start.acoustic?.parameters,
      purpose: "English text to speech at \(plan.network.sampleRate) Hz", data: credits,
      checkpointSeconds: checkpointInterval, shouldStop: { Interruption.isRequested },
      progress: { log.add($0.report, stage: $0.stage.rawValue, of: $0.steps) })
    try log.finish()
    guard let student else {
      throw CommandError.interrupted(saved: "\(log.stage) is saved at step \(log.step); go on with --resume")
    }
    return student
  }

  private func acousticReport(_ student: CoMoSpeechModel) throws -> VoiceReport.Acoustic {
    let path = folder.path.appendingPath("\(CoMoSpeech.Stage.teacher.rawValue).safetensors")
    let teacher = try Registry([SpeechPlugin.self]).load(openModel(path)) as? CoMoSpeechModel
    return try VoiceReport.Acoustic(student: student, teacher: teacher, data.validation)
  }

  // MARK: Mel to sound

  private func trainVocoder() throws -> any Vocoder {
    let network = ISTFTVocoder(.small)
    let sounds = try data.sounds(rate: network.configuration.features.sampleRate)
    var trainer = ISTFTVocoder.VocoderTrainer(network, plan.vocoder, sounds, from: start.vocoder)
    if ISTFTVocoder.VocoderTrainer.isSaved(at: folder.vocoderState) { try trainer.restore(from: folder.vocoderState) }
    var log = StageLog(folder.log, quiet: options.quiet, interval: checkpointInterval)
    let steps = plan.vocoder.steps
    try trainer.run(saving: folder.vocoderState, every: checkpointInterval) { report, step in
      log.add(report, stage: "vocoder", step: step, of: steps)
      return !Interruption.isRequested
    }
    try log.finish()
    guard trainer.isFinished else {
      throw CommandError.interrupted(saved: "the vocoder is saved at step \(trainer.step); go on with --resume")
    }
    let model = trainer.model(purpose: "mel frames to sound at 16 kHz", data: credits, figures: "")
    try Interruption.whileWriting { try model.card.write(model.parameters, to: folder.vocoder) }
    return model
  }

  // MARK: Words

  private func tell(_ text: String) {
    if !options.quiet { Console.note(text) }
  }

  private func announce(_ part: String, _ path: String, _ seconds: Double) throws {
    guard options.json else {
      if !options.quiet { try Console.writeLine(path) }
      return
    }
    let facts = RunFacts(
      seconds: seconds, model: part, seed: plan.acoustic.seed, precision: plan.precisionName)
    try Console.writeJSON(Joined(PartLine(part: part, output: path, clips: plan.recordings.clips), facts))
  }
}
