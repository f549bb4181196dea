import Foundation
import OneStepMedia
import OneStepNetworks
import OneStepTestSupport
import Testing

/// models, import, compare, bench and help.
@Suite(.serialized)
struct ToolTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test func theHelpOfRestoreStaysAsItIs() throws {
    let outcome = try Executable.run(["restore", "--help"], in: folder, environment: ["COLUMNS": "80"])
    #expect(outcome.code == 0 && outcome.text == restoreHelp)
  }

  @Test func theVersionIsQuickAndEmptyGroupsShowHelp() throws {
    #expect(try Executable.run(["--version"], in: folder).text == "0.1.0\n")
    #expect(try Executable.run(["models"], in: folder).code == 0)
    let unknown = try Executable.run(["restor"], in: folder)
    #expect(unknown.code == 64 && unknown.messages.count == 1)
  }

  @Test func modelsAreListedDescribedAndVerified() throws {
    try folder.model()
    let environment = ["ONESTEP_MODELS": folder.path]
    let list = try Executable.run(["models", "list", "--json"], in: folder, environment: environment)
    #expect(list.code == 0 && list.replies.contains { $0["name"] as? String == "tiny" })
    let info = try Executable.run(["models", "info", "tiny", "--json"], in: folder, environment: environment)
    #expect(info.replies.first?["architecture"] as? String == "oftsr")
    #expect(try Executable.run(["models", "verify", "tiny"], in: folder, environment: environment).text == "tiny: good\n")
    var bytes = folder.bytes("tiny.safetensors")
    bytes[bytes.count - 1] ^= 0x10
    folder.write(bytes, "worse.safetensors")
    let outcome = try Executable.run(
      ["models", "verify", "worse", "tiny"], in: folder, environment: environment)
    #expect(outcome.code == 65 && outcome.text == "tiny: good\n" && outcome.messages.count == 1)
    #expect(try Executable.run(["models", "info", "tiney"], in: folder, environment: environment).code == 66)
  }

  @Test func importWritesAModelThatRestoresTheSame() throws {
    let model = try folder.model()
    try folder.picture("in.png")
    #expect(try Executable.run(["import", model, "-o", "half.safetensors", "--type", "f16"], in: folder).code == 0)
    #expect(folder.bytes("half.safetensors").count < folder.bytes("tiny.safetensors").count)
    #expect(try Executable.run(["restore", "in.png", "-m", "half.safetensors", "-o", "out.png"], in: folder).code == 0)
    #expect(try Executable.run(["import", "in.png", "-o", "x.safetensors"], in: folder).code == 65)
    #expect(try Executable.run(["import", model, "-o", "half.safetensors"], in: folder).code == 73)
  }

  @Test func equalImagesCompareAsEqualAndFoldersPairByName() throws {
    try folder.make("a")
    try folder.make("b")
    for name in ["x", "y"] {
      let image = try folder.picture("a/\(name).png", width: 40, height: 36)
      try image.write(to: folder.file("b/\(name).webp"))
    }
    let outcome = try Executable.run(["compare", "a", "b", "--json", "--crop", "2"], in: folder)
    #expect(outcome.code == 0 && outcome.replies.count == 3, "\(outcome.errors)")
    for reply in outcome.replies {
      #expect(reply["psnr_rgb"] as? String == "inf")
      #expect(abs((reply["ssim_y"] as? Double ?? 0) - 1) < 1e-9 && reply["ms_ssim"] == nil)
      #expect(reply["patch_sliced_wasserstein"] as? Double == 0)
    }
    #expect(outcome.replies.last?["count"] as? Int == 2)
    try folder.picture("small.png")
    #expect(try Executable.run(["compare", "small.png", "a/x.png"], in: folder).code == 65)
    #expect(try Executable.run(["compare", "a", "small.png"], in: folder).code == 64)
  }

  @Test func benchRestoreMeasuresEveryKnobPosition() throws {
    let model = try folder.model()
    try folder.make("set")
    try folder.picture("set/x.png", width: 66, height: 49)
    let outcome = try Executable.run(
      ["bench", "restore", "--images", "set", "-m", model, "--realism", "0,1", "--json"], in: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.replies.compactMap { $0["realism"] as? Double } == [0, 0, 1, 1])
    let photo = try Executable.run(
      ["bench", "restore", "--images", "set", "--method", "bicubic", "--degradation", "photo", "--json"], in: folder)
    #expect(photo.replies.count == 2 && photo.replies[0]["network_calls"] as? Int == 0)
    #expect((photo.replies[0]["psnr_y"] as? Double ?? 0) > 5)
  }

  @Test func lpipsIsMeasuredWhereItsBackboneIsGiven() throws {
    try Checkpoint.write(RandomBackbone.alexNet.map { ($0.name, $0.tensor) }, to: folder.file("alex.safetensors"))
    try folder.make("set")
    let a = try folder.picture("set/a.png", width: 40, height: 36)
    let b = try folder.picture("b.png", width: 40, height: 36, channels: 1)
    let expected = try LPIPS(backbone: Checkpoint(contentsOf: folder.file("alex.safetensors"))).distance(a, b)
    let option = ["--lpips-backbone", "alex.safetensors"]
    let compared = try Executable.run(["compare", "set/a.png", "b.png", "--crop", "2", "--json"] + option, in: folder)
    #expect(compared.code == 0, "\(compared.errors)")
    #expect(abs((compared.replies.first?["lpips"] as? Double ?? 0) - expected) < 1e-9 && expected > 0)
    #expect(compared.replies.first?["lpips_backbone"] as? String == "alex")
    let bench = ["bench", "restore", "--images", "set", "--method", "bicubic"]
    let replies = try Executable.run(bench + ["--json"] + option, in: folder).replies
    #expect(replies.count == 2 && replies.allSatisfy { ($0["lpips"] as? Double ?? 0) > 0 })
    #expect(try Executable.run(bench + ["--json"], in: folder).replies.allSatisfy { $0["lpips"] == nil })
    #expect(try Executable.run(bench + option, in: folder).text.contains("LPIPS"))
    #expect(try !Executable.run(bench, in: folder).text.contains("LPIPS"))
  }

  @Test func anUnfitBackboneEndsWithOneLine() throws {
    try folder.picture("a.png")
    try folder.model()
    folder.write(Array(folder.bytes("tiny.safetensors").dropLast(40)), "cut.safetensors")
    folder.write(Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), "pointer.pth")
    for (file, code, words) in [
      ("none.pth", 66, "cannot be read"), ("tiny.safetensors", 65, "AlexNet comes closest"),
      ("cut.safetensors", 65, "cut short"), ("pointer.pth", 65, "LFS"),
    ] {
      let outcome = try Executable.run(["compare", "a.png", "a.png", "--lpips-backbone", file], in: folder)
      #expect(outcome.code == code && outcome.errors.contains(words), "\(file): \(outcome.errors)")
      #expect(outcome.messages.count == 1 && outcome.output.isEmpty, "\(outcome.errors)")
    }
  }

  @Test func benchEngineNamesWhatRuns() throws {
    let outcome = try Executable.run(
      ["bench", "engine", "--rows", "prelu", "--precision", "f32", "--json"], in: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let reply = try #require(outcome.replies.first)
    #expect(reply["row"] as? String == "prelu" && (reply["gflops"] as? Double ?? 0) > 0)
    #expect(try Executable.run(["bench", "engine", "--rows", "conv33"], in: folder).code == 64)
  }
}
