import Foundation

/// The sentences of a speech as cues; long ones are cut between words.
public struct Subtitles: Sendable, Equatable {
  public struct Cue: Sendable, Equatable {
    public let text: String
    /// Milliseconds, rounded down: no cue ends after the next begins.
    public let start: Int, end: Int
  }

  public let cues: [Cue]

  /// - Parameter widest: characters of a cue, unless a single word has more.
  public init(_ timeline: Timeline, widest: Int = 80) {
    let widest = max(1, widest)
    var words = timeline.words[...]
    cues = timeline.sentences.enumerated().flatMap { index, sentence -> [Cue] in
      let own = words.prefix { $0.sentence == index }
      words = words.dropFirst(own.count)
      return Self.cues(of: sentence, Array(own), rate: timeline.sampleRate, widest: widest)
    }
  }

  private static func cues(
    of sentence: Timeline.Sentence, _ words: [Timeline.Word], rate: Int, widest: Int
  ) -> [Cue] {
    func milliseconds(_ sample: Int) -> Int { sample * 1000 / rate }
    let (start, end) = (milliseconds(sentence.samples.lowerBound), milliseconds(sentence.samples.upperBound))
    let parts = sentence.text.parts(around: words.map(\.range), first: sentence.range.lowerBound).parts
    guard sentence.text.count > widest, parts.count > 1 else {
      return [Cue(text: sentence.text.onOneLine, start: start, end: end)]
    }
    // Parts about as long as each other read better than a full line and a rest.
    let lines = (sentence.text.count + widest - 1) / widest, target = (sentence.text.count + lines - 1) / lines
    var cues: [Cue] = [], from = parts[0].text.startIndex, length = 0, begin = start
    for (i, part) in parts.enumerated() {
      let time = milliseconds(words[i].samples.lowerBound), added = part.range.count + 1
      let isFull = length + added - 1 > widest || length >= target
      if length > 0, isFull, time > begin {
        cues.append(Cue(text: sentence.text[from..<part.text.startIndex].onOneLine, start: begin, end: time))
        (from, length, begin) = (part.text.startIndex, 0, time)
      }
      length += added
    }
    return cues + [Cue(text: sentence.text[from...].onOneLine, start: begin, end: end)]
  }

  /// SubRip.
  public var srt: String {
    cues.enumerated().map { index, cue in
      "\(index + 1)\n\(Self.time(cue.start, ",")) --> \(Self.time(cue.end, ","))\n\(cue.text)\n"
    }.joined(separator: "\n")
  }

  /// WebVTT (W3C 2019).
  public var webVTT: String {
    "WEBVTT\n"
      + cues.map { cue in
        let text = cue.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return "\n\(Self.time(cue.start, ".")) --> \(Self.time(cue.end, "."))\n\(text)\n"
      }.joined()
  }

  private static func time(_ milliseconds: Int, _ point: String) -> String {
    func digits(_ value: Int, _ count: Int) -> String {
      String(repeating: "0", count: max(0, count - String(value).count)) + String(value)
    }
    let seconds = milliseconds / 1000
    return digits(seconds / 3600, 2) + ":" + digits(seconds / 60 % 60, 2) + ":" + digits(seconds % 60, 2) + point
      + digits(milliseconds % 1000, 3)
  }
}

extension StringProtocol {
  /// Runs of blanks and line ends as one blank each.
  fileprivate var onOneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

extension Timeline {
  private struct WordLine: Encodable {
    let word: String, start: Double, end: Double, firstSample: Int, lastSample: Int, from: Int, to: Int, phones: String
  }

  /// A JSON object a word and line: what is written, seconds, samples (`lastSample` is the one after the last), characters of
  /// the text, phones.
  public var wordsAsJSONLines: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return words.map { word in
      let line = WordLine(
        word: word.written, start: seconds(word.samples.lowerBound), end: seconds(word.samples.upperBound),
        firstSample: word.samples.lowerBound, lastSample: word.samples.upperBound, from: word.range.lowerBound,
        to: word.range.upperBound, phones: word.phones.arpabet)
      return ((try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }.joined()
  }

  /// A word a line: start and end in samples, what is written, phones; separated by tabs.
  public var wordsAsTSV: String {
    "start\tend\tword\tphones\n"
      + words.map {
        "\($0.samples.lowerBound)\t\($0.samples.upperBound)\t\($0.written.onOneLine)\t\($0.phones.arpabet)\n"
      }.joined()
  }

  private func seconds(_ sample: Int) -> Double { Double(sample) / Double(sampleRate) }
}
