extension ControlReport {
  /// What a run came to with so many candidates.
  public struct Summary: Sendable, Codable, Equatable {
    public var method: String
    public var environment: String
    public var eta: Double?
    public var preset: String
    /// At which the episodes were played; the fewest among the seeds.
    public var steps: Int
    public var candidates: Int
    public var seeds: Int
    /// Of all seeds together.
    public var episodes: Int
    /// Whether scores are points of published references; else they are returns.
    public var isNormalized: Bool
    /// Mean over seeds of the mean score of the *last* evaluation.
    public var score: Double
    /// Median over seeds of the same.
    public var median: Double
    /// 95 % interval by resampling the seeds' means; nil where there is one seed.
    public var overSeeds: BootstrapInterval?
    /// 95 % interval by resampling the episodes of all seeds together. It leaves out that training differs from seed to
    /// seed.
    public var overEpisodes: BootstrapInterval
    /// Mean over seeds of the best evaluation during training. It chose among noisy figures by looking at them, so it is
    /// too high, and no score.
    public var bestDuringTraining: Double
    /// Steps.
    public var meanLength: Double
    public var valueSpread: Double?
  }

  /// A row for each run and count of candidates, in the order of the runs; runs that were not evaluated have none.
  public var summary: [Summary] {
    runs.flatMap { run in run.candidateCounts.compactMap { run.summary(candidates: $0) } }
  }
}

extension ControlReport.Run {
  /// Counts of candidates with which episodes were played, rising.
  var candidateCounts: [Int] { Set(seeds.flatMap(\.played).map(\.candidates)).sorted() }

  func summary(candidates: Int) -> ControlReport.Summary? {
    let trials = seeds.map { $0.played.filter { $0.candidates == candidates } }.filter { !$0.isEmpty }
    let last = trials.compactMap { $0.max { $0.step < $1.step } }
    guard !last.isEmpty else { return nil }
    let means = last.map(meanScore), episodes = last.flatMap(\.episodes)
    let spreads = last.compactMap(\.valueSpread)
    return ControlReport.Summary(
      method: method, environment: environment, eta: eta, preset: preset, steps: last.map(\.step).min() ?? 0,
      candidates: candidates, seeds: last.count, episodes: episodes.count, isNormalized: reference != nil,
      score: means.mean, median: means.median, overSeeds: means.count > 1 ? BootstrapInterval(means) : nil,
      overEpisodes: BootstrapInterval(episodes.map { score($0.episodeReturn) }),
      bestDuringTraining: trials.map { $0.map(meanScore).max() ?? 0 }.mean,
      meanLength: episodes.map { Double($0.length) }.mean, valueSpread: spreads.isEmpty ? nil : spreads.mean)
  }

  /// Points where there are references, else the return.
  func score(_ episodeReturn: Double) -> Double { reference?.score(episodeReturn) ?? episodeReturn }

  func meanScore(_ trial: ControlReport.Trial) -> Double { trial.episodes.map { score($0.episodeReturn) }.mean }

  /// Such as "ofql, η 0.1".
  var name: String { method + (eta.map { ", η \($0.shortText)" } ?? "") }
}

extension ControlReport.Seed {
  /// Evaluations with at least one episode.
  var played: [ControlReport.Trial] { evaluations.filter { !$0.episodes.isEmpty } }
}

extension [Double] {
  /// NaN of nothing.
  var mean: Double { reduce(0, +) / Double(count) }
  /// Of one number or more.
  var median: Double {
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}

extension Double {
  /// Without a fraction where there is none.
  var shortText: String { self == rounded() && abs(self) < 1e15 ? "\(Int(self))" : "\(self)" }
}
