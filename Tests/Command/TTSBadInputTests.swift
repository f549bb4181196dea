import Foundation
import OneStepMedia
import Testing

/// Bad input ends with one line, the right code and no file; odd input is spoken as far as it can be.
@Suite(.serialized)
struct TTSBadInputTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  func expectFailure(
    _ code: Int32, _ words: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = folder.names()
    let outcome = try Executable.run(["tts"] + arguments, in: folder)
    #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(
      outcome.messages.count == 1 && outcome.errors.hasPrefix("onestep: ") && outcome.errors.contains(words),
      "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(folder.names() == before, sourceLocation: sourceLocation)
  }

  @Test func textsWithNothingToSay() throws {
    for text in ["", "   ", "...", "?!", "\u{1F642}", "<speak></speak>"] {
      try expectFailure(65, "nothing to say", [text, "-o", "a.wav"])
    }
    try expectFailure(65, "nothing to say", ["--raw"])  // standard input is empty
  }

  @Test func oddTextsAreSpoken() throws {
    for text in ["Hi \u{1F642}!", "Привет, hello 世界", "a\u{0}b \u{202E}c", "naïve café", String(repeating: "ha", count: 300)] {
      let outcome = try Executable.run(["tts", "-f", "-", "--raw"], in: folder, input: try file(Array(text.utf8)))
      #expect(outcome.code == 0 && outcome.output.count > 8000, "\(text): \(outcome.errors)")
    }
  }

  private func file(_ bytes: [UInt8]) throws -> String {
    folder.write(bytes, "text.txt")
    return folder.file("text.txt")
  }

  @Test func aMegabyteOnOneLineIsRead() throws {
    let sentence = "The cat sat on the mat and counted 1,234 mice. "
    let path = try file(Array(String(repeating: sentence, count: 1_000_000 / sentence.utf8.count).utf8))
    let read = try Executable.run(["tts", "-f", path, "--phonemes"], in: folder)
    #expect(read.code == 0 && read.text.contains("utterance 21276"))
    let word = try file([UInt8](repeating: UInt8(ascii: "z"), count: 1_000_000))
    let process = try Executable.start(["tts", "-f", word, "--raw"], in: folder)
    while folder.bytes(".stdout").isEmpty && process.isRunning { usleep(10_000) }
    #expect(process.isRunning)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    try expectFailure(
      65, "split it", ["-f", try file([UInt8](repeating: UInt8(ascii: "a"), count: 11 << 20)), "-o", "a.wav"])
  }

  @Test func textsThatAreNoUTF8() throws {
    let path = try file([0x63, 0x61, 0x66, 0xe9])
    try expectFailure(65, "UTF-8", ["-f", path, "-o", "a.wav"])
    try expectFailure(66, "cannot be read", ["-f", "none.txt", "-o", "a.wav"])
    try expectFailure(66, "directory", ["-f", folder.path, "-o", "a.wav"])
  }

  @Test func markupThatIsWrong() throws {
    try expectFailure(65, "line 1, column", ["<speak><p>open</speak>", "-o", "a.wav"])
    try expectFailure(65, "line 1, column", ["<speak>never closed", "-o", "a.wav"])
    let bomb = #"<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><speak>&b;</speak>"#
    try expectFailure(65, "refused", [bomb, "-o", "a.wav"])
    let deep = "<speak>" + String(repeating: "<p>", count: 3000) + "x"
    try expectFailure(65, "inside each other", [deep, "-o", "a.wav"])
    try expectFailure(65, "<blink>", ["<speak><blink>x</blink></speak>", "-o", "a.wav"])
    try expectFailure(65, "voice nobody", [#"<speak><voice name="nobody">x</voice></speak>"#, "-o", "a.wav"])
  }

  @Test func lexiconsThatAreWrong() throws {
    folder.write(Array("gif  JH IH1 F\nfoo  QQ\n".utf8), "lexicon.txt")
    try expectFailure(65, "lexicon.txt, line 2: 'QQ'", ["gif", "--lexicon", "lexicon.txt", "-o", "a.wav"])
    folder.write(Array("gif\n".utf8), "lexicon.txt")
    try expectFailure(65, "line 1: 'gif' has no phones", ["gif", "--lexicon", "lexicon.txt", "-o", "a.wav"])
    try expectFailure(66, "cannot be read", ["gif", "--lexicon", "none.txt", "-o", "a.wav"])
  }

  @Test func modelsThatDoNotSpeak() throws {
    let image = try folder.model()
    try expectFailure(65, "oftsr", ["Hello", "--voice", image, "-o", "a.wav"])
    try expectFailure(65, "no vocoder", ["Hello", "--vocoder", image, "-o", "a.wav"])
    try expectFailure(66, "no voice is called nobody", ["Hello", "--voice", "nobody", "-o", "a.wav"])
    try expectFailure(66, "cannot be read", ["Hello", "--voice", "none.safetensors", "-o", "a.wav"])
    folder.write(Array(folder.bytes("tiny.safetensors").dropLast(9)), "cut.safetensors")
    try expectFailure(65, "cut.safetensors", ["Hello", "--voice", "cut.safetensors", "-o", "a.wav"])
    try folder.picture("in.png")
    let restored = try Executable.run(["restore", "in.png", "-m", "voice-slt", "-o", "out.png"], in: folder)
    #expect(restored.code == 65 && restored.errors.contains("is a model of speech"))
  }

  @Test func impossibleOutputs() throws {
    folder.write([1], "there.wav")
    try expectFailure(73, "--force", ["Hello", "-o", "there.wav"])
    try expectFailure(73, "extension", ["Hello", "-o", "a.mp3"])
    try expectFailure(73, "No such file", ["Hello", "-o", "none/a.wav"])
    try expectFailure(73, "space", ["Hello", "-o", "/dev/full"])
    try expectFailure(73, "extension", ["Hello", "-o", "a.wav", "--plot", "a.jpg"])
    try expectFailure(73, "No such file", ["Hello", "-o", "a.wav", "--srt", "none/a.srt"])
    let full = try Executable.run(["tts", "Hello", "--raw"], in: folder, output: "/dev/full")
    #expect(full.code == 73 && full.messages.count == 1)
  }

  @Test func wrongOptions() throws {
    for options in [
      ["--speed", "9"], ["--speed", "nan"], ["--pitch", "13"], ["--steps", "0"], ["--temperature", "-1"],
      ["--loudness", "3"], ["--length_scale", "0"], ["--raw"], ["-f", "x.txt"], ["--lines"], ["--batch", "x.csv"],
    ] { try expectFailure(64, "onestep", ["Hello", "-o", "a.wav"] + options) }
    try expectFailure(64, "standard output", ["Hello", "--raw", "--json"])
    try expectFailure(64, "same name", ["Hello", "-o", "a.wav", "--srt", "a.wav"])
  }

  @Test func aPlayerThatFailsIsNamed() throws {
    try folder.make("bin")
    folder.write(Array("#!/bin/sh\ncat > /dev/null; exit 3\n".utf8), "bin/paplay")
    chmod(folder.file("bin/paplay"), 0o755)
    let environment = ["PATH": folder.file("bin") + ":/usr/bin:/bin"]
    let failed = try Executable.run(["tts", "Hello", "--play"], in: folder, environment: environment)
    #expect(failed.code == 70 && failed.errors.contains("paplay ended with 3"))
    folder.write(Array("#!/bin/sh\nexec cat > heard.raw\n".utf8), "bin/paplay")
    chmod(folder.file("bin/paplay"), 0o755)
    let heard = try Executable.run(["tts", "Hello", "--play"], in: folder, environment: environment)
    #expect(heard.code == 0, "\(heard.errors)")
    let raw = try Executable.run(["tts", "Hello", "--raw"], in: folder)
    #expect(!raw.output.isEmpty && folder.bytes("heard.raw") == raw.output)
    let none = try Executable.run(["tts", "Hello", "--play"], in: folder, environment: ["PATH": folder.path])
    #expect(none.code == 64 && none.errors.contains("alsa-utils"))
  }

  @Test func aClosedPipeEndsQuietly() throws {
    let shell = try Executable.run(
      ["-c", "'\(Executable.path)' tts '\(String(repeating: "Hello there. ", count: 400))' --raw | head -c 1000 | wc -c"],
      in: folder, program: "/bin/sh")
    #expect(shell.text.contains("1000") && shell.errors.isEmpty)
  }

  @Test func anInterruptedFileLeavesNothing() throws {
    let text = String(repeating: "The cat sat on the mat. ", count: 4000)
    let path = try file(Array(text.utf8)), before = folder.names()
    let process = try Executable.start(["tts", "-f", path, "-o", "a.wav"], in: folder)
    while folder.names() == before && process.isRunning { usleep(1000) }
    usleep(200_000)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(folder.names() == before)
  }
}
