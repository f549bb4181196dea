import OneStepMedia
import OneStepSpeech
import Testing

@Suite struct PhoneAgreementTests {
  private func ids(_ text: String) -> [Int] {
    text.split(separator: " ").map { PhoneSymbols.names.firstIndex(of: String($0))! }
  }
  private func names(_ ids: [Int]) -> String { ids.map { PhoneSymbols.names[$0] }.joined(separator: " ") }
  private func agreed(_ heard: String, _ read: String) throws -> String {
    names(try #require(PhoneAgreement(heard: heard.split(separator: " ").map(String.init), read: ids(read))).ids)
  }

  @Test("what was heard decides which symbols there are; the text gives stress and marks")
  func agreement() throws {
    // "tomato salad, really?" with a secondary stress that only the text has.
    #expect(
      try agreed("pau T AH0 M EY1 T OW0 pau R IH1 L IY0 pau", "T AH0 M EY1 T OW2 , R IH1 L IY0 ?")
        == "_ T AH0 M EY1 T OW2 , R IH1 L IY0 ?")
    // Another vowel, a phone too few and a phone too many.
    #expect(
      try agreed("pau DH IY0 K AE1 T S AE1 T pau", "DH AH0 K AE2 T S AE1 D T .") == "_ DH IY0 K AE2 T S AE1 T .")
    #expect(try agreed("pau K AE1 AH0 T pau", "K AE1 T !") == "_ K AE1 AH0 T !")
    // A pause that is not written, and a mark without a pause.
    #expect(try agreed("pau K AE1 T pau D AO1 G pau", "K AE1 T D AO1 G .") == "_ K AE1 T , D AO1 G .")
    #expect(try agreed("pau K AE1 T D AO1 G pau", "K AE1 T , D AO1 G .") == "_ K AE1 T D AO1 G .")
  }

  @Test("nothing in common, no text, no pauses: every phone still has its symbol")
  func strangers() throws {
    #expect(try agreed("pau S IY1 pau", "K AA1 B .") == "_ S IY1 .")
    #expect(try agreed("pau S IY1 pau", "") == "_ S IY1 .")
    #expect(try agreed("S IY1", "S IY2 .") == "S IY2")
    #expect(PhoneAgreement(heard: ["pau", "Q"], read: []) == nil)
  }

  @Test("a clip with times becomes an utterance with durations, one without only with symbols")
  func utterances() throws {
    let folder = try CorpusFolder()
    try folder.write("a|Hi!\nb|Hi.\nc|...\n")
    try folder.write("a\tpau:0.16 HH:0.32 AY1:0.64 pau:0.8\n", to: "phones.tsv")
    for name in ["a", "b", "c"] { try folder.sound("wavs/\(name).wav", CorpusFolder.tone(0.1, 0.6, 0.1)) }
    let features = try SpeechFeatures(of: SpeechCorpus(contentsOf: folder.path), file: folder.path + "/features")
    let front = try FrontEnd(folder: Resources.folder)
    let known = try #require(try features.utterance(0, front))
    #expect(names(known.ids) == "_ HH AY1 !")
    #expect(known.durations == [10, 10, 20, features.frames(0) - 40] && known.mel.shape == [features.frames(0), 80])
    let unknown = try #require(try features.utterance(1, front))
    #expect(names(unknown.ids) == "_ HH AY1 ." && unknown.durations == nil)
    #expect(try features.utterance(2, front) == nil)
    #expect(try features.utterances([0, 1, 2], front).count == 2)
  }
}
