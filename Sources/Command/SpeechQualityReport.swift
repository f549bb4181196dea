import Foundation
import OneStepFlow
import OneStepMedia
import OneStepSpeech

/// `bench tts --quality`: a voice against recordings that it was not trained on.
struct SpeechQualityReport {
  let voice: Voice
  let data: String
  let only: String?
  let teacher: String?
  /// Where the sounds and pictures go.
  let output: String?
  let options: CommonOptions

  func run() throws {
    let features = try makeFeatures()
    let utterances = try features.utterances(Array(features.clips.indices), voice.frontEnd)
    var report = VoiceReport()
    report.acoustic = try VoiceReport.Acoustic(student: voice.acoustic, teacher: openTeacher(), utterances)
    if let vocoder = voice.vocoder {
      report.vocoder = try VoiceReport.copySynthesis(of: features.clips.indices.map(features.sound), by: vocoder)
    }
    if let output { try write(features, to: output) }
    if options.json { try Console.writeJSON(report) } else { try Console.writeLine(report.description) }
  }

  /// What was measured, to hear and to see: `copies/ID.wav`, `spoken/ID.wav` and `spoken/ID.png`.
  private func write(_ features: SpeechFeatures, to folder: String) throws {
    let (copies, spoken) = (folder.appendingPath("copies"), folder.appendingPath("spoken"))
    for path in [copies, spoken] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    for (index, clip) in features.clips.enumerated() {
      if Interruption.isRequested { throw CommandError.interrupted(saved: folder) }
      let speech = try voice.speak(clip.text), name = clip.id.replacingOccurrences(of: "/", with: "-")
      let copy = try voice.vocoder?.copySynthesis(features.sound(index))
      try Interruption.whileWriting {
        try copy?.write(to: copies.appendingPath(name + ".wav"))
        try speech.audio.write(to: spoken.appendingPath(name + ".wav"))
        try SpeechPicture(speech, features: voice.features).image().write(to: spoken.appendingPath(name + ".png"))
      }
    }
  }

  private func makeFeatures() throws -> SpeechFeatures {
    let corpus = try SpeechCorpus(contentsOf: data, keepingOnly: try only.map(IdList.init)?.ids)
    let file = NSTemporaryDirectory() + "onestep-features-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: file) }  // the mapping stays
    return try SpeechFeatures(of: corpus, mel: voice.features, file: file)
  }

  private func openTeacher() throws -> CoMoSpeechModel? {
    guard let teacher else { return nil }
    guard let model = try Registry([SpeechPlugin.self]).load(openModel(teacher)) as? CoMoSpeechModel else {
      throw CommandError.usage("--teacher \(teacher) is no acoustic model of CoMoSpeech")
    }
    return model
  }
}

/// Names of recordings, a line each.
struct IdList {
  let ids: Set<String>

  init(_ path: String) throws(MediaError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path: path, code: errno) }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
    ids = Set(lines.map { $0.trimmingCharacters(in: .whitespaces) })
  }
}
