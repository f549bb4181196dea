import ArgumentParser
import OneStepMedia

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure restored images against their references.",
    discussion: """
      PSNR (RGB and Y), SSIM (Y), MS-SSIM (Y), NIQE of both, energy in four frequency bands relative to the reference, \
      sliced Wasserstein distance of patches, and PSNR after shrinking; LPIPS where its backbone is given. A dash (or no \
      key) stands where an image is too small. Images of two folders are paired by name.

      Examples:
        onestep compare sharp.png original.png
        onestep compare sharp/ originals/ --crop 4 --json
        onestep compare sharp/ originals/ --lpips-backbone alexnet.pth
      """)

  @Argument(help: "A restored image, or a folder of them.")
  var restored: String

  @Argument(help: "Its reference, or a folder of them.")
  var reference: String

  @Option(help: ArgumentHelp("Pixels to leave out on every side, except for LPIPS and when shrinking.", valueName: "n"))
  var crop = 0

  @Option(help: ArgumentHelp("Shrinking factor of the last measure.", valueName: "n"))
  var scale = 4

  @OptionGroup var perceptual: PerceptualOptions

  @Flag(help: "Print one JSON object per pair and, for several, one of means.")
  var json = false

  func validate() throws {
    guard (0...1 << 20).contains(crop) else { throw CommandError.usage("--crop \(crop) is not a count of pixels") }
    guard (1...64).contains(scale) else { throw CommandError.usage("--scale \(scale) is outside 1...64") }
  }

  struct Line: Encodable {
    var image: String
    var reference: String?
    /// Pairs in a line of means.
    var count: Int?
  }

  func run() throws {
    let pairs = try makePairs()
    let metric = try perceptual.makeMetric()
    var measured: [Quality] = []
    var failures: [any Error] = []
    var spent = 0.0
    if !json { try Console.writeLine(Quality.tableHead(lpips: metric != nil)) }
    for (a, b) in pairs {
      do {
        let (quality, seconds) = try timed {
          try Quality(
            Image(contentsOf: a), reference: Image(contentsOf: b), crop: crop, scale: scale, perceptual: metric)
        }
        spent += seconds
        measured.append(quality)
        try show(Line(image: a, reference: b, count: nil), quality, seconds, name: a.lastPathComponent)
      } catch let error as MediaError where !error.isAboutOutput {
        failures.append(error)
        let text = "\(error)"
        Console.report(text.contains(a) || text.contains(b) ? text : "\(a): \(text)")
      }
    }
    if pairs.count > 1 && !measured.isEmpty {
      let mean = Quality.mean(of: measured)
      let line = Line(image: "mean", reference: nil, count: measured.count)
      try show(line, mean, spent, name: "mean of \(measured.count)")
    }
    if let first = failures.first { throw ReportedFailure(code: ExitCode(of: first) ?? .internalFailure) }
  }

  private func show(_ line: Line, _ quality: Quality, _ seconds: Double, name: String) throws {
    guard json else { return try Console.writeLine(quality.row(name)) }
    let facts = RunFacts(seconds: seconds, model: "none", seed: 0, precision: "f64", networkCalls: 0)
    try Console.writeJSON(Joined(Joined(line, quality), facts))
  }

  /// Two files, or the files of two folders that have one name (the extension may differ).
  private func makePairs() throws -> [(String, String)] {
    switch (PathKind(restored) == .folder, PathKind(reference) == .folder) {
    case (false, false): return [(restored, reference)]
    case (true, true): break
    default: throw CommandError.usage("give two images or two folders, not one of each")
    }
    let (left, right) = (try imageFiles(in: restored), try imageFiles(in: reference))
    let pairs = left.compactMap { a -> (String, String)? in
      let same = right.first { $0.lastPathComponent == a.lastPathComponent }
      return (same ?? right.first { $0.pathStem == a.pathStem }).map { (a, $0) }
    }
    guard !pairs.isEmpty else { throw CommandError.noPairs(restored, reference) }
    let alone = left.filter { a in !pairs.contains { $0.0 == a } }
    if !alone.isEmpty { Console.report("\(alone.count) images of \(restored) have no reference (first: \(alone[0]))") }
    return pairs
  }
}

extension MediaError {
  /// Whether results could not be shown, which concerns more than one pair.
  var isAboutOutput: Bool {
    if case .unwritable = self { return true }
    return false
  }
}
