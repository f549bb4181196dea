import OneStepSpeech

/// `tts --phonemes`: how a text is read.
struct ReadingTrace {
  let script: Script
  let json: Bool

  struct Line: Encodable {
    let utterance: Int
    let written: String, rule: String, spoken: String, phones: String, source: String
    /// Characters of the text.
    let from: Int, to: Int
  }

  func run() throws {
    guard json else { return try Console.writeLine(script.lines.map(\.utterance).trace) }
    for (index, line) in script.lines.enumerated() {
      for word in line.utterance.words {
        try Console.writeJSON(
          Line(
            utterance: index + 1, written: word.written, rule: word.rule, spoken: word.spoken,
            phones: word.phones.arpabet, source: word.source.rawValue, from: word.range.lowerBound,
            to: word.range.upperBound))
      }
    }
  }
}
