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

      Examples:
        onestep lab --method meanflow --set ring8 --seed 1 --plot ring.png
        onestep lab --all --json
      """)

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
    guard all || method == nil || LabMethod.named(method!) != nil else {
      throw CommandError.usage("--method \(method!) is unknown; known: \(LabMethod.all.map(\.name).joined(separator: ", "))")
    }
    guard !(all && method != nil) else { throw CommandError.usage("give --method or --all, not both") }
    let sets = GaussianMixture.sets.map(\.name)
    if let set, !sets.contains(set) {
      throw CommandError.usage("--set \(set) is unknown; known: \(sets.joined(separator: ", "))")
    }
    if let steps, !(1...10_000_000).contains(steps) { throw CommandError.usage("--steps \(steps) is outside 1...10000000") }
    guard (1...99).contains(seeds) else { throw CommandError.usage("--seeds \(seeds) is outside 1...99") }
  }

  func run() throws {
    common.apply()
    let methods = all ? LabMethod.all : method.flatMap { LabMethod.named($0) }.map { [$0] } ?? []
    guard !methods.isEmpty else {
      for method in LabMethod.all { try Console.writeLine(method.name) }
      return
    }
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
        try experiment.train(method.make(material), on: material) { done, total in
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
}

/// A row of the lab's table.
struct LabRow: Encodable {
  var method: String, paper: String, set: String, steps: Int, seed: UInt64
  var slicedWasserstein: [Double], shareInMode: [Double], modes: [Int], networkCalls: [Int], allModes: Int, seconds: Double

  init(
    method: String, paper: String, set: String, steps: Int, seed: UInt64, results: [Experiment.Result], seconds: Double
  ) {
    (self.method, self.paper, self.set, self.steps, self.seed, self.seconds) = (method, paper, set, steps, seed, seconds)
    slicedWasserstein = results.map(\.metrics.slicedWasserstein)
    shareInMode = results.map(\.metrics.shareInMode)
    modes = results.map(\.metrics.modes)
    networkCalls = results.map(\.calls)
    allModes = results[0].metrics.allModes
  }

  /// The medians of several seeds.
  init(medianOf runs: [LabRow]) {
    self = runs[0]
    func median<T: Comparable>(_ path: KeyPath<LabRow, [T]>) -> [T] {
      self[keyPath: path].indices.map { i in runs.map { $0[keyPath: path][i] }.sorted()[runs.count / 2] }
    }
    (slicedWasserstein, shareInMode, modes) = (median(\.slicedWasserstein), median(\.shareInMode), median(\.modes))
    seconds = runs.map(\.seconds).sorted()[runs.count / 2]
  }

  static let heading = "method                        set     steps   sw, calls  in mode   modes  sw, calls  in mode  seconds"

  var line: String {
    func pad(_ text: String, _ n: Int) -> String { text + String(repeating: " ", count: max(0, n - text.count)) }
    func left(_ text: String, _ n: Int) -> String { String(repeating: " ", count: max(0, n - text.count)) + text }
    func figures(_ i: Int) -> String {
      guard i < networkCalls.count else { return String(repeating: " ", count: 20) }
      return left(fixed(slicedWasserstein[i], 3), 7) + left("\(networkCalls[i])", 4) + left(fixed(shareInMode[i], 3), 9)
    }
    return pad(method, 30) + pad(set, 6) + left("\(steps)", 7) + figures(0) + left("\(modes[0])/\(allModes)", 8) + "  "
      + figures(1) + left(fixed(seconds, 1), 9)
  }
}
