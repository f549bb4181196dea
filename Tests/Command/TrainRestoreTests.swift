import Foundation
import OneStepMedia
import Testing

@Suite(.serialized)
struct TrainRestoreTests {
  let folder: Folder
  let base: [String]

  init() throws {
    folder = try Folder()
    try folder.make("photos/more")
    try folder.picture("photos/a.png", width: 90, height: 70)
    try folder.picture("photos/more/b.png", width: 64, height: 64)
    base = ["train", "restore", "--data", "photos", "--rows", "2", "--side", "12", "-q", "--checkpoint-seconds", "0"]
  }

  func train(_ arguments: String...) throws -> Executable.Outcome {
    try Executable.run(base + arguments, in: folder)
  }

  let tiny = ["--steps", "12", "--width", "8", "--blocks", "1"]

  @Test func aKilledRunEndsWithTheSameWeights() throws {
    let whole = try Executable.run(base + tiny + ["-o", "whole", "--json"], in: folder)
    #expect(whole.code == 0, "\(whole.errors)")
    #expect(whole.replies.compactMap { $0["steps"] as? Int } == [12, 3, 1])
    // Killed somewhere between the first state and the end, again and again, until it gets through.
    var resumed = false
    for delay in [30_000, 50_000, 70_000, 90_000] as [UInt32] {
      let process = try Executable.start(
        base + ["-o", "killed"] + (resumed ? ["--resume"] : tiny), in: folder)
      let start = Date()
      while !folder.exists("killed/training.json") && process.isRunning && Date().timeIntervalSince(start) < 20 {
        usleep(1000)
      }
      usleep(delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      resumed = folder.exists("killed/training.json")
    }
    let last = try train("-o", "killed", "--resume")
    #expect(last.code == 0, "\(last.errors)")
    for name in ["fidelity", "teacher", "student"] {
      let bytes = folder.bytes("whole/\(name).safetensors")
      #expect(!bytes.isEmpty && folder.bytes("killed/\(name).safetensors") == bytes, "\(name)")
    }
    #expect(folder.bytes("killed/log.csv").filter { $0 == 10 }.count == 17)
  }

  @Test func anInterruptedRunSavesWhereItWasAndGoesOn() throws {
    _ = try Executable.run(base + ["--steps", "30", "--width", "8", "--blocks", "1", "-o", "whole"], in: folder)
    let process = try Executable.start(
      base + ["--steps", "30", "--width", "8", "--blocks", "1", "-o", "stopped"], in: folder)
    while !folder.exists("stopped/training.json") && process.isRunning { usleep(1000) }
    usleep(20_000)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130 || process.terminationStatus == 0)
    #expect(try train("-o", "stopped", "--resume").code == 0)
    #expect(folder.bytes("stopped/student.safetensors") == folder.bytes("whole/student.safetensors"))
  }

  @Test func aRunIsNeitherOverwrittenNorMixedWithAnother() throws {
    let first = try Executable.run(base + ["-o", "run", "--steps", "3", "--width", "8", "--blocks", "1"], in: folder)
    #expect(first.code == 0, "\(first.errors)")
    #expect(try train("-o", "run", "--steps", "3").code == 73)
    #expect(try train("-o", "run", "--resume", "--steps", "9").code == 65)
    try folder.picture("photos/c.png", width: 64, height: 64)
    #expect(try train("-o", "run", "--resume").code == 65)
  }

  @Test func unreadablePhotographsAreListedAndSkipped() throws {
    folder.write([1, 2], "photos/bad.png")
    let outcome = try Executable.run(base + tiny + ["-o", "run", "--dry-run"], in: folder)
    #expect(outcome.code == 0 && outcome.errors.contains("bad.png") && !folder.exists("run"))
    try folder.make("none")
    let empty = try Executable.run(["train", "restore", "--data", "none", "-o", "run", "--steps", "1"], in: folder)
    #expect(empty.code == 66 && empty.messages.count == 1)
    let small = try train("-o", "run", "--steps", "3", "--width", "8", "--side", "12").code
    #expect(small == 0)
    let large = try Executable.run(
      ["train", "restore", "--data", "photos", "-o", "large", "--steps", "1", "-q"], in: folder)
    #expect(large.code == 65 && !folder.exists("large"))
  }
}
