import Foundation
import OneStepMedia
import OneStepSpeech
import Testing

@Suite struct SpeechCorpusTests {
  let folder: CorpusFolder

  init() throws { folder = try CorpusFolder() }

  @Test("Two and three columns, WAV and FLAC, with and without a folder")
  func layouts() throws {
    try folder.write("\u{FEFF}a|Chapter 3|chapter three\r\n\nb|Good morning.\nc|Yes|\n")
    try folder.write("a\tCH:0.1 pau:0.25\n", to: "phones.tsv")
    try folder.sound("wavs/a.wav", CorpusFolder.tone(0, 0.5, 0))
    try folder.sound("b.flac", CorpusFolder.tone(0, 0.5, 0))
    try folder.sound("c.wav", CorpusFolder.tone(0, 0.5, 0))
    let clips = try SpeechCorpus(contentsOf: folder.path).clips
    #expect(clips.map(\.id) == ["a", "b", "c"])
    #expect(clips.map(\.spokenText) == ["chapter three", "Good morning.", "Yes"] && clips[0].text == "Chapter 3")
    #expect(clips[0].phones == [TimedPhone("CH", end: 0.1), TimedPhone("pau", end: 0.25)] && clips[1].phones == nil)
    #expect(try SpeechCorpus(contentsOf: folder.path, leavingOut: ["b"]).clips.map(\.id) == ["a", "c"])
  }

  @Test(
    "A bad line is named",
    arguments: [
      ("a|yes\nb\n", 2, .columns(1)), ("a|b|c|d\n", 1, .columns(4)), ("\n\na|yes\na|no\n", 4, .repeatedName("a")),
      ("a| |\n", 1, .emptyText), ("../a|yes\n", 1, .unusableName("../a")), ("|yes\n", 1, .unusableName("")),
    ] as [(String, Int, CorpusError.LineFault)])
  func badLines(_ table: String, _ number: Int, _ fault: CorpusError.LineFault) throws {
    try folder.write(table)
    let error = CorpusError.line(path: "\(folder.path)/metadata.csv", number: number, fault: fault)
    #expect(throws: error) { try SpeechCorpus(contentsOf: folder.path) }
    #expect(error.description.contains("metadata.csv:\(number): "))
  }

  @Test(
    "A bad line of phones is named",
    arguments: [
      ("a\tAA1:0.1 B\n", 1, .phone("B")), ("a\tAA1:0.1\nb\tB:1\n", 2, .unknownName("b")),
      ("a\tAA1:0.3 B:0.3\n", 1, .timesNotRising("B:0.3")), ("a\tAA1:nan\n", 1, .phone("AA1:nan")),
      ("a AA1:1\n", 1, .phone("a AA1:1")), ("a\tB:1\na\tB:1\n", 2, .repeatedName("a")), ("a\t\n", 1, .phone("")),
    ] as [(String, Int, CorpusError.LineFault)])
  func badPhones(_ table: String, _ number: Int, _ fault: CorpusError.LineFault) throws {
    try folder.write("a|yes\n")
    try folder.write(table, to: "phones.tsv")
    #expect(throws: CorpusError.line(path: "\(folder.path)/phones.tsv", number: number, fault: fault)) {
      try SpeechCorpus(contentsOf: folder.path)
    }
  }

  @Test("Missing tables, recordings and text are errors")
  func missing() throws {
    let table = "\(folder.path)/metadata.csv"
    #expect(throws: CorpusError.unreadable(path: table, code: ENOENT)) { try SpeechCorpus(contentsOf: folder.path) }
    try folder.write("")
    #expect(throws: CorpusError.noClips(folder: folder.path, rejected: 0)) { try SpeechCorpus(contentsOf: folder.path) }
    try folder.write("a|yes\nb|no\n")
    #expect(throws: CorpusError.missingRecordings(folder: folder.path, count: 2, first: "a")) {
      try SpeechCorpus(contentsOf: folder.path)
    }
    try Data([97, 124, 0xFF, 10]).write(to: URL(fileURLWithPath: table))
    #expect(throws: CorpusError.notText(path: table)) { try SpeechCorpus(contentsOf: folder.path) }
  }

  @Test("Whole frames: nearest boundaries, at least one each, exact sum")
  func wholeFrames() {
    #expect(TimedPhone.wholeFrames(ends: [1.4, 3.6, 9.8], total: 10) == [1, 3, 6])
    #expect(TimedPhone.wholeFrames(ends: [-3, 0.2, 0.3, 8], total: 6) == [1, 1, 1, 3])
    #expect(TimedPhone.wholeFrames(ends: [20, 30, 40], total: 5) == [3, 1, 1])
    #expect(TimedPhone.wholeFrames(ends: [1, 2, 3], total: 3) == [1, 1, 1])
    #expect(TimedPhone.wholeFrames(ends: [1, 2, 3], total: 2) == nil)
    for seed in 0..<50 {
      var ends: [Double] = [], at = 0.0
      for k in 0..<20 {
        at += Double((seed * 7919 + k * 104729) % 53) / 10
        ends.append(at)
      }
      let frames = TimedPhone.wholeFrames(ends: ends, total: 60)!
      #expect(frames.reduce(0, +) == 60 && frames.allSatisfy { $0 >= 1 })
    }
  }

  @Test("Duration errors are counted by symbol and by clip")
  func durations() {
    let error = DurationError([[3, 5], [10]], known: [[4, 4], [8]])
    #expect(abs(error.perSymbol - 2.0.squareRoot()) < 1e-12 && abs(error.perClip - 0.125) < 1e-12)
    #expect(DurationError([], known: []).perSymbol.isNaN)
  }
}
