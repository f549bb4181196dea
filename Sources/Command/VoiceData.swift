import Foundation
import OneStepFlow
import OneStepMedia
import OneStepSpeech

/// Recordings and their texts, made ready to learn from.
struct VoiceData {
  /// Utterances to train on, and those that are kept to judge by.
  var training: [TrainingUtterance] = [], validation: [TrainingUtterance] = []
  private(set) var recordings = SpeechRunPlan.Recordings()
  private var features: [SpeechFeatures] = []
  /// Clips to train on, a list for each folder.
  private var trained: [[Int]] = [], kept: [[Int]] = []

  /// Reads folders in the layout of LJSpeech; their features are kept in the folder of the run.
  init(_ folders: [String], leavingOut: Set<String>, run: SpeechRunFolder, front: FrontEnd, quiet: Bool) throws {
    let progress = ProgressLine(quiet: quiet)
    var names = ""
    for (index, folder) in folders.enumerated() {
      let corpus = try SpeechCorpus(contentsOf: folder, leavingOut: leavingOut)
      let features = try SpeechFeatures(of: corpus, file: run.features(index)) { done, all in
        progress.show("\(folder): \(done) of \(all) recordings")
      }
      // Some forty clips are enough to judge by.
      let (training, validation) = features.split(validation: min(0.05, 40 / Double(features.clips.count)))
      self.training += try features.utterances(training, front) { progress.show("\(folder): \($0) texts") }
      self.validation += try features.utterances(validation, front)
      for clip in features.clips.indices {
        names += "\(features.clips[clip].id)|\(features.clips[clip].spokenText)|\(features.frames(clip))\n"
      }
      recordings.clips += features.clips.count
      recordings.seconds +=
        Double(features.totalFrames * features.mel.spectrogram.hop) / Double(features.mel.sampleRate)
      self.features.append(features)
      trained.append(training)
      kept.append(validation)
      progress.clear()
      if !quiet, !features.rejections.isEmpty {
        Console.note("\(folder): \(features.rejections.count) clips are too short or too long and are left out")
      }
    }
    recordings.digest = String(StableHash.of(names), radix: 16)
  }

  /// Sound to train on.
  func sounds(rate: Int, limit: Int = .max) throws -> Recordings {
    let clips = zip(features, trained).flatMap { features, clips in clips.map { (features, $0) } }
    return try Recordings(clips.prefix(limit).map { $0.sound($1) }, sampleRate: rate)
  }

  /// Sound to judge by.
  func keptSounds() -> [Audio] {
    zip(features, kept).flatMap { features, clips in clips.map { features.sound($0) } }
  }
}
