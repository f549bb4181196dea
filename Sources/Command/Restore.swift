import ArgumentParser
import Foundation
import OneStepMedia
import OneStepSpeech
import OneStepSuperResolution

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make photographs four times larger and sharp, in one network call.",
    discussion: """
      Examples:
        onestep restore photo.jpg -o sharp.png
        onestep restore holiday/ -o sharp/ --realism 0.6 --json

      Grey, alpha, 16 bits (in PNG), colour profile and EXIF are kept. Images of a folder are those directly inside it; \
      results keep their names, and an extension that names no format becomes .png. The network makes 4x; for \
      smaller scales that result is resized.
      """)

  @Argument(help: "Images (PNG, JPEG, WebP), folders of images, or - for standard input.")
  var inputs: [String]

  @Option(name: .shortAndLong, help: "A file, a folder for several images, or - for standard output (PNG).")
  var output: String

  @Option(help: ArgumentHelp("0 is fidelity, 1 realism.", valueName: "0...1"))
  var realism = Restorer.Options().realism

  @Option(help: ArgumentHelp("Enlargement: 4, or 1 to 3 by resizing the 4x result.", valueName: "1...4"))
  var scale = 4

  @Option(name: .shortAndLong, help: ArgumentHelp("A model of 'onestep models list', or a path.", valueName: "name"))
  var model = "photo"

  @Option(help: ArgumentHelp("Seed of the noise; the same seed gives the same bytes.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Pixels a side computed at once; changes memory and speed, and for models of preset paper the result a little.",
      valueName: "n"))
  var tile = Restorer.Options().tile

  @Option(help: "Arithmetic: bf16 where the processor is fast at it, or as given.")
  var precision = Restorer.Precision.auto

  @Option(help: ArgumentHelp("Quality of JPEG (default 92) and WebP (default lossless).", valueName: "1...100"))
  var quality: Int?

  @Flag(help: "Replace existing results.")
  var force = false

  @Flag(help: "Show what would be written, and write nothing.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !inputs.isEmpty else { throw CommandError.usage("no images are given") }
    guard (0...1).contains(realism) else { throw RestorationError.realism(realism) }
    guard (1...4).contains(scale) else { throw RestorationError.scale(scale, most: 4) }
    guard tile >= 16 else { throw RestorationError.tile(tile) }
    if let quality, !(1...100).contains(quality) { throw CommandError.usage("--quality \(quality) is outside 1...100") }
    guard output != "-" || !common.json else {
      throw CommandError.usage("--json and the image cannot both go to standard output")
    }
  }

  func run() throws {
    if output == "-" && Console.standardOutputIsTerminal {
      throw CommandError.usage("standard output is a terminal; redirect it or give a file to -o")
    }
    common.apply()
    let plan = try RestorePlan(inputs: inputs, output: output)
    let entry = try ModelLibrary.standard().find(model)
    if dryRun { return try describe(plan) }
    let (restorer, seconds) = try timed { try open(entry) }
    if common.verbose { Console.note("model \(entry.name): \(fixed(seconds, 3)) s") }
    if let folder = plan.folder { try makeFolder(folder) }
    let batch = RestoreBatch(command: self, restorer: restorer, modelName: entry.name)
    try batch.run(plan)
  }

  private func open(_ entry: ModelLibrary.Entry) throws -> Restorer {
    do { return try Restorer(contentsOf: entry.path, precision: precision) } catch {
      if let file = try? openModel(entry.path), SpeechPlugin.architectures.contains(where: { $0.detects(file) }) {
        throw CommandError.otherDomain(file: entry.path, domain: "speech", command: "tts --voice")
      }
      throw error
    }
  }

  private func describe(_ plan: RestorePlan) throws {
    struct Line: Encodable { let input: String, output: String, dryRun = true }
    for item in plan.items {
      if common.json {
        try Console.writeJSON(Line(input: item.input, output: item.output))
      } else {
        try Console.writeLine("\(item.input) -> \(item.output)")
      }
    }
    for failure in plan.failures { Console.report("\(failure.error)") }
    if let first = plan.failures.first { throw ReportedFailure(code: ExitCode(of: first.error) ?? .internalFailure) }
  }

  var options: Restorer.Options {
    var options = Restorer.Options()
    (options.realism, options.seed, options.scale, options.tile) = (realism, seed, scale, tile)
    return options
  }
}
