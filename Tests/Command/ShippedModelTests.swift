import Foundation
import OneStepMedia
import Testing

/// What a user gets without options: the models in the box.
@Suite struct ShippedModelTests {
  /// The sample photograph (CC0) that no model was trained on.
  private static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Samples/Inputs/dog.png").standardizedFileURL.path

  @Test("both models are listed, verified and described") func listed() throws {
    let folder = try Folder()
    let verified = try Executable.run(["models", "verify"], in: folder)
    #expect(verified.code == 0, "\(verified.errors)")
    for name in ["photo", "clean"] {
      let info = try Executable.run(["models", "info", name], in: folder)
      #expect(info.code == 0 && info.text.contains("CC BY-SA"), "\(info.errors)")
    }
  }

  @Test("a photograph made small comes back better than bicubic", arguments: ["clean", "photo"])
  func beatsBicubic(_ model: String) throws {
    let folder = try Folder()
    let original = try Image(contentsOf: Self.sample)
    let size = PixelSize(width: original.width / 4, height: original.height / 4)
    let small = original.resized(by: .matlab(from: original.size, to: size))
    try small.write(to: folder.file("small.png"))
    let run = try Executable.run(
      ["restore", "small.png", "-o", "large.png", "--model", model, "--realism", "0", "--json"], in: folder)
    #expect(run.code == 0 && run.replies.first?["network_calls"] as? Int == 1, "\(run.errors)")
    let restored = try PSNR.luma(Image(contentsOf: folder.file("large.png")), original, border: 4)
    let bicubic = try PSNR.luma(small.resized(by: .matlab(from: size, to: original.size)), original, border: 4)
    #expect(restored > bicubic + (model == "clean" ? 0.5 : 0.2), "\(restored) dB against \(bicubic) dB")
  }

  @Test("realism adds detail that fidelity leaves out") func knob() throws {
    let folder = try Folder()
    func detail(_ realism: String) throws -> Double {
      let run = try Executable.run(
        ["restore", Self.sample, "-o", "\(realism).png", "--model", "clean", "--realism", realism], in: folder)
      #expect(run.code == 0, "\(run.errors)")
      let image = try Image(contentsOf: folder.file("\(realism).png"))
      let half = image.resized(to: PixelSize(width: image.width / 2, height: image.height / 2)).resized(to: image.size)
      return zip(image.floats(), half.floats()).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }
    #expect(try detail("1") > detail("0") * 1.2)
  }

  @Test("the sample program restores in three lines") func sampleProgram() throws {
    let folder = try Folder()
    try folder.picture("in.png")
    let model = try folder.model()
    let run = try Executable.run(
      [model, "in.png", "out.png"], in: folder, program: Executable.built("RestoreInThreeLines"))
    #expect(run.code == 0, "\(run.errors)")
    #expect(try Image(contentsOf: folder.file("out.png")).size == PixelSize(width: 80, height: 64))
  }
}
