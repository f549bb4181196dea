import Foundation
import OneStepMedia
import Testing

@Suite(.serialized)
struct RestoreTests {
  let folder: Folder
  let model: String

  init() throws {
    folder = try Folder()
    model = try folder.model()
  }

  func restore(_ arguments: String..., input: String? = nil) throws -> Executable.Outcome {
    try Executable.run(["restore", "-m", model] + arguments, in: folder, input: input)
  }

  @Test func theReplyNamesEverythingThatMadeTheResult() throws {
    try folder.picture("in.png")
    let outcome = try restore("in.png", "-o", "out.png", "--json", "--seed", "5", "--realism", "0.5", "--threads", "1")
    #expect(outcome.code == 0 && outcome.errors == "")
    let reply = try #require(outcome.replies.first)
    #expect(
      Set(reply.keys) == [
        "input", "output", "width", "height", "seconds", "model", "seed", "realism", "scale", "resized", "threads",
        "precision", "network_calls", "tiles", "peak_bytes",
      ])
    #expect(reply["width"] as? Int == 80 && reply["height"] as? Int == 64 && reply["network_calls"] as? Int == 1)
    #expect(reply["seed"] as? Int == 5 && reply["threads"] as? Int == 1 && reply["model"] as? String == "tiny")
    let image = try Image(contentsOf: folder.file("out.png"))
    let note = try #require(image.metadata.text.first { $0.key == "onestep" })
    #expect(note.value.contains("seed=5 ") && note.value.contains("model=tiny "))
  }

  @Test func theSameSeedGivesTheSameBytesForAnyThreadsAndTiles() throws {
    try folder.picture("in.png", width: 70, height: 45)
    for (name, options) in [
      ("a", ["--threads", "1"]), ("b", ["--threads", "2"]), ("c", ["--tile", "16"]), ("d", ["--tile", "33"]),
    ] {
      let outcome = try Executable.run(
        ["restore", "in.png", "-m", model, "-o", "\(name).png", "--seed", "3"] + options, in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let first = folder.bytes("a.png")
    #expect(!first.isEmpty)
    for name in ["b", "c", "d"] { #expect(folder.bytes("\(name).png") == first, "\(name)") }
    _ = try restore("in.png", "-o", "other.png", "--seed", "4")
    let (one, other) = (try Image(contentsOf: folder.file("a.png")), try Image(contentsOf: folder.file("other.png")))
    #expect(one.samples != other.samples)
  }

  @Test func anExistingResultIsReplacedOnlyByForce() throws {
    try folder.picture("in.png")
    folder.write([1, 2, 3], "out.png")
    let refused = try restore("in.png", "-o", "out.png")
    #expect(refused.code == 73 && refused.messages.count == 1 && refused.errors.hasPrefix("onestep: "))
    #expect(folder.bytes("out.png") == [1, 2, 3])
    #expect(try restore("in.png", "-o", "out.png", "--force").code == 0)
    #expect(folder.bytes("out.png").count > 3)
  }

  @Test func aFolderBecomesAFolderOfTheSameNames() throws {
    try folder.make("photos")
    try folder.picture("photos/a.png")
    try folder.picture("photos/b.jpg")
    folder.write(folder.bytes("photos/a.png"), "c.dat")
    let outcome = try restore("photos", "c.dat", "-o", "big")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(folder.names("big") == ["a.png", "b.jpg", "c.png"])
    #expect(outcome.text == "big/a.png\nbig/b.jpg\nbig/c.png\n")
    #expect(try restore("photos/a.png", "-o", "big").code == 73)
  }

  @Test func standardInputAndOutputCarryImages() throws {
    try folder.picture("in.png")
    let piped = try restore("-", "-o", "-", input: folder.file("in.png"))
    #expect(piped.code == 0)
    #expect(try restore("in.png", "-o", "out.png").code == 0)
    #expect(piped.output == folder.bytes("out.png"))
    #expect(try restore("-", "-", "-o", "x").code == 64)
  }

  @Test func sixteenBitsGreyAndAlphaAreKept() throws {
    try folder.picture("in.png", channels: 2, bits: 16)
    #expect(try restore("in.png", "-o", "out.png").code == 0)
    let image = try Image(contentsOf: folder.file("out.png"))
    #expect(image.bits == 16 && image.channels == 2)
    let refused = try restore("in.png", "-o", "out.jpg")
    #expect(refused.code == 73 && refused.errors.contains("transparent") && !folder.exists("out.jpg"))
  }

  @Test func smallerScalesAreTheResultResizedAndSayIt() throws {
    try folder.picture("in.png")
    let outcome = try restore("in.png", "-o", "out.webp", "--scale", "2", "--quality", "80", "--json")
    #expect(outcome.replies.first?["resized"] as? Bool == true && outcome.replies.first?["width"] as? Int == 40)
  }

  @Test func onePixelIsEnough() throws {
    try folder.picture("dot.png", width: 1, height: 1)
    #expect(try restore("dot.png", "-o", "out.png").code == 0)
    #expect(try Image(contentsOf: folder.file("out.png")).size == PixelSize(width: 4, height: 4))
  }

  @Test func aDryRunWritesNothing() throws {
    try folder.picture("in.png")
    let outcome = try restore("in.png", "-o", "out.png", "--dry-run")
    #expect(outcome.code == 0 && outcome.text == "in.png -> out.png\n" && !folder.exists("out.png"))
  }

  @Test func interruptionLeavesNoPartsAndEndsWith130() throws {
    try folder.picture("in.png", width: 400, height: 400)
    let process = try Executable.start(
      ["restore", "in.png", "-m", model, "-o", "out.png", "--tile", "16"], in: folder)
    usleep(300_000)
    process.interrupt()
    process.waitUntilExit()
    if process.terminationStatus != 0 { #expect(process.terminationStatus == 130 && !folder.exists("out.png")) }
    #expect(!folder.names().contains { $0.hasSuffix(".part") })
  }
}
