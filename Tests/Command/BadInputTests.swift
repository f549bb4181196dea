import Foundation
import OneStepMedia
import Testing

/// Every kind of bad input ends with one line, the right code and no file.
@Suite(.serialized)
struct BadInputTests {
  let folder: Folder
  let model: String

  init() throws {
    folder = try Folder()
    model = try folder.model()
    try folder.picture("good.png")
  }

  func expectFailure(
    _ code: Int32, _ words: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = folder.names()
    let outcome = try Executable.run(["restore"] + arguments, in: folder)
    #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(
      outcome.messages.count == 1 && outcome.errors.hasPrefix("onestep: ") && outcome.errors.contains(words),
      "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(folder.names() == before, sourceLocation: sourceLocation)
  }

  @Test func damagedImages() throws {
    let good = folder.bytes("good.png")
    folder.write(Array(good.prefix(good.count / 2)), "cut.png")
    folder.write([], "empty.png")
    folder.write(Array("<html>no</html>".utf8), "page.png")
    folder.write(Self.hugeHeader, "huge.png")
    for (name, words) in [("cut.png", "ends too early"), ("empty.png", "empty"), ("page.png", "web page"), ("huge.png", "60000x60000")] {
      try expectFailure(65, words, [name, "-m", model, "-o", "out.png"])
    }
    try expectFailure(66, "cannot be read", ["none.png", "-m", model, "-o", "out.png"])
  }

  @Test func anImageUnderAWrongExtensionIsReadByItsContent() throws {
    folder.write(folder.bytes("good.png"), "mislabelled.jpg")
    #expect(try Executable.run(["restore", "mislabelled.jpg", "-m", model, "-o", "out.png"], in: folder).code == 0)
  }

  @Test func impossibleOutputs() throws {
    try folder.make("folder/good.png")
    try expectFailure(73, "folder", ["good.png", "-m", model, "-o", "folder"])
    try expectFailure(73, "Not a directory", ["good.png", "-m", model, "-o", "good.png/out.png"])
    try expectFailure(73, "No such file", ["good.png", "-m", model, "-o", "none/out.png"])
    try expectFailure(73, "extension", ["good.png", "-m", model, "-o", "out.tiff"])
    try expectFailure(73, "space", ["good.png", "-m", model, "-o", "/dev/full"])
    let outcome = try Executable.run(
      ["restore", "good.png", "-m", model, "-o", "-"], in: folder, output: "/dev/full")
    #expect(outcome.code == 73 && outcome.messages.count == 1)
  }

  @Test func aReadOnlyFolder() throws {
    try folder.make("locked")
    chmod(folder.file("locked"), 0o555)
    // Root may write anywhere but in the kernel's own file system.
    let locked = getuid() == 0 ? "/sys/out.png" : "locked/out.png"
    try expectFailure(73, "ermission", ["good.png", "-m", model, "-o", locked])
  }

  @Test func wrongOptions() throws {
    for arguments in [
      ["--realism", "1.5"], ["--scale", "5"], ["--tile", "3"], ["--quality", "0"], ["--threads", "0"], ["--precision", "f8"],
    ] {
      try expectFailure(64, "onestep", ["good.png", "-m", model, "-o", "out.png"] + arguments)
    }
    try expectFailure(64, "onestep", ["good.png", "-m", model])
  }

  @Test func badModels() throws {
    let whole = folder.bytes("tiny.safetensors")
    folder.write(Array(whole.dropLast(40)), "cut.safetensors")
    var changed = whole
    changed[changed.count - 2] ^= 1
    folder.write(changed, "changed.safetensors")
    folder.write(Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), "pointer.safetensors")
    folder.write(Array("<!DOCTYPE html><html></html>".utf8), "page.safetensors")
    folder.write([], "empty.safetensors")
    try folder.model("nan.safetensors") { $0[3] = .nan }
    for (name, words) in [
      ("cut", "cut short"), ("changed", "sha256"), ("pointer", "LFS"), ("page", "web page"), ("empty", "empty"),
      ("nan", "not finite"),
    ] {
      try expectFailure(65, words, ["good.png", "-m", "\(name).safetensors", "-o", "out.png"])
    }
    try expectFailure(66, "cannot be read", ["good.png", "-m", "none.safetensors", "-o", "out.png"])
  }

  @Test func anUnknownModelIsAnsweredWithTheClosest() throws {
    let outcome = try Executable.run(
      ["restore", "good.png", "-m", "tinny", "-o", "out.png"], in: folder, environment: ["ONESTEP_MODELS": folder.path])
    #expect(outcome.code == 66 && outcome.messages.count == 1)
    #expect(outcome.errors.contains("did you mean tiny?") && outcome.errors.contains("Known: "))
  }

  @Test func theRestOfABatchGoesOnAndFailuresComeLast() throws {
    try folder.make("in")
    try folder.picture("in/a.png")
    folder.write([], "in/b.png")
    try folder.picture("in/c.png")
    folder.write([1, 2, 3], "in/d.png")
    let outcome = try Executable.run(["restore", "in", "none.png", "-m", model, "-o", "out"], in: folder)
    #expect(outcome.code == 65 && folder.names("out") == ["a.png", "c.png"])
    #expect(outcome.messages.count == 4 && outcome.messages[0].contains("3 of 5"), "\(outcome.errors)")
  }

  /// A PNG that says it has 60000 x 60000 pixels.
  static var hugeHeader: [UInt8] {
    var chunk = Array("IHDR".utf8)
    for side in [UInt32(60000), 60000] { chunk += withUnsafeBytes(of: side.bigEndian) { Array($0) } }
    chunk += [8, 2, 0, 0, 0]
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in chunk {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    let checked = chunk + withUnsafeBytes(of: (~crc).bigEndian) { Array($0) }
    return signature + checked + [0, 0, 0, 40] + Array("IDAT".utf8) + [UInt8](repeating: 0, count: 40)
  }
}
