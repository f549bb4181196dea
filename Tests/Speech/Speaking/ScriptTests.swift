import Foundation
import OneStepSpeech
import Testing

@Suite struct ScriptTests {
  private let frontEnd: FrontEnd
  init() throws { frontEnd = try TinyVoice.frontEnd() }

  private func script(_ text: String) throws -> Script { try Script(text, frontEnd: frontEnd) }

  private func slice(_ text: String, _ range: Range<Int>) -> String { String(Array(text)[range]) }

  @Test("sentences keep their signs, and ranges lead back to the text", arguments: ["", "  \n\n "])
  func ranges(before: String) throws {
    let text = before + "“Hello, world!” (The a.) 🎉 Three naïve\n\nworlds’ \"end?\"  "
    let script = try script(text)
    #expect(script.text == text)
    #expect(script.lines.map(\.text) == ["“Hello, world!”", "(The a.) 🎉", "Three naïve", "worlds’ \"end?\""])
    for line in script.lines {
      #expect(slice(text, line.range) == line.text)
      for word in line.utterance.words {
        #expect(line.range.contains(word.range.lowerBound) && word.range.upperBound <= line.range.upperBound)
      }
    }
    let gaps = script.items.compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
    #expect(gaps == [.sentence, .sentence, .paragraph])
  }

  @Test("a paragraph ends after a full stop, and where nothing can be said") func paragraphs() throws {
    let gaps = try script("Hello.\n\nWorld. 🎉\n \nHello.\nThree.").items.compactMap {
      if case .gap(let gap) = $0 { gap } else { nil }
    }
    #expect(gaps == [.paragraph, .paragraph, .sentence])
  }

  @Test("what a long sentence is cut into has no silence between, and together it is the text") func cuts() throws {
    let text = String(repeating: "hello the world ", count: 60)
    let script = try script(text)
    #expect(script.lines.count > 2)
    let parts = script.lines.map(\.text).joined(separator: " ")
    #expect(parts == text.trimmingCharacters(in: .whitespaces))
    #expect(zip(script.lines, script.lines.dropFirst()).allSatisfy { $0.range.upperBound < $1.range.lowerBound })
  }

  @Test("markup: silences, marks, styles and phones in their order") func markup() throws {
    let script = try script(
      """
      <speak>Hello <break time="250ms"/> world. <mark name="here"/><prosody rate="2" pitch="+3st">Three.</prosody>
      <voice name="bob">A <phoneme alphabet="x-arpabet" ph="TH R IY1">III</phoneme></voice></speak>
      """)
    let shape = script.items.map { item in
      switch item {
      case .line(let line): line.text
      case .gap(.seconds(let seconds)): "\(seconds)"
      case .gap(let gap): "\(gap)"
      case .mark(let name): "#" + name
      }
    }
    #expect(shape == ["Hello", "0.25", "world.", "#here", "sentence", "Three.", "sentence", "A", "III"])
    #expect(script.text == "Hello world. Three. A III" && script.voiceNames == ["bob"])
    for line in script.lines { #expect(slice(script.text, line.range) == line.text) }
    #expect(script.lines[2].style.rate == 2 && script.lines[2].style.pitch == 3)
    let given = script.lines[4].utterance.words[0]
    #expect(given.source == .given && given.range == 22..<25)
  }

  @Test("a tag within a sentence does not break it") func tags() throws {
    func utterances(_ text: String) throws -> [String] {
      try script("<speak>\(text)</speak>").lines.map { line in
        line.text + " " + PhoneSymbols.names[line.utterance.symbols.last!]
      }
    }
    #expect(
      try utterances("Hello <emphasis>the</emphasis> <sub alias=\"world\">w</sub>? Three.")
        == ["Hello the world ? ?", "Three. ."])
    #expect(try utterances("Hello <prosody rate=\"2\">the</prosody> world!") == ["Hello ,", "the ,", "world! !"])
    let items = try script(
      "<speak>A <phoneme alphabet=\"cmu\" ph=\"TH R IY1\">3</phoneme><prosody rate=\"2\">.</prosody> Hello</speak>"
    ).items
    #expect(items.map { if case .gap(let gap) = $0 { "\(gap)" } else { "" } } == ["", "", "sentence", ""])
  }

  @Test(
    "with nothing to say there is no script",
    arguments: ["", "  \n", "...", "?!", "🎉🥳", "<speak></speak>", "<speak> ... </speak>", "—", "\u{0}\u{7}"])
  func nothing(_ text: String) {
    #expect(throws: SpeakingError.nothingToSay) { try script(text) }
  }

  @Test("silence alone can be asked for") func silence() throws {
    let script = try script("<speak><break time=\"1s\"/></speak>")
    #expect(script.items == [.gap(.seconds(1))])
  }

  @Test("other scripts do not stop the rest") func mixed() throws {
    for text in [
      "hello мир 世界 world", "a\u{200D}b 👩‍👩‍👧 hello", "e\u{301}\u{301}\u{301} hello", "\u{202E}hello", "ﬀ ½ ² hello",
    ] {
      let script = try script(text)
      #expect(script.lines.contains { line in line.utterance.words.contains { $0.written == "hello" } }, "\(text)")
      for line in script.lines { #expect(slice(text, line.range) == line.text) }
    }
  }

  @Test("markup's errors come through, and long texts are refused") func refusals() {
    #expect(throws: SSMLError.self) { try script("<speak>hello") }
    #expect(throws: SSMLError.self) { try script("<speak><what>hello</what></speak>") }
    #expect(throws: SSMLError.self) {
      try script("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><speak>&b;</speak>")
    }
    let long = String(repeating: "a ", count: Script.largest / 2 + 1)
    #expect(throws: SpeakingError.tooLong(bytes: long.utf8.count, limit: Script.largest)) { try script(long) }
  }

  @Test(
    "text of one sign over and over",
    arguments: ["a", "1", ".", "\n", "\n ", "🎉", "\"", "a.", "1,", "$", "(", "-", "'", "e\u{301}", "A", "a@"])
  func monotonous(_ sign: String) {
    let text = String(repeating: sign, count: 10_000)
    do {
      let script = try script(text)
      #expect(script.lines.last!.range.upperBound <= text.count)
    } catch { #expect(error as? SpeakingError == .nothingToSay) }
  }

  @Test("a megabyte on one line") func oneLine() throws {
    let text = String(repeating: "hello the world, three ", count: 45_000)
    let script = try script(text)
    #expect(script.lines.reduce(0) { $0 + $1.utterance.words.count } == 180_000)
    #expect(script.lines.last!.range.upperBound == text.count - 1)
  }
}
