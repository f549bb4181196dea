import Foundation
import OneStepLab

/// A row of the lab's table.
struct LabRow: Encodable {
  var method: String, paper: String, set: String, steps: Int, seed: UInt64
  var slicedWasserstein: [Double], shareInMode: [Double], modes: [Int], networkCalls: [Int], allModes: Int,
    seconds: Double

  init(
    method: String, paper: String, set: String, steps: Int, seed: UInt64, results: [Experiment.Result], seconds: Double
  ) {
    (self.method, self.paper, self.set, self.steps, self.seed, self.seconds) = (
      method, paper, set, steps, seed, seconds
    )
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

  static let heading =
    "method                        set     steps   sw, calls  in mode   modes  sw, calls  in mode  seconds"

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

/// A row of the studies' table.
struct StudyRow: Encodable {
  var study: String, paper: String, summary: String, seed: UInt64
  var baseline: Double, distilled: Double, unit: String, seconds: Double
  var further: [String: Double]

  init(_ study: any LabStudy, seed: UInt64, medianOf results: [StudyResult]) {
    (self.study, paper, summary, self.seed) = (study.name, study.paper, study.summary, seed)
    func median(_ value: (StudyResult) -> Double) -> Double { results.map(value).sorted()[results.count / 2] }
    (baseline, distilled, seconds) = (median(\.baseline), median(\.distilled), median(\.seconds))
    unit = results[0].unit
    further = results[0].further.keys.reduce(into: [:]) { sums, key in sums[key] = median { $0.further[key] ?? .nan } }
  }

  static let heading = "study                         unit      baseline  distilled  seconds"

  var line: String {
    func pad(_ text: String, _ n: Int) -> String { text + String(repeating: " ", count: max(0, n - text.count)) }
    func left(_ text: String, _ n: Int) -> String { String(repeating: " ", count: max(0, n - text.count)) + text }
    return pad(study, 30) + pad(unit, 8) + left(fixed(baseline, 3), 10) + left(fixed(distilled, 3), 11)
      + left(fixed(seconds, 1), 9)
  }
}
