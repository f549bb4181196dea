import ArgumentParser
import Foundation
import OneStepMedia
import OneStepSuperResolution
import OneStepTensors

struct BenchRestore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Shrink photographs, restore them, and measure what came back.",
    discussion: """
      Each image is cropped to a multiple of 4, shrunk by 4 (MATLAB-style bicubic, rounded to 8 bits, or the photo \
      degradation with a fixed seed), restored and compared, leaving out a border of 4 pixels (LPIPS, which needs \
      --lpips-backbone, leaves none out).

      Examples:
        onestep bench restore --images Set5 --model clean --realism 0,1
        onestep bench restore --images Set5 --method bicubic --json
      """)

  @Option(help: ArgumentHelp("A folder of photographs.", valueName: "folder"))
  var images = "Samples/Inputs"

  @Option(help: "How to enlarge.")
  var method = Method.model

  @Option(name: .shortAndLong, help: ArgumentHelp("A model of 'onestep models list', or a path.", valueName: "name"))
  var model = "clean"

  @Option(help: ArgumentHelp("Knob positions to measure, with commas between.", valueName: "list"))
  var realism = RealismList(values: [0])

  @Option(help: "How the photographs are made small.")
  var degradation = Degradation.bicubic

  @Option(help: ArgumentHelp("Seed of the noise and of the photo degradation.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: "Arithmetic of the network.")
  var precision = Restorer.Precision.auto

  @OptionGroup var perceptual: PerceptualOptions

  @OptionGroup var common: CommonOptions

  enum Method: String, ExpressibleByArgument, CaseIterable { case model, bicubic }

  struct RealismList: ExpressibleByArgument {
    var values: [Double]
    init(values: [Double]) { self.values = values }
    init?(argument: String) {
      let numbers = argument.split(separator: ",").map { Double($0) }
      guard !numbers.isEmpty, numbers.allSatisfy({ $0.map((0...1).contains) ?? false }) else { return nil }
      values = numbers.compactMap { $0 }
    }
    var defaultValueDescription: String { values.map { "\($0)" }.joined(separator: ",") }
  }

  struct Line: Encodable {
    var image: String
    var method: String, degradation: String
    var realism: Double?
    /// Images in a line of means.
    var count: Int?
  }

  func run() throws {
    common.apply()
    guard PathKind(images) == .folder else { throw MediaError.unreadable(path: images, code: ENOTDIR) }
    let paths = try imageFiles(in: images)
    guard !paths.isEmpty else { throw CommandError.noImages(folder: images) }
    let metric = try perceptual.makeMetric()
    let (name, restorer) = try makeRestorer()
    if !common.json { try Console.writeLine(Quality.tableHead(lpips: metric != nil)) }
    for knob in method == .model ? realism.values : [0] {
      var all: [Quality] = []
      var spent = 0.0
      for (index, path) in paths.enumerated() {
        let (high, low) = try makePair(path, index)
        let (restored, seconds) = try timed { try enlarge(low, high.size, restorer, knob) }
        spent += seconds
        all.append(try Quality(restored, reference: high, crop: 4, low: low, perceptual: metric))
        try show(path.lastPathComponent, knob, nil, all[index], seconds, name, restorer)
      }
      let mean = Quality.mean(of: all)
      try show("mean", knob, all.count, mean, spent / Double(all.count), name, restorer)
    }
  }

  private func makeRestorer() throws -> (String, Restorer?) {
    guard method == .model else { return ("bicubic", nil) }
    let entry = try ModelLibrary.standard().find(model)
    return (entry.name, try Restorer(contentsOf: entry.path, precision: precision))
  }

  private func makePair(_ path: String, _ index: Int) throws -> (high: Image, low: Image) {
    let image = try Image(contentsOf: path).withoutAlpha().expandedToRGB()
    let (h, w) = (image.height / 4 * 4, image.width / 4 * 4)
    guard min(h, w) >= 16 else { throw MediaError.tooSmall(image.size, minimum: 16, purpose: "this benchmark") }
    let high = image.cropped(rows: 0..<h, columns: 0..<w)
    // Each image has draws of its own: leaving one out does not change the others'.
    var random = RandomSource(seed: seed &+ UInt64(index) << 32)
    return (high, try degradation.apply(high, scale: 4, &random))
  }

  private func enlarge(_ low: Image, _ size: PixelSize, _ restorer: Restorer?, _ knob: Double) throws -> Image {
    guard let restorer else { return low.resized(by: .matlab(from: low.size, to: size)) }
    var options = Restorer.Options()
    (options.realism, options.seed, options.scale) = (knob, seed, 4)
    return try restorer(low, options)
  }

  private func show(
    _ image: String, _ knob: Double, _ count: Int?, _ quality: Quality, _ seconds: Double, _ model: String,
    _ restorer: Restorer?
  ) throws {
    guard common.json else {
      let label = count.map { "mean of \($0)" } ?? image
      return try Console.writeLine(quality.row(restorer == nil ? label : "\(label) @\(knob)"))
    }
    let line = Line(
      image: image, method: method.rawValue, degradation: degradation.rawValue, realism: restorer == nil ? nil : knob,
      count: count)
    let facts = RunFacts(
      seconds: seconds, model: model, seed: seed, precision: restorer?.precision.name ?? "f32",
      networkCalls: restorer == nil ? 0 : 1)
    try Console.writeJSON(Joined(Joined(line, quality), facts))
  }
}
