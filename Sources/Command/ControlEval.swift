import ArgumentParser
import OneStepControl
import OneStepTensors

struct ControlEval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Judge a policy by episodes.",
    discussion: """
      Examples:
        onestep control eval --policy run/seed-1/policy.safetensors
        onestep control eval --policy policy.safetensors --env hopper-v4 --candidates 1,50 --json
      """)

  @Option(help: "A policy's file.")
  var policy: String

  @Option(help: ArgumentHelp("The environment (default: the one it was trained for).", valueName: "name"))
  var env: String?

  @Option(help: ArgumentHelp("Episodes.", valueName: "n"))
  var episodes = ControlTrain.usualEpisodes

  @Option(help: ArgumentHelp("Counts of actions of which the critics choose one.", valueName: "list"))
  var candidates = "1,10,50"

  @Option(help: ArgumentHelp("Seed of the episodes and of the noise.", valueName: "n"))
  var seed: UInt64 = 1

  @OptionGroup var common: CommonOptions

  struct Line: Encodable {
    var environment: String
    var candidates: Int
    var episodes: Int
    var meanReturn: Double
    var returnInterval: BootstrapInterval
    var score: Double?
    var meanLength: Double
  }

  func run() throws {
    common.apply()
    try CommandError.check("--episodes", episodes, 1...100_000)
    let counts = candidates.split(separator: ",").map { Int($0) ?? 0 }
    guard !counts.isEmpty, counts.allSatisfy({ (1...10_000).contains($0) }) else {
      throw CommandError.usage("--candidates \(candidates): counts from 1 to 10000 with commas between")
    }
    let loaded = try Policy(contentsOf: policy), name = env ?? loaded.settings.environment
    let spec = try Environments.make(name).spec
    try Interruption.whileWorking {
      let judge = ControlJudge(episodes: episodes, progress: ProgressLine(quiet: common.quiet), candidates: counts)
      let (judged, seconds) = try timed { try judge(loaded, in: name, step: loaded.card.steps, seed: seed) }
      for result in judged {
        let line = Line(
          environment: name, candidates: result.candidates, episodes: episodes, meanReturn: result.meanReturn,
          returnInterval: BootstrapInterval(result.episodes.map(\.episodeReturn)),
          score: spec.reference?.score(result.meanReturn),
          meanLength: result.episodes.reduce(0) { $0 + Double($1.length) } / Double(episodes))
        try show(line, seconds, calls: loaded.settings.sampler.calls)
      }
    }
  }

  private func show(_ line: Line, _ seconds: Double, calls: Int) throws {
    if common.json {
      let facts = RunFacts(seconds: seconds, model: policy, seed: seed, precision: "f32", networkCalls: calls)
      return try Console.writeJSON(Joined(line, facts))
    }
    let score = line.score.map { ", score \(fixed($0, 1))" } ?? ""
    try Console.writeLine(
      "\(line.environment), \(line.candidates) candidates, \(line.episodes) episodes: return \(fixed(line.meanReturn, 2)) "
        + "[\(fixed(line.returnInterval.low, 2)), \(fixed(line.returnInterval.high, 2))]\(score)")
  }
}
