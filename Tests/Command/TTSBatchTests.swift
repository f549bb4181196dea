import Foundation
import OneStepMedia
import Testing

@Suite(.serialized)
struct TTSBatchTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  func run(_ arguments: String...) throws -> Executable.Outcome {
    try Executable.run(["tts", "--threads", "1", "--batch"] + arguments, in: folder)
  }
  func manifest() -> [String] {
    String(decoding: folder.bytes("out/manifest.jsonl"), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func aTableIsSpokenLineByLine() throws {
    folder.write(
      Array("id,text,speed\na,\"Hello, world\",1\nb,\"He said \"\"hi\"\".\nThen left.\",2\nc.flac,Three.,\n".utf8), "t.csv")
    let outcome = try run("t.csv", "-o", "out", "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.replies.map { $0["file"] as? String } == ["a.wav", "b.wav", "c.flac"])
    #expect(outcome.replies.map { $0["line"] as? Int } == [2, 3, 5])
    #expect(folder.names("out") == ["a.wav", "b.wav", "c.flac", "manifest.jsonl"])
    #expect(manifest().count == 3)
    let alone = try Executable.run(["tts", "Hello, world", "--raw"], in: folder)
    #expect(try Audio(contentsOf: folder.file("out/a.wav")).pcmBytes == alone.output)
  }

  @Test func aSecondRunSaysOnlyWhatIsMissingOrChanged() throws {
    folder.write(Array(#"{"id":"a","text":"One."}"#.utf8 + [10] + #"{"id":"b","text":"Two."}"#.utf8), "t.jsonl")
    #expect(try run("t.jsonl", "-o", "out").code == 0)
    let (a, b) = (folder.bytes("out/a.wav"), folder.bytes("out/b.wav"))
    try FileManager.default.removeItem(atPath: folder.file("out/a.wav"))
    let again = try run("t.jsonl", "-o", "out")
    #expect(again.code == 0 && again.text == "out/a.wav\n" && again.errors.contains("1 were there already"))
    #expect(folder.bytes("out/a.wav") == a && folder.bytes("out/b.wav") == b)
    // A manifest cut off within a line is no reason to fail.
    folder.write(folder.bytes("out/manifest.jsonl").dropLast(20), "out/manifest.jsonl")
    folder.write(Array(#"{"id":"a","text":"One."}"#.utf8 + [10] + #"{"id":"b","text":"Twenty-two."}"#.utf8), "t.jsonl")
    let changed = try run("t.jsonl", "-o", "out")
    #expect(changed.code == 0 && changed.text.contains("out/b.wav"))
    #expect(folder.bytes("out/b.wav") != b)
  }

  @Test func filesOfOthersAreKept() throws {
    try folder.make("out")
    folder.write([1, 2, 3], "out/a.wav")
    folder.write(Array("id,text\na,One.\n".utf8), "t.csv")
    let outcome = try run("t.csv", "-o", "out")
    #expect(outcome.code == 73 && outcome.errors.contains("--force"))
    #expect(folder.bytes("out/a.wav") == [1, 2, 3])
    #expect(try run("t.csv", "-o", "out", "--force").code == 0)
    #expect(folder.bytes("out/a.wav").count > 1000)
  }

  @Test func badLinesAreToldByNumberAndTheRestIsSpoken() throws {
    let lines = "id,text,speed\na,,1\nb,Good.,fast\n\nc,Fine.,1\n../d,No.,1\nc,Twice.,1\ne,Too fast.,9\nf,...,1\n"
    folder.write(Array(lines.utf8), "t.csv")
    let outcome = try run("t.csv", "-o", "out")
    #expect(outcome.code == 65)
    for words in ["line 2: has no text", "line 3: 'fast'", "line 6: the id '../d'", "line 7: the id 'c'", "speed 9", "nothing to say"] {
      #expect(outcome.errors.contains(words), "\(words) in \(outcome.errors)")
    }
    #expect(folder.names("out") == ["c.wav", "manifest.jsonl"])
    folder.write(Array("{\n\nnot json\n{\"id\":\"y\",\"text\":\"Two\",\"voice\":\"nobody\"}\n".utf8), "t.jsonl")
    let json = try run("t.jsonl", "-o", "other")
    #expect(json.code == 65)
    for words in ["line 1: is no JSON", "line 3: is no JSON", "line 4: no voice is called nobody"] {
      #expect(json.errors.contains(words), "\(words) in \(json.errors)")
    }
  }

  @Test func tablesThatAreNone() throws {
    for (text, words) in [
      ("", "no lines"), ("id,text\n", "no lines"), ("name,text\na,b\n", "'name'"), ("id\na\n", "id and text"),
      ("id,text\na,\"open", "quotation"), ("id,text\na,x\"y\"z", "quotation"),
    ] {
      folder.write(Array(text.utf8), "t.csv")
      let outcome = try run("t.csv", "-o", "out")
      #expect(outcome.code == 65 && outcome.errors.contains(words), "\(text): \(outcome.errors)")
      #expect(folder.names("out").filter { $0.hasSuffix(".wav") }.isEmpty)
    }
    folder.write([0x69, 0xff], "t.csv")
    #expect(try run("t.csv", "-o", "out").errors.contains("UTF-8"))
    #expect(try run("none.csv", "-o", "out").code == 66)
    #expect(try run("t.csv").code == 64)
    #expect(try run("t.csv", "-o", "-").code == 64)
    #expect(try run("t.csv", "-o", "out", "hello").code == 64)
  }
}
