import ArgumentParser
import Foundation
import OneStepFlow
import OneStepLab
import OneStepMedia
import OneStepTensors

struct Lab: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train one-step methods on points of the plane, and compare them.",
    discussion: """
      The teacher is exact, so what is measured is the method. sw is the sliced Wasserstein distance of 16384 samples to \
      stratified data, with one network call and with two; in mode is the share within two standard deviations of a mode's \
      mean (0.865 of the data). The sheet shows samples over data in the order of the rows.

      Methods that do more than make points from noise are studies: each brings its own small task and a baseline, and less \
      is better. They have no --set, --steps or --plot.

      Examples:
        onestep lab --method meanflow --set ring8 --seed 1 --plot ring.png
        onestep lab --all --json
        onestep lab solvers
      """,
    subcommands: [LabSolvers.self])

  @Option(help: ArgumentHelp("A method; without one the names are listed.", valueName: "name"))
  var method: String?

  @Option(help: "A set of points: \(GaussianMixture.sets.map(\.name).joined(separator: ", ")).")
  var set: String?

  @Flag(help: "Every method, on every set or the one given.")
  var all = false

  @Option(help: ArgumentHelp("Iterations (default: the method's own).", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Seed of weights, data and noise.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Seeds to run; the row has the medians.", valueName: "n"))
  var seeds = 1

  @Option(help: ArgumentHelp("A sheet of scatter plots, as PNG.", valueName: "file"))
  var plot: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let method, LabMethod.named(method) == nil, Studies.named(method) == nil {
      throw CommandError.usage("--method \(method) is unknown; known: \(Self.names.joined(separator: ", "))")
    }
    if let method, Studies.named(method) != nil, let option = studyMisfit {
      throw CommandError.usage("\(method) is a study with its own task and has no \(option)")
    }
    guard !(all && method != nil) else { throw CommandError.usage("give --method or --all, not both") }
    let sets = GaussianMixture.sets.map(\.name)
    if let set, !sets.contains(set) {
      throw CommandError.usage("--set \(set) is unknown; known: \(sets.joined(separator: ", "))")
    }
    if let steps, !(1...10_000_000).contains(steps) {
      throw CommandError.usage("--steps \(steps) is outside 1...10000000")
    }
    guard (1...99).contains(seeds) else { throw CommandError.usage("--seeds \(seeds) is outside 1...99") }
  }

  /// Methods, then studies.
  private static var names: [String] { LabMethod.all.map(\.name) + Studies.all.map(\.name) }

  /// The first option given that a study has no use for.
  private var studyMisfit: String? {
    self.set != nil ? "--set" : steps != nil ? "--steps" : plot != nil ? "--plot" : nil
  }

  func run() throws {
    common.apply()
    // Networks of this size lose more by waiting for a second thread than it computes.
    if common.threads == nil { Compute.threads = 1 }
    let methods = all ? LabMethod.all : method.flatMap { LabMethod.named($0) }.map { [$0] } ?? []
    // A set or a number of steps narrows --all to the methods that have them.
    let studies = all && studyMisfit == nil ? Studies.all : method.flatMap { Studies.named($0) }.map { [$0] } ?? []
    guard all || method != nil else {
      for name in Self.names { try Console.writeLine(name) }
      return
    }
    if !methods.isEmpty { try compare(methods) }
    guard !studies.isEmpty else { return }
    try Interruption.whileWorking {
      if !common.json { try Console.writeLine((methods.isEmpty ? "" : "\n") + StudyRow.heading) }
      for study in studies {
        let row = try run(study)
        if common.json { try Console.writeJSON(row) } else { try Console.writeLine(row.line) }
      }
    }
  }

  private func compare(_ methods: [LabMethod]) throws {
    let sets = GaussianMixture.sets.filter { set == nil ? all || $0.name == "ring8" : $0.name == set }
    if let plot { try checkWritable(plot) }
    try Interruption.whileWorking {
      if !common.json { try Console.writeLine(LabRow.heading) }
      var sheet = ScatterSheet(columns: sets.count > 1 ? 3 * sets.count : 6)
      for method in methods {
        for set in sets {
          let row = try run(method, set, &sheet)
          if common.json { try Console.writeJSON(row) } else { try Console.writeLine(row.line) }
        }
      }
      if let plot {
        let image = try Image(floats: sheet.pixels(), width: sheet.width, height: sheet.height, channels: 3)
        try Interruption.whileWriting { try image.write(to: plot) }
      }
    }
  }

  private func run(
    _ method: LabMethod, _ set: (name: String, mixture: GaussianMixture), _ sheet: inout ScatterSheet
  ) throws -> LabRow {
    let progress = ProgressLine(quiet: common.quiet)
    var runs: [LabRow] = []
    for index in 0..<seeds {
      let experiment = Experiment(
        set.mixture, iterations: steps ?? method.iterations, seed: seed &+ UInt64(index))
      let material = try experiment.material()
      let (trainer, seconds) = try timed {
        try method.train(experiment, on: material) { done, total in
          if done % 50 == 0 { progress.show("\(method.name) on \(set.name), step \(done)/\(total)") }
          return !Interruption.isRequested
        }
      }
      progress.clear()
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      runs.append(
        LabRow(
          method: method.name, paper: trainer.method.paper, set: set.name, steps: experiment.iterations,
          seed: experiment.seed, results: try experiment.measure(trainer), seconds: seconds))
      if index == 0, plot != nil {
        sheet.add(
          try experiment.sample(trainer, trainer.method.samplers.last!),
          data: set.mixture.stratified(count: 4096, seed: 1))
      }
    }
    return LabRow(medianOf: runs)
  }

  private func run(_ study: any LabStudy) throws -> StudyRow {
    let progress = ProgressLine(quiet: common.quiet)
    let results = try (0..<seeds).map { index in
      let result = try study.run(seed: seed &+ UInt64(index)) { done, total in
        if done % 50 == 0 { progress.show("\(study.name), step \(done)/\(total)") }
        return !Interruption.isRequested
      }
      progress.clear()
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      return result
    }
    return StudyRow(study, seed: seed, medianOf: results)
  }
}
