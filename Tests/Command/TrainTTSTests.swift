import Foundation
import OneStepMedia
import OneStepTensors
import Testing

@Suite(.serialized)
struct TrainTTSTests {
  let folder: Folder
  let base = ["train", "tts", "--data", "voice", "-q", "--checkpoint-seconds", "0", "--precision", "f32"]
  let tiny = ["--steps", "3", "--teacher-steps", "2", "--student-steps", "2", "--vocoder-steps", "4"]

  init() throws {
    folder = try Folder()
    try folder.make("voice/wavs")
    let texts = ["Good morning.", "The cat sat down.", "Who are you?", "Never!", "A blue door, open."]
    var table = ""
    for index in 0..<24 {
      table += "clip\(index)|\(texts[index % 5])\n"
      let samples = (0..<12_000 + 400 * index).map { i -> Float in
        let t = Double(i) / 16_000
        return Float(0.3 * sin(2 * .pi * (120 + 5 * Double(index)) * t) * sin(2 * .pi * 2 * t))
      }
      try Audio(samples: samples, sampleRate: 16_000).write(to: folder.path + "/voice/wavs/clip\(index).wav")
    }
    folder.write(Array(table.utf8), "voice/metadata.csv")
  }

  func train(_ arguments: [String]) throws -> Executable.Outcome { try Executable.run(base + arguments, in: folder) }

  @Test func aKilledRunEndsWithTheSameWeights() throws {
    let whole = try train(tiny + ["-o", "whole", "--json"])
    #expect(whole.code == 0, "\(whole.errors)")
    #expect(whole.replies.compactMap { $0["part"] as? String } == ["acoustic", "vocoder"])
    #expect(whole.replies.last?["vocoder"] != nil)
    for delay in [100_000, 900_000, 1_500_000] as [UInt32] {
      let process = try Executable.start(
        base + ["-o", "killed"] + (folder.exists("killed/training.json") ? ["--resume"] : tiny), in: folder)
      while !folder.exists("killed/training.json") && process.isRunning { usleep(1000) }
      usleep(delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let last = try train(["-o", "killed", "--resume"])
    #expect(last.code == 0, "\(last.errors)")
    for name in ["encoder", "teacher", "student", "vocoder"] {
      let bytes = folder.bytes("whole/\(name).safetensors")
      #expect(!bytes.isEmpty && folder.bytes("killed/\(name).safetensors") == bytes, "\(name)")
    }
    #expect(folder.bytes("killed/log.csv").filter { $0 == 10 }.count == 12)
    #expect(folder.bytes("killed/report.json") == folder.bytes("whole/report.json"))
  }

  @Test func aRunGoesOnFromAnotherVoiceAndIsNotMixed() throws {
    let first = try train(tiny + ["-o", "run", "--part", "acoustic"])
    #expect(first.code == 0, "\(first.errors)")
    #expect(!folder.exists("run/vocoder.safetensors"))
    folder.write(Array("clip2\n".utf8), "kept.txt")
    let next = try train(
      [
        "-o", "next", "--part", "acoustic", "--steps", "1", "--start", "run/student.safetensors", "--leave-out",
        "kept.txt",
      ])
    #expect(next.code == 0, "\(next.errors)")
    #expect(try train(["-o", "run", "--resume", "--steps", "9"]).code == 65)
    #expect(try train(tiny + ["-o", "run"]).code == 73)
    #expect(try train(["-o", "run", "--resume", "--leave-out", "kept.txt"]).code == 65)
  }

  @Test func whatIsWrongWithAFolderIsSaid() throws {
    #expect(try train(["-o", "a"]).code == 64)
    #expect(try train(["-o", "a", "--hours", "1", "--steps", "1"]).code == 64)
    let wrong = try train(["-o", "a", "--steps", "1", "--start", "voice/metadata.csv"])
    #expect(wrong.code == 65 && wrong.messages.count == 1)
    folder.write(Array("clip1|Hi.\nabsent|No sound.\n".utf8), "voice/metadata.csv")
    let missing = try train(["-o", "a", "--steps", "1"])
    #expect(missing.code == 66 && missing.errors.contains("absent"))
    folder.write(Array("clip1|Hi.\nno columns\n".utf8), "voice/metadata.csv")
    let line = try train(["-o", "a", "--steps", "1"])
    #expect(line.code == 65 && line.errors.contains("metadata.csv:2"))
    let none = try Executable.run(["train", "tts", "--data", "nowhere", "-o", "a", "--steps", "1"], in: folder)
    #expect(none.code == 66)
  }
}
