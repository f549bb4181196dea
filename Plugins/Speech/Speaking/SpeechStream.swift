import Foundation
import OneStepMedia
import OneStepTensors

/// A text being spoken, piece by piece: the first comes as soon as its frames are there.
///
/// ```swift
/// for try await chunk in try voice.stream(text) { play(chunk.samples) }
/// ```
/// Without `await`, call ``next()`` until it gives `nil`.
public struct SpeechStream: Sendable {
  private let script: Script, voice: Voice, delivery: Delivery, voices: [String: Voice]
  /// Frames of an utterance's pieces.
  private let lengths: [Int]
  /// The next item of the script, and how many lines came before.
  private var item = 0, line = 0
  private var sound: UtteranceSound?
  /// Samples given out.
  private var count = 0
  /// What has not begun yet.
  private var events: Timeline

  /// Hz.
  public var sampleRate: Int { voice.sampleRate }

  package init(
    _ script: Script, _ voice: Voice, _ delivery: Delivery, voices: [String: Voice], lengths: [Int] = [32, 64, 128]
  ) throws(SpeakingError) {
    try delivery.validate()
    if let unknown = script.voiceNames.first(where: { $0 != voice.name && voices[$0] == nil }) {
      throw .unknownVoice(unknown, known: Set(voices.keys).union([voice.name]).sorted())
    }
    (self.script, self.voice, self.delivery, self.voices, self.lengths) = (script, voice, delivery, voices, lengths)
    events = Timeline(sampleRate: voice.sampleRate)
  }

  /// The next piece; `nil` after the last.
  public mutating func next() throws -> SpeechChunk? {
    while true {
      if let piece = sound?.next() { return chunk(piece) }
      sound = nil
      guard item < script.items.count else { break }
      defer { item += 1 }
      switch script.items[item] {
      case .line(let line): try begin(line)
      case .mark(let name): events.marks.append(Timeline.Mark(name: name, sample: count))
      case .gap(let gap):
        let samples = Int((seconds(gap) * Double(sampleRate)).rounded())
        guard samples > 0 else { continue }
        events.phones.append(silence(count..<count + samples))
        return chunk([Float](repeating: 0, count: samples))
      }
    }
    // Marks, or a word of no length, at the very end.
    return events.isEmpty ? nil : chunk([], taking: .max)
  }

  private func seconds(_ gap: Script.Gap) -> Double {
    switch gap {
    case .sentence: delivery.sentenceSilence
    case .paragraph: delivery.paragraphSilence
    case .seconds(let seconds): seconds
    }
  }

  private func silence(_ samples: Range<Int>) -> Timeline.Symbol {
    Timeline.Symbol(name: PhoneSymbols.names[PhoneSymbols.pad], samples: samples)
  }

  private mutating func chunk(_ samples: [Float], taking limit: Int? = nil) -> SpeechChunk {
    defer { count += samples.count }
    return SpeechChunk(
      samples: samples, first: count, timeline: events.taken(before: limit ?? count + samples.count))
  }

  private mutating func begin(_ spoken: Script.Line) throws {
    let sound = try UtteranceSound(
      spoken.utterance, spoken.style.voice.flatMap { voices[$0] } ?? voice, delivery.styled(spoken.style), index: line,
      rate: sampleRate, lengths: lengths)
    let names = spoken.utterance.ids.map { PhoneSymbols.names[$0] }
    let symbols = sound.symbols.map { $0.lowerBound + count..<$0.upperBound + count }
    events.sentences.append(
      Timeline.Sentence(text: spoken.text, range: spoken.range, samples: count..<count + sound.count))
    events.phones += zip(names, symbols).map { Timeline.Symbol(name: $0, samples: $1) }
    // The first of the symbols is the silence before the first word.
    let places = zip(spoken.utterance.wordOfSymbol, symbols.dropFirst())
    var samples = [Range<Int>?](repeating: nil, count: spoken.utterance.words.count)
    for case (let word?, let place) in places {
      samples[word] = (samples[word]?.lowerBound ?? place.lowerBound)..<place.upperBound
    }
    events.words += zip(spoken.utterance.words, samples).compactMap { word, samples in
      samples.map {
        Timeline.Word(written: word.written, range: word.range, samples: $0, sentence: line, phones: word.phones)
      }
    }
    self.sound = sound
    line += 1
  }
}

extension SpeechStream: AsyncSequence {
  /// Computes each piece off the threads that tasks share.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private var stream: SpeechStream
    fileprivate init(_ stream: SpeechStream) { self.stream = stream }

    public mutating func next() async throws -> SpeechChunk? {
      try Task.checkCancellation()
      let now = stream
      let (chunk, later) = try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
          var stream = now
          continuation.resume(with: Result { (try stream.next(), stream) })
        }
      }
      stream = later
      return chunk
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
