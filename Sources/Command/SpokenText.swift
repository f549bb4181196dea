import Foundation
import OneStepMedia
import OneStepSpeech

/// One text into a file, to standard output, or to a player.
struct SpokenText {
  /// A line of `--json`, beside the common fields.
  struct Line: Encodable {
    var output: String?
    var sampleRate: Int
    var samples: Int
    var soundSeconds: Double
    var realTimeFactor: Double
    var firstSoundSeconds: Double
    var sentences: Int, words: Int
  }

  let command: TTS
  let text: String
  let voices: VoiceCabinet

  func run() throws {
    let (voice, opening) = try timed { try voices.voice(command.delivery.voice) }
    let script = try voice.script(text)
    let sinks = try openSinks(voice)
    let progress = ProgressLine(quiet: command.common.quiet)
    let speaker = Speaker(
      voice: voice, delivery: command.settings, voices: try voices.voices(of: script),
      loudness: command.delivery.loudness, keepsSamples: command.plot != nil)
    let spoken = try speaker(script, to: sinks) { progress.show($0) }
    progress.clear()
    try Interruption.whileWriting {
      for sink in sinks { try sink.finish() }
      try writeExtras(spoken, voice)
    }
    if command.common.verbose {
      Console.note(
        "voice \(voice.name) \(fixed(opening, 3)) s, first sound \(fixed(spoken.firstSeconds, 3)) s, "
          + "all \(fixed(spoken.seconds, 3)) s for \(fixed(spoken.soundSeconds, 2)) s of sound")
    }
    try report(spoken, voice, opening)
  }

  private func openSinks(_ voice: Voice) throws -> [any SoundSink] {
    var sinks: [any SoundSink] = []
    if command.sendsRaw { sinks.append(RawOutput(sampleRate: voice.sampleRate)) }
    if command.play { sinks.append(try Player(sampleRate: voice.sampleRate)) }
    if let target = command.target, target != "-" {
      sinks.append(
        try AudioWriter(
          path: target, format: AudioFormat(path: target) ?? .wav, sampleRate: voice.sampleRate,
          comment: signature(voice)))
    } else if command.target == "-" || sinks.isEmpty {
      sinks.append(WAVOutput(sampleRate: voice.sampleRate, comment: signature(voice)))
    }
    return sinks
  }

  /// Says in the file how it was made.
  private func signature(_ voice: Voice) -> String {
    let settings = command.settings
    return "onestep version=\(OneStep.version) voice=\(voice.name) seed=\(settings.seed) steps=\(settings.steps)"
  }

  private func writeExtras(_ spoken: Speaker.Result, _ voice: Voice) throws {
    if let path = command.srt { try writeText(Subtitles(spoken.timeline).srt, to: path) }
    if let path = command.vtt { try writeText(Subtitles(spoken.timeline).webVTT, to: path) }
    if let path = command.words { try writeText(spoken.timeline.wordsAsJSONLines, to: path) }
    if let path = command.plot {
      let speech = Speech(
        audio: Audio(samples: spoken.samples, sampleRate: voice.sampleRate), timeline: spoken.timeline)
      try SpeechPicture(speech, features: voice.features).image().write(to: path)
      if spoken.soundSeconds > SpeechPicture.longest {
        Console.report("\(path): shows the first \(Int(SpeechPicture.longest)) of \(fixed(spoken.soundSeconds, 1)) s")
      }
    }
  }

  private func report(_ spoken: Speaker.Result, _ voice: Voice, _ opening: Double) throws {
    guard command.common.json else {
      if let target = command.target, target != "-", !command.common.quiet { try Console.writeLine(target) }
      return
    }
    let line = Line(
      output: command.target, sampleRate: voice.sampleRate, samples: spoken.count, soundSeconds: spoken.soundSeconds,
      realTimeFactor: (spoken.seconds / max(spoken.soundSeconds, 1e-9) * 1e5).rounded() / 1e5,
      firstSoundSeconds: (spoken.firstSeconds * 1e4).rounded() / 1e4, sentences: spoken.timeline.sentences.count,
      words: spoken.timeline.words.count)
    let facts = RunFacts(
      seconds: opening + spoken.seconds, model: voice.name, seed: command.settings.seed, precision: "f32",
      networkCalls: command.settings.steps)
    try Console.writeJSON(Joined(line, facts))
  }
}

/// The lines of standard input, each when it comes: what is said waits for nothing but its own line.
struct SpokenLines {
  let command: TTS
  let voices: VoiceCabinet

  func run() throws {
    let voice = try voices.voice(command.delivery.voice)
    let sink: any SoundSink =
      command.sendsRaw ? RawOutput(sampleRate: voice.sampleRate) : try Player(sampleRate: voice.sampleRate)
    let silence = Int(command.settings.sentenceSilence * Double(voice.sampleRate))
    while let line = Swift.readLine() {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      guard line.contains(where: { !$0.isWhitespace }) else { continue }
      let script: Script
      do { script = try voice.script(line) } catch {
        Console.report("\(error)")
        continue
      }
      let speaker = Speaker(
        voice: voice, delivery: command.settings, voices: try voices.voices(of: script),
        loudness: command.delivery.loudness, keepsSamples: false)
      _ = try speaker(script, to: [sink]) { _ in }
      try sink.append([Float](repeating: 0, count: silence))
    }
    try sink.finish()
  }
}
