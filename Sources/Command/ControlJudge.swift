import Foundation
import OneStepControl

/// Plays a policy's episodes with several counts of candidates.
struct ControlJudge {
  let episodes: Int
  let progress: ProgressLine
  var candidates = [1, 10, 50]

  func callAsFunction(_ policy: Policy, in environment: String, seed: UInt64) throws -> ControlJudgement {
    let counts = policy.settings.criticHeads > 0 ? candidates : [1]
    let results = try counts.map { count in
      let evaluation = Evaluation(episodes: episodes, candidates: count, seed: seed)
      let played = try evaluation(policy, in: { try Environments.make(environment) }) { step, left in
        if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
        progress.show("seed \(seed), \(count) candidates: step \(step), \(left) episodes")
      }
      progress.clear()
      return ControlJudgement.Candidates(candidates: count, episodes: played)
    }
    return ControlJudgement(seed: seed, results: results)
  }
}

/// What a policy did in its episodes.
struct ControlJudgement: Codable {
  struct Candidates: Codable {
    var candidates: Int
    var episodes: [EpisodeResult]
    var meanReturn: Double {
      episodes.isEmpty ? 0 : episodes.reduce(0) { $0 + $1.episodeReturn } / Double(episodes.count)
    }
  }
  var seed: UInt64
  var results: [Candidates]

  func description(_ reference: ReferenceReturns?) -> String {
    results.map { result in
      let score = reference.map { ", score \(fixed($0.score(result.meanReturn), 1))" } ?? ""
      return
        "\(result.candidates) candidate\(result.candidates == 1 ? "" : "s"): return \(fixed(result.meanReturn, 2))\(score)"
    }.joined(separator: "; ")
  }
}

/// The scores of a run over its seeds.
struct ControlSummary: Encodable {
  /// One count of candidates.
  struct Line: Encodable, CustomStringConvertible {
    var method: String
    var environment: String
    var eta: Double
    var steps: Int
    var candidates: Int
    var episodes: Int
    /// Mean return of each seed.
    var returns: [Double]
    /// Normalised, of each seed.
    var scores: [Double]?
    var median: Double
    /// Of the seeds' means, normalised where there is a scale.
    var interval: BootstrapInterval

    var description: String {
      "\(method) in \(environment), \(candidates) candidates, \(returns.count) seeds of \(episodes) episodes: "
        + "\(scores == nil ? "return" : "score") \(fixed(interval.mean, 1)) [\(fixed(interval.low, 1)), "
        + "\(fixed(interval.high, 1))], median \(fixed(median, 1))"
    }
  }

  let plan: ControlPlan
  let lines: [Line]
  let seeds: [ControlJudgement]

  init(plan: ControlPlan, spec: EnvironmentSpec, seeds: [ControlJudgement]) {
    (self.plan, self.seeds) = (plan, seeds)
    let counts = seeds.first.map { $0.results.map(\.candidates) } ?? []
    lines = counts.indices.map { k in
      let returns = seeds.map { $0.results[k].meanReturn }
      let scores = spec.reference.map { scale in returns.map(scale.score) }
      let values = scores ?? returns, sorted = values.sorted(), n = sorted.count
      return Line(
        method: plan.method, environment: plan.environment, eta: plan.eta, steps: plan.steps, candidates: counts[k],
        episodes: seeds[0].results[k].episodes.count, returns: returns, scores: scores,
        median: n.isMultiple(of: 2) ? (sorted[n / 2 - 1] + sorted[n / 2]) / 2 : sorted[n / 2],
        interval: BootstrapInterval(values))
    }
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
