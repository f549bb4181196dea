import Foundation
import OneStepSpeech
import Testing

@Suite struct SubtitlesTests {
  /// Ten words of 0.1 s and some, at an awkward rate.
  private func timeline(_ sentences: [String], rate: Int = 22050, step: Int = 2213) -> Timeline {
    var t = Timeline(sampleRate: rate), place = 0, at = 0
    for (index, text) in sentences.enumerated() {
      let begin = at
      for word in text.split(separator: " ") {
        t.words.append(
          Timeline.Word(
            written: String(word), range: place..<place + word.count, samples: at..<at + step, sentence: index,
            phones: []))
        place += word.count + 1
        at += step
      }
      t.sentences.append(
        Timeline.Sentence(text: text, range: place - text.count - 1..<place - 1, samples: begin..<at))
      at += step / 3
    }
    return t
  }

  private func milliseconds(_ time: Substring) -> Int {
    let n = time.split { ":,.".contains($0) }.map { Int($0)! }
    return ((n[0] * 60 + n[1]) * 60 + n[2]) * 1000 + n[3]
  }

  @Test("cues are sentences, and long ones are cut between words") func cues() {
    let long = Array(repeating: "wonderful", count: 21).joined(separator: " ")
    let cues = Subtitles(timeline(["Hello there.", long, "End"])).cues
    #expect(cues.count == 5 && cues.first?.text == "Hello there." && cues.last?.text == "End")
    #expect(cues.allSatisfy { $0.text.count <= 80 && $0.start < $0.end })
    #expect(cues[1...3].map(\.text).joined(separator: " ") == long)
    #expect(cues[1].end == cues[2].start && cues[2].end == cues[3].start)
    #expect(zip(cues, cues.dropFirst()).allSatisfy { $0.end <= $1.start })
  }

  @Test("a word longer than a cue stays whole") func longWord() {
    let text = "a " + String(repeating: "x", count: 100) + " b"
    #expect(Subtitles(timeline([text])).cues.map(\.text) == ["a", String(repeating: "x", count: 100), "b"])
  }

  @Test("times come back from both formats", arguments: [8000, 16000, 22050, 44100]) func times(_ rate: Int) {
    // Sentences long enough to pass an hour.
    let t = timeline((0..<40).map { "sentence number \($0)" }, rate: rate, step: rate * 31 + 7)
    let subtitles = Subtitles(t)
    for (text, skipped) in [(subtitles.srt, 0), (subtitles.webVTT, 0)] {
      let lines = text.split(separator: "\n").filter { $0.contains(" --> ") }
      #expect(lines.count == 40 + skipped)
      for (line, sentence) in zip(lines, t.sentences) {
        let parts = line.split(separator: " ")
        #expect(milliseconds(parts[0]) == sentence.samples.lowerBound * 1000 / rate)
        #expect(milliseconds(parts[2]) == sentence.samples.upperBound * 1000 / rate)
      }
    }
  }

  @Test("the formats, exactly") func formats() {
    let subtitles = Subtitles(timeline(["One <b> & two", "line\nbreak"], rate: 1000, step: 1500))
    #expect(
      subtitles.srt == """
        1
        00:00:00,000 --> 00:00:06,000
        One <b> & two

        2
        00:00:06,500 --> 00:00:08,000
        line break

        """)
    #expect(
      subtitles.webVTT == """
        WEBVTT

        00:00:00.000 --> 00:00:06.000
        One &lt;b&gt; &amp; two

        00:00:06.500 --> 00:00:08.000
        line break

        """)
  }

  @Test("words as lines") func words() throws {
    let t = timeline(["He said \"so\"\tthere"], rate: 1000, step: 1500)
    let lines = t.wordsAsJSONLines.split(separator: "\n")
    #expect(lines.count == t.words.count)
    let last = try #require(JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
    #expect(
      last["word"] as? String == "\"so\"\tthere" && last["start"] as? Double == 3 && last["end"] as? Double == 4.5)
    #expect(last["firstSample"] as? Int == 3000 && last["lastSample"] as? Int == 4500 && last["from"] as? Int == 8)
    #expect(t.wordsAsTSV == "start\tend\tword\tphones\n0\t1500\tHe\t\n1500\t3000\tsaid\t\n3000\t4500\t\"so\" there\t\n")
  }
}
