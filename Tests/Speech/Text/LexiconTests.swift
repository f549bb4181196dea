import Foundation
import OneStepSpeech
import Testing

@Suite struct LexiconTests {
  private func word(_ i: Int) -> String { "w" + String(i * 7919 % 1000, radix: 26) + "x" + String(i) }

  @Test func compiledEntriesAreFoundAgain() throws {
    let phones = (0..<200).map { i in (0...(i % 5)).map { Phone(index: (i * 13 + $0) % Phone.count) } }
    let entries = phones.indices.map { (word: word($0), phones: phones[$0]) }
    let lexicon = try Lexicon(Lexicon.compiled(from: entries), name: "test")
    #expect(lexicon.wordCount == 200)
    for entry in entries { #expect(lexicon[entry.word.uppercased()] == entry.phones) }
    #expect(lexicon["absent"] == nil && lexicon[""] == nil && lexicon["zzzz"] == nil && lexicon["'"] == nil)
  }

  @Test func damagedFilesThrowOrAnswerNothing() throws {
    let data = Lexicon.compiled(from: (0..<100).map { (word: word($0), phones: [Phone("AA1")!]) })
    #expect(throws: LexiconError.damaged(file: "x")) { try Lexicon(Data("<html>".utf8), name: "x") }
    for end in stride(from: 0, to: data.count, by: 37) {
      guard let cut = try? Lexicon(data.prefix(end), name: "x") else { continue }
      for i in 0..<100 { _ = cut[word(i)] }
    }
  }

  @Test func userLexiconNamesTheLine() throws {
    let good = try UserLexicon("# mine\nOneStep  W AH1 N S T EH2 P\n\nGIF JH IH1 F # of course\n")
    #expect(good.count == 2 && good["gif"]?.arpabet == "JH IH1 F")
    #expect(throws: LexiconError.phone("QQ", file: "lexicon", line: 2)) { try UserLexicon("a AH0\nb QQ\n") }
    #expect(throws: LexiconError.noPhones(word: "b", file: "lexicon", line: 1)) { try UserLexicon("b\n") }
  }

  @Test func dictionaryOfBothForms() throws {
    let old = try CMUDictionary.entries(of: ";;; comment\nREAD  R EH1 D\nREAD(1)  R IY1 D\n")
    let new = try CMUDictionary.entries(of: "read R EH1 D # note\nread(2) R IY1 D\n")
    #expect(old.map(\.word) == ["read"] && new.map(\.word) == ["read"] && old[0].phones == new[0].phones)
  }

  @Test func phonesHaveNamesAndStress() {
    #expect(Phone.names.count == Phone.count && Phone.names == Phone.names.sorted())
    #expect(Phone("ah")?.description == "AH0" && Phone("AH1")?.stress == .primary && Phone("K")?.stress == nil)
    #expect(Phone("AH1")?.with(.none) == Phone("AH0") && Phone("Q") == nil)
    #expect(PhoneSymbols.names.count == PhoneSymbols.count && PhoneSymbols.names[PhoneSymbols.id(Phone("ZH")!)] == "ZH")
  }

  /// Writes the shipped dictionary where `ONESTEP_LEXICON` says, from `ONESTEP_CMUDICT`.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["ONESTEP_LEXICON"] != nil))
  func compilesCMUdict() throws {
    let environment = ProcessInfo.processInfo.environment
    let text = try String(contentsOfFile: environment["ONESTEP_CMUDICT"] ?? "", encoding: .utf8)
    let entries = try CMUDictionary.entries(of: text), path = environment["ONESTEP_LEXICON"]!
    try Lexicon.compiled(from: entries).write(to: URL(fileURLWithPath: path))
    let lexicon = try Lexicon(contentsOf: path)
    for entry in entries { #expect(lexicon[entry.word] == entry.phones) }
  }
}
