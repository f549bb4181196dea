import Foundation
import OneStepMedia
import Testing

/// Published weights, from the file to a restored image.
@Suite(.serialized)
struct ImportTests {
  private static let published = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent(
      "../SuperResolution/Fixtures/sr_bicubic-sf4-guided_unet-sigma0.2-bs32-loss_l1-lr1e-05-distil-v_boot-tiny.pth"
    ).standardizedFileURL.path

  @Test("published weights are imported, described, verified and restore in one call") func published() throws {
    let folder = try Folder()
    try folder.picture("in.png", width: 13, height: 11)
    let outcome = try Executable.run(["import", Self.published, "-o", "unet.safetensors", "--type", "f16"], in: folder)
    #expect(outcome.code == 0 && outcome.text == "unet.safetensors\n", "\(outcome.errors)")
    let info = try Executable.run(["models", "info", "./unet.safetensors", "--json"], in: folder).replies.first
    #expect(info?["architecture"] as? String == "oftsr-unet" && info?["parameters"] as? Int == 829_222)
    #expect(info?["role"] as? String == "student" && info?["preset"] as? String == "paper")
    #expect((info?["configuration"] as? String)?.contains("\"sigma\":0.2") == true)
    #expect(try Executable.run(["models", "verify", "./unet.safetensors"], in: folder).code == 0)
    let restored = try Executable.run(
      ["restore", "in.png", "-m", "unet.safetensors", "-o", "out.png", "--realism", "0.99", "--json"], in: folder)
    #expect(restored.code == 0 && restored.replies.first?["network_calls"] as? Int == 1, "\(restored.errors)")
    #expect(try Image(contentsOf: folder.file("out.png")).size == PixelSize(width: 52, height: 44))
  }

  @Test("a blend lies between its two models, and other networks are refused") func blend() throws {
    let folder = try Folder()
    func importing(_ share: String, _ output: String, _ other: String = "clean") throws -> Executable.Outcome {
      let photo = try #require(
        Executable.run(["models", "info", "photo", "--json"], in: folder).replies.first?["path"] as? String)
      return try Executable.run(["import", photo, "--blend", other, "--share", share, "-o", output], in: folder)
    }
    #expect(try importing("0.25", "mix.safetensors").code == 0)
    #expect(try importing("1.5", "no.safetensors").code == 64)
    _ = try Executable.run(["import", Self.published, "-o", "unet.safetensors"], in: folder)
    let refused = try importing("0.5", "no.safetensors", "./unet.safetensors")
    #expect(refused.code == 64 && refused.messages.count == 1 && !folder.exists("no.safetensors"), "\(refused.errors)")
    let info = try Executable.run(["models", "info", "./mix.safetensors", "--json"], in: folder).replies.first
    #expect((info?["purpose"] as? String)?.contains("0.25 of it") == true)
  }

  @Test("a damaged list ends with one line, code 65 and no file") func damaged() throws {
    let folder = try Folder()
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Self.published)))
    folder.write(Array(bytes.dropLast(2000)), "cut.pth")
    let outcome = try Executable.run(["import", "cut.pth", "-o", "unet.safetensors"], in: folder)
    #expect(outcome.code == 65 && outcome.messages.count == 1 && folder.names() == ["cut.pth"], "\(outcome.errors)")
  }

  @Test("the paper's network trains, goes on and restores") func training() throws {
    let folder = try Folder()
    try folder.make("photos")
    try folder.picture("photos/a.png", width: 64, height: 64)
    try folder.picture("in.png", width: 12, height: 9)
    let base = ["train", "restore", "--data", "photos", "-o", "run", "-q"]
    let small = ["--preset", "paper", "--width", "32", "--rows", "1", "--side", "8", "--steps", "2"]
    let trained = try Executable.run(base + small + ["--json"], in: folder)
    #expect(trained.code == 0 && trained.replies.compactMap { $0["steps"] as? Int } == [2, 1], "\(trained.errors)")
    #expect(try Executable.run(base + ["--resume", "--preset", "small"], in: folder).code == 65)
    #expect(try Executable.run(base + ["--resume", "--preset", "paper", "--width", "32"], in: folder).code == 0)
    let restored = try Executable.run(
      ["restore", "in.png", "-m", "run/student.safetensors", "-o", "out.png"], in: folder)
    #expect(restored.code == 0, "\(restored.errors)")
    let odd = try Executable.run(
      ["train", "restore", "--data", "photos", "-o", "odd", "--steps", "1", "--preset", "paper", "--width", "40"],
      in: folder)
    #expect(odd.code == 64 && odd.messages.count == 1)
  }
}
