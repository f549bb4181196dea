import ArgumentParser
import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSuperResolution

struct TrainRestore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Train a restoration model on folders of photographs.",
    discussion: """
      Fidelity is trained first, by regression; then a teacher of the detail that realism adds; then a student that needs \
      one network call. The output folder gets a model of each (student.safetensors is the one to use), log.csv, \
      training.json, and the state to go on from: a run that was stopped, even by a power cut, continues with --resume \
      and ends with the same weights, bit for bit.

      Examples:
        onestep train restore --data photos/ -o run/ --hours 2
        onestep train restore --data photos/ -o run/ --resume
      """)

  @Option(parsing: .upToNextOption, help: "Folders of photographs, with all folders inside.")
  var data: [String]

  @Option(name: .shortAndLong, help: "The folder of this run.")
  var output: String

  @Option(help: ArgumentHelp("Time to train for; the steps are worked out from the first ones' speed.", valueName: "h"))
  var hours: Double?

  @Option(help: ArgumentHelp("Steps of the first stage.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Steps of the teacher (default 0.3 of the first stage's; paper: it is the first).", valueName: "n"))
  var teacherSteps: Int?

  @Option(help: ArgumentHelp("Steps of the student (default 0.15 of the first stage's; paper: 0.2).", valueName: "n"))
  var studentSteps: Int?

  @Option(help: "What to undo: photo (blur, noise, JPEG; the default) or bicubic (shrinking alone).")
  var degradation: Degradation?

  @Flag(help: "Go on with the run in the output folder.")
  var resume = false

  @Option(help: ArgumentHelp("Model whose network and weights to start from.", valueName: "name"))
  var start: String?

  @Option(help: "The network: small (trains on two cores; the default) or paper (OFTSR's own U-Net, 93.6 M numbers).")
  var preset: Preset?

  @Option(help: ArgumentHelp("Channels of the network (default 64; paper: 128 on its finest level).", valueName: "n"))
  var width: Int?

  @Option(help: ArgumentHelp("Residual blocks of the network (default 8, and 4 more for detail; paper: 1 a level).", valueName: "n"))
  var blocks: Int?

  @Option(help: ArgumentHelp("Seed of weights, crops and noise (default 1).", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Crops a step (default 8; paper: 2).", valueName: "n"))
  var rows: Int?

  @Option(help: ArgumentHelp("Low-resolution pixels a side of a crop (default 48; paper: 64).", valueName: "n"))
  var side: Int?

  @Option(help: "Arithmetic: auto (bf16 where the processor is fast at it), f32 or bf16.")
  var precision: Restorer.Precision?

  @Option(help: ArgumentHelp("Time between two checkpoints.", valueName: "s"))
  var checkpointSeconds = 120.0

  @Option(help: "Authors and licences of the photographs, for the model card.")
  var credits: String?

  @Flag(help: "Show the plan, and write nothing.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let hours, !(hours > 0 && hours < 10_000) { throw CommandError.usage("--hours \(hours) is outside 0...10000") }
    guard (studentSteps == nil && teacherSteps == nil) || hours == nil else {
      throw CommandError.usage("--hours works out the steps of all stages; leave out --teacher-steps and --student-steps")
    }
    try CommandError.check("--teacher-steps", teacherSteps, 1...1_000_000_000)
    try CommandError.check("--student-steps", studentSteps, 1...1_000_000_000)
    guard hours == nil || steps == nil else { throw CommandError.usage("give --hours or --steps, not both") }
    guard start == nil || (width == nil && blocks == nil && preset == nil) else {
      throw CommandError.usage("--start brings its own network; leave out --preset, --width and --blocks")
    }
    try CommandError.check("--steps", steps, 1...1_000_000_000)
    try CommandError.check("--width", width, 1...1024)
    try CommandError.check("--blocks", blocks, 0...256)
    try CommandError.check("--rows", rows, 1...4096)
    try CommandError.check("--side", side, 8...4096)
  }

  func run() throws {
    common.apply()
    try Interruption.whileWorking {
      let folder = RunFolder(output)
      let exists = folder.exists
      guard resume || !exists else { throw CommandError.runExists(folder: output) }
      let stored = exists ? try folder.readPlan() : nil
      if let stored { try refuseOtherOptions(stored, folder) }
      var plan = try stored ?? makePlan()
      let photographs = try loadPhotographs()
      let scale = plan.network.configuration.scale
      let crops = PhotographCrops(
        photographs.images, scale: scale, degradation: plan.degradation, minimum: plan.training.side)
      guard crops.count > 0 else {
        throw CommandError.noneLargeEnough(images: photographs.images.count, side: plan.training.side * scale)
      }
      if let stored, stored.photographs != photographs.fingerprint {
        throw TrainingError.otherRun(file: folder.plan, reason: "it was trained on other photographs")
      }
      plan.photographs = photographs.fingerprint
      try train(plan.network.makeNetwork(), &plan, folder, crops, isNew: stored == nil)
    }
  }

  private func train(
    _ network: some RestorationNetwork, _ plan: inout RunPlan, _ folder: RunFolder, _ crops: PhotographCrops,
    isNew: Bool
  ) throws {
    let start = isNew ? try startModel()?.parameters : nil
    if let hours, isNew {
      try plan.fit(network, hours: hours, crops, from: start) { if !common.quiet { Console.note($0) } }
    }
    if dryRun { return try describe(plan) }
    if isNew { try makeFolder(output) }
    let run = TrainingRun(
      network, plan: plan, folder: folder, crops: crops, options: common, credits: cardData(plan.photographs),
      checkpointInterval: checkpointSeconds)
    try run.run(start: start, isNew: isNew)
  }

  // MARK: The plan

  private func makePlan() throws -> RunPlan {
    guard hours != nil || steps != nil else { throw CommandError.usage("say how long to train: --hours or --steps") }
    var network = NetworkPlan(preset ?? .small, width: width, blocks: blocks)
    if let start, let model = try startModel() {
      guard let found = NetworkPlan(of: model) else {
        throw CommandError.usage("--start \(start) is no restoration model")
      }
      network = found
    }
    guard network.configuration.isSane else {
      throw CommandError.usage("--width \(network.width) and --blocks \(network.blocks) make no network of this preset")
    }
    var training = OFTSR.Training(
      steps: steps ?? 1000, mixedPrecision: (precision ?? .auto).isMixed, recipe: network.preset.recipe)
    if let seed { training.seed = seed }
    if let rows { training.rows = rows }
    if let side { training.side = side }
    if let teacherSteps { training.steps[.teacher] = teacherSteps }
    if let studentSteps { training.steps[.student] = studentSteps }
    return RunPlan(training: training, network: network, degradation: degradation ?? .photo)
  }

  private func startModel() throws -> (any LoadedModel)? {
    guard let start else { return nil }
    return try Registry([SuperResolutionPlugin.self]).load(openModel(ModelLibrary.standard().find(start).path))
  }

  /// A resumed run keeps its plan; an option that says otherwise is a mistake.
  private func refuseOtherOptions(_ plan: RunPlan, _ folder: RunFolder) throws {
    func refuse<T: Equatable>(_ option: String, _ given: T?, _ stored: T?) throws {
      try CommandError.refuseOther(given, than: stored, option: option, file: folder.plan)
    }
    let stored = plan.training.steps
    try refuse("--steps", steps, stored[.fidelity] ?? stored[.teacher])
    try refuse("--teacher-steps", teacherSteps, stored[.teacher])
    try refuse("--student-steps", studentSteps, stored[.student])
    try refuse("--degradation", degradation?.rawValue, plan.degradation.rawValue)
    try refuse("--seed", seed, plan.training.seed)
    try refuse("--rows", rows, plan.training.rows)
    try refuse("--side", side, plan.training.side)
    try refuse("--preset", preset?.rawValue, plan.network.preset.rawValue)
    try refuse("--width", width, plan.network.width)
    try refuse("--blocks", blocks, plan.network.blocks)
    try refuse("--precision", precision.map { $0.isMixed ? "bf16" : "f32" }, plan.training.precisionName)
  }

  private func describe(_ plan: RunPlan) throws {
    let text = try plan.json()
    try Console.writeLine(common.json ? text.split(separator: "\n").joined() : text)
  }

  // MARK: Photographs

  private func loadPhotographs() throws -> (images: [Image], fingerprint: RunPlan.Photographs) {
    var images: [Image] = [], names: [String] = []
    let progress = ProgressLine(quiet: common.quiet)
    for folder in data {
      guard PathKind(folder) != .missing else { throw MediaError.unreadable(path: folder, code: ENOENT) }
      guard PathKind(folder) == .folder else { throw MediaError.unreadable(path: folder, code: ENOTDIR) }
      for path in try imageFiles(in: folder, recursive: true) {
        if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
        do throws(MediaError) {
          images.append(try Image(contentsOf: path))
          names.append(path.lastPathComponent)
        } catch {
          progress.clear()
          Console.report("skipped: \(error)")
        }
        progress.show("\(images.count) photographs")
      }
    }
    progress.clear()
    guard !images.isEmpty else { throw CommandError.noImages(folder: data.joined(separator: ", ")) }
    if !common.quiet { Console.note("\(images.count) photographs") }
    return (images, RunPlan.Photographs(images, names: names))
  }

  private func cardData(_ photographs: RunPlan.Photographs) -> String {
    let folders = data.map(\.lastPathComponent).joined(separator: ", ")
    return "\(photographs.count) photographs (\(folders))" + (credits.map { "; \($0)" } ?? "")
  }
}
