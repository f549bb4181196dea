import Foundation
import OneStepControl
import OneStepFlow
import OneStepNetworks

/// Everything that must stay the same when a run goes on: the contents of training.json.
struct ControlPlan: Codable, Equatable {
  var method: String
  var environment: String
  /// SHA-256 of the data set.
  var dataDigest: String
  var dataName: String
  var eta: Double
  var steps: Int
  var preset: ControlPreset
  /// Rows of a batch.
  var rows: Int
  var seeds: [UInt64]
  var discount: Double
  /// Next actions of which the best counts.
  var candidates: Int
  var times: CloningTimes
  var normalizesCritics: Bool
  var reward: RewardRule
  var standardizes: Bool
  var mixedPrecision: Bool

  var value: ValueLearning { ValueLearning(discount: discount, candidates: candidates, times: times) }
  var precisionName: String { mixedPrecision ? "bf16" : "f32" }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  init(
    method: String, environment: String, dataDigest: String, dataName: String, eta: Double, steps: Int,
    preset: ControlPreset, rows: Int, seeds: [UInt64], discount: Double, candidates: Int, times: CloningTimes,
    normalizesCritics: Bool,
    reward: RewardRule,
    standardizes: Bool, mixedPrecision: Bool
  ) {
    (self.method, self.environment, self.dataDigest, self.dataName) = (method, environment, dataDigest, dataName)
    (self.eta, self.steps, self.preset, self.rows, self.seeds) = (eta, steps, preset, rows, seeds)
    self.normalizesCritics = normalizesCritics
    (self.discount, self.candidates, self.times, self.reward) = (discount, candidates, times, reward)
    (self.standardizes, self.mixedPrecision) = (standardizes, mixedPrecision)
  }

  init(contentsOf path: String) throws {
    guard let plan = try? JSONDecoder().decode(ControlPlan.self, from: Data(readBytes(path))),
      ControlMethod.named(plan.method) != nil, !plan.seeds.isEmpty
    else { throw CommandError.damagedPlan(file: path) }
    self = plan
  }

  /// The method with this plan's numbers.
  func makeMethod() throws -> Method<TransitionBatch> {
    guard let entry = ControlMethod.named(method) else {
      throw CommandError.usage("no method is named \(method)")
    }
    var made = entry.make(eta: eta, value: value)
    made.studentGroup.mixedPrecision = mixedPrecision
    for index in made.critics.indices { made.critics[index].mixedPrecision = mixedPrecision }
    return made
  }

  func sizes(_ spec: EnvironmentSpec) -> ControlSizes {
    var sizes =
      preset == .paper
      ? ControlSizes.paper(observationSize: spec.observationSize, actionSize: spec.actionSize)
      : .small(observationSize: spec.observationSize, actionSize: spec.actionSize)
    sizes.normalizesCritics = normalizesCritics
    return sizes
  }
}

enum ControlPreset: String, Codable, CaseIterable {
  /// Three hidden layers of 128, batches of 128, 50,000 steps.
  case small
  /// Three of 256, batches of 256, as published.
  case paper

  var rows: Int { self == .small ? 128 : 256 }
  var steps: Int { self == .small ? 50_000 : 1_000_000 }
}
