import OneStepMedia
import OneStepSpeech

/// Speaks a script into sinks, piece by piece.
struct Speaker {
  struct Result {
    var timeline: Timeline
    /// Samples in all.
    var count = 0
    /// Empty unless they were to be kept.
    var samples: [Float] = []
    var seconds = 0.0
    /// Until the first piece was there.
    var firstSeconds = 0.0
    var soundSeconds: Double { Double(count) / Double(timeline.sampleRate) }
  }

  let voice: Voice
  let delivery: Delivery
  let voices: [String: Voice]
  /// LUFS; the sound is then sent in one piece, when all of it is there.
  let loudness: Double?
  let keepsSamples: Bool

  func callAsFunction(
    _ script: Script, to sinks: [any SoundSink], progress: (String) -> Void
  ) throws -> Result {
    var result = Result(timeline: Timeline(sampleRate: voice.sampleRate))
    let clock = ContinuousClock(), start = clock.now, lines = script.lines.count
    func spent() -> Double { start.duration(to: clock.now).seconds }
    var stream = try voice.stream(script, delivery, voices: voices)
    while let chunk = try stream.next() {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      if result.count == 0 { result.firstSeconds = spent() }
      result.count += chunk.samples.count
      result.timeline.append(chunk.timeline)
      if keepsSamples || loudness != nil { result.samples += chunk.samples }
      if loudness == nil { for sink in sinks { try sink.append(chunk.samples) } }
      let done = result.timeline.sentences.count
      let left = done > 0 ? clockTime(spent() / Double(done) * Double(lines - done)) : "?"
      progress("sentence \(done)/\(lines), \(clockTime(result.soundSeconds)) of sound, \(left) left")
    }
    if let loudness {
      result.samples =
        try Audio(samples: result.samples, sampleRate: voice.sampleRate).normalized(toLoudness: loudness).samples
      for sink in sinks { try sink.append(result.samples) }
    }
    result.seconds = spent()
    return result
  }
}
