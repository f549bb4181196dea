import OneStepMedia

/// A spoken text.
public struct Speech: Sendable, Equatable {
  /// One channel.
  public var audio: Audio
  public let timeline: Timeline

  public init(audio: Audio, timeline: Timeline) { (self.audio, self.timeline) = (audio, timeline) }
}

/// A piece of a spoken text.
public struct SpeechChunk: Sendable, Equatable {
  /// One channel, about [-1, 1].
  public let samples: [Float]
  /// The place of the first sample in the whole.
  public let first: Int
  /// What begins in this piece, with times counted from the beginning of the whole.
  public let timeline: Timeline
}

extension Voice {
  /// What is said for a text, plain or SSML.
  public func script(_ text: String) throws -> Script { try Script(text, frontEnd: frontEnd) }

  /// Speaks a text, plain or SSML.
  /// - Parameter voices: those that markup may ask for by name.
  public func speak(
    _ text: String, _ delivery: Delivery = Delivery(), voices: [String: Voice] = [:]
  ) throws -> Speech { try speak(script(text), delivery, voices: voices) }

  /// Speaks a script: its stream, gathered.
  public func speak(
    _ script: Script, _ delivery: Delivery = Delivery(), voices: [String: Voice] = [:]
  ) throws -> Speech {
    var stream = try stream(script, delivery, voices: voices)
    var samples: [Float] = [], timeline = Timeline(sampleRate: sampleRate)
    while let chunk = try stream.next() {
      samples += chunk.samples
      timeline.append(chunk.timeline)
    }
    return Speech(audio: Audio(samples: samples, sampleRate: sampleRate), timeline: timeline)
  }

  /// Speaks a text piece by piece; together the pieces are, bit for bit, what ``speak(_:_:voices:)`` gives.
  public func stream(
    _ text: String, _ delivery: Delivery = Delivery(), voices: [String: Voice] = [:]
  ) throws -> SpeechStream { try stream(script(text), delivery, voices: voices) }

  public func stream(
    _ script: Script, _ delivery: Delivery = Delivery(), voices: [String: Voice] = [:]
  ) throws -> SpeechStream { try SpeechStream(script, self, delivery, voices: voices) }
}
