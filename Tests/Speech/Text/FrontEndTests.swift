import Foundation
import OneStepSpeech
import Testing

@Suite struct FrontEndTests {
  private func phones(_ text: String) -> [Phone] { [Phone](arpabet: text)! }

  private func frontEnd(user: String = "") throws -> FrontEnd {
    let words = [
      "hello": "HH AH0 L OW1", "world": "W ER1 L D", "read": "R IY1 D", "i": "AY1", "have": "HH AE1 V", "the": "DH AH0",
      "book": "B UH1 K", "to": "T UW1", "record": "R EH1 K ER0 D", "walk": "W AO1 K", "three": "TH R IY1",
      "dollars": "D AA1 L ER0 Z",
      "fifty": "F IH1 F T IY0", "cents": "S EH1 N T S", "doctor": "D AA1 K T ER0", "smith": "S M IH1 TH",
    ]
    let lexicon = try Lexicon(
      Lexicon.compiled(from: words.map { (word: $0.key, phones: phones($0.value)) }), name: "test")
    return FrontEnd(lexicon: lexicon, network: nil, user: user.isEmpty ? nil : try UserLexicon(user))
  }

  @Test func everySymbolKnowsItsWord() throws {
    let front = try frontEnd()
    let utterances = try front("Hello, world! $3.50")
    #expect(utterances.count == 2)
    let first = utterances[0]
    #expect(first.words.map(\.written) == ["Hello", "world"] && first.words[1].range == 7..<12)
    #expect(first.symbols.count == first.wordOfSymbol.count)
    #expect(first.wordOfSymbol == [0, 0, 0, 0, nil, 1, 1, 1, 1, nil])
    #expect(first.symbols[4] == PhoneSymbols.id(.short) && first.symbols.last == PhoneSymbols.id(.exclamation))
    let money = utterances[1].words
    #expect(money.count == 1 && money[0].rule == "money" && money[0].spoken == "three dollars fifty cents")
    #expect(utterances.trace.contains("[money] three dollars fifty cents"))
  }

  @Test func sourcesInTheirOrder() throws {
    let front = try frontEnd(user: "world  W AH1 R L D")
    let words = try front("I have read the FBI record to record walking world's")[0].words
    let by = Dictionary(words.map { ($0.written, $0) }) { first, _ in first }
    #expect(by["read"]?.phones.arpabet == "R EH1 D" && by["read"]?.source == .homograph)
    #expect(by["FBI"]?.source == .letters && by["FBI"]?.phones.arpabet == "EH1 F B IY1 AY1")
    #expect(words.filter { $0.written == "record" }.map(\.phones.arpabet) == ["R EH1 K ER0 D", "R AH0 K AO1 R D"])
    #expect(by["walking"]?.source == .inflected)
    #expect(try front("world")[0].words[0].source == .user)
  }

  @Test(arguments: [
    ("Plan A is good", "EY1"), ("A B C", "EY1"), ("Grade A milk", "EY1"), ("Option A, please", "EY1"), ("A/B", "EY1"),
    ("blood type A.", "EY1"), ("A cat sat", "AH0"), ("Once Upon A Time", "AH0"), ("THIS IS A TEST", "AH0"),
    ("A 5 year plan", "AH0"), ("He said: \"A cat.\"", "AH0"), ("A \"friend\" of mine", "AH0"), ("a big cat", "AH0"),
  ]) func theLetterAIsNoArticle(text: String, phones: String) throws {
    let words = try frontEnd()(text).flatMap(\.words)
    #expect(words.first { $0.written.uppercased().hasPrefix("A") && $0.written.count < 3 }?.phones.arpabet == phones)
  }

  @Test func phonesInBracketsAreSaid() throws {
    let front = try frontEnd()
    let words = try front("hello {W ER1 L D} [ˈwɝld]")[0].words
    #expect(words.map(\.phones.arpabet) == ["HH AH0 L OW1", "W ER1 L D", "W ER1 L D"])
    #expect(words.map(\.source) == [.dictionary, .given, .given] && words[1].written == "{W ER1 L D}")
  }

  @Test func nothingToSayGivesNothing() throws {
    let front = try frontEnd()
    for text in ["", "  \n", "...", "?!", "😀", "()"] { #expect(try front(text).isEmpty, "\(text)") }
  }

  @Test func aMegabyteOnOneLineIsCutInBoundedPieces() throws {
    let front = try frontEnd()
    let utterances = try front(String(repeating: "hello world ", count: 20_000))
    #expect(utterances.allSatisfy { $0.symbols.count <= FrontEnd.limit + 20 })
    #expect(utterances.reduce(0) { $0 + $1.words.count } == 40_000)
    let one = try front(String(repeating: "a", count: 20_000))
    #expect(one.allSatisfy { $0.symbols.count <= 2 * Sentences.limit + 20 })
  }

  @Test func sentences() {
    func split(_ text: String) -> [String] { Sentences.split(text).map { String($0.text) } }
    #expect(split("Dr. Smith paid $3.50. He left.") == ["Dr. Smith paid $3.50.", "He left."])
    #expect(split("He said \"Go!\" Then he left.") == ["He said \"Go!\"", "Then he left."])
    #expect(split("Wait... what? Yes.") == ["Wait... what?", "Yes."])
    #expect(
      split("J. R. Smith of the U.S. Navy came. It rained.") == ["J. R. Smith of the U.S. Navy came.", "It rained."])
    #expect(split("We use e.g. this. Fine") == ["We use e.g. this.", "Fine"])
    #expect(split("one\n\ntwo") == ["one", "two"])
    #expect(split("").isEmpty && split("  ").isEmpty)
    #expect(Sentences.split("Hi.  Yo.").map(\.first) == [0, 5])
    let long = Sentences.split(String(repeating: "word, ", count: 1000))
    #expect(long.count > 10 && long.allSatisfy { $0.text.count <= Sentences.limit && $0.text.hasSuffix(",") })
  }

  @Test func publishedSymbols() throws {
    #expect(PublishedSymbols.names.count == 148)
    #expect(PublishedSymbols.names[11] == " " && PublishedSymbols.names[12] == "A" && PublishedSymbols.names[38] == "a")
    #expect(PublishedSymbols.names[64] == "@AA" && PublishedSymbols.names[147] == "@ZH")
    let lexicon = try Lexicon(
      Lexicon.compiled(from: [("world", phones("W ER1 L D")), ("hello", phones("HH AH0 L OW1"))]), name: "t")
    func said(_ text: String, _ isCompatible: Bool) -> String {
      let ids = PublishedSymbols(lexicon, isCompatible: isCompatible)(text)
      #expect(
        ids.count % 2 == 1 && stride(from: 0, to: ids.count, by: 2).allSatisfy { ids[$0] == PublishedSymbols.blank })
      return stride(from: 1, to: ids.count, by: 2).map { PublishedSymbols.names[ids[$0]] }.joined()
    }
    #expect(said("Hello world", true) == "@HH@AH0@L@OW1 @W@ER1@L@D")
    #expect(said("hello, world", true) == "hello, @W@ER1@L@D")
    #expect(said("hello, world", false) == "@HH@AH0@L@OW1, @W@ER1@L@D")
    #expect(said("{HH AH0} world", true).hasPrefix("@HH@AH0"))
    #expect(said("world {HH AH0}", true).hasPrefix("world"))
    #expect(said("Dr. X 1905, $2.50", true) == "doctor x nineteen oh five, two dollars, fifty cents")
  }

  @Test func markup() throws {
    let spans = try SSML.spans(
      of: """
        <speak>Hello <break time="500ms"/><prosody rate="fast" pitch="+2st" volume="-6dB">quick</prosody>
        <say-as interpret-as="characters">ab1</say-as><sub alias="World Wide Web">WWW</sub>
        <phoneme alphabet="x-arpabet" ph="T AH0 M EY1">tom</phoneme><phoneme alphabet="ipa" ph="ˈhɛloʊ">x</phoneme>
        <mark name="here"/><voice name="v"><emphasis>loud</emphasis></voice></speak>
        """)
    #expect(spans[0].content == .text("Hello") && spans[1].content == .pause(0.5))
    #expect(
      spans[2].content == .text("quick") && spans[2].style.rate == 1.3 && spans[2].style.pitch == 2
        && spans[2].style.volume == -6)
    #expect(spans[3].content == .text("A B one") && spans[4].content == .text("World Wide Web"))
    #expect(spans[5].content == .phones(phones("T AH0 M EY1"), written: "tom"))
    #expect(spans[6].content == .phones(phones("HH EH1 L OW0"), written: "x"))
    #expect(spans[7].content == .mark("here") && spans[8].style.voice == "v")
  }

  @Test func brokenMarkupSaysWhere() {
    func error(_ text: String) -> SSMLError? {
      do { _ = try SSML.spans(of: text); return nil } catch { return error }
    }
    if case .malformed(_, let line, _)? = error("<speak>\n<p>hello</speak>") {
      #expect(line == 2)
    } else {
      Issue.record("unclosed")
    }
    #expect(error("<!DOCTYPE x [<!ENTITY a \"aa\">]><speak>&a;</speak>") == .documentType(line: 1, column: 1))
    if case .element("script", line: 1, _)? = error("<speak><script/></speak>") {
    } else {
      Issue.record("unknown element")
    }
    if case .attribute("break", "time", "soon", _, _)? = error("<speak><break time=\"soon\"/></speak>") {
    } else {
      Issue.record("time")
    }
    let deep = "<speak>" + String(repeating: "<p>", count: 100) + String(repeating: "</p>", count: 100) + "</speak>"
    if case .tooDeep? = error(deep) {} else { Issue.record("depth") }
    #expect(error(String(repeating: "x", count: SSML.largest + 1)) == .tooLarge(bytes: SSML.largest + 1))
    #expect(error("") != nil && error("hello") != nil)
  }
}
