import ArgumentParser
import Foundation
import OneStepControl
import OneStepSuperResolution

struct ControlTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learn policies from recorded steps, and judge the last of each seed.",
    discussion: """
      Nothing is learnt from the environment: it judges the finished policies, with \
      \(ControlTrain.usualEpisodes) episodes for each seed and 1, 10 and 50 candidates. Data are HDF5 of D4RL or Minari, \
      CSV, or JSON lines. Every seed keeps its state, log and policy in a folder of its own, report.json has the scores.

      Examples:
        onestep control collect --env maze2d-large -o large.hdf5 --steps 1000000
        onestep control train --env maze2d-large --dataset large.hdf5 -o run
        onestep control train --env hopper-d4rl --dataset hopper.hdf5 --method dql --preset paper -o dql
        onestep control train -o run --resume
      """)

  static let usualEpisodes = 150

  @Option(help: ArgumentHelp("The environment that judges: see 'control envs'.", valueName: "name"))
  var env: String?

  @Option(help: ArgumentHelp("Recorded steps.", valueName: "file"))
  var dataset: String?

  @Option(
    help: ArgumentHelp(
      "\(ControlMethod.all.map(\.name).joined(separator: ", ")) (default: ofql).", valueName: "name"))
  var method: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "folder"))
  var output: String

  @Option(help: ArgumentHelp("Weight of the value against cloning (default: 0.1).", valueName: "x"))
  var eta: Double?

  @Option(help: ArgumentHelp("Gradient steps (default: small 50000, paper 1000000).", valueName: "n"))
  var steps: Int?

  @Option(help: "small or paper (default: small).")
  var preset: ControlPreset?

  @Option(help: ArgumentHelp("Rows of a batch (default: small 128, paper 256).", valueName: "n"))
  var rows: Int?

  @Option(help: ArgumentHelp("Policies to train, one after the other (default: 5).", valueName: "n"))
  var seeds: Int?

  @Option(help: ArgumentHelp("The first seed (default: 1).", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Worth of a reward one step later (default: 0.99).", valueName: "0...1"))
  var discount: Double?

  @Option(help: ArgumentHelp("Next actions of which the best counts (default: 1; AntMaze 10).", valueName: "n"))
  var nextCandidates: Int?

  @Option(help: "Times of OFQL's cloning: logit-normal as published, or uniform (default: logit-normal).")
  var times: CloningTimes?

  @Option(help: ArgumentHelp("\(RewardRule.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "rule"))
  var reward: RewardRule?

  @Flag(help: "Take mean and deviation out of the observations.")
  var standardize = false

  @Flag(help: "Normalise the critics' hidden layers, which the paper does not.")
  var normalizeCritics = false

  @Option(help: "f32 or bf16 (default: f32).")
  var precision: Restorer.Precision?

  @Option(help: ArgumentHelp("Episodes for each seed.", valueName: "n"))
  var episodes = ControlTrain.usualEpisodes

  @Option(help: ArgumentHelp("Seconds between two checkpoints.", valueName: "s"))
  var checkpointSeconds = 120.0

  @Flag(help: "Go on with the run in the folder.")
  var resume = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    try CommandError.check("--steps", steps, 1...1_000_000_000)
    try CommandError.check("--rows", rows, 1...65536)
    try CommandError.check("--seeds", seeds, 1...1000)
    try CommandError.check("--eta", eta, 0...1e6)
    try CommandError.check("--discount", discount, 0...1)
    try CommandError.check("--next-candidates", nextCandidates, 1...1000)
    try CommandError.check("--episodes", episodes, 0...100_000)
    try CommandError.check("--checkpoint-seconds", checkpointSeconds, 0...1e6)
  }

  func run() throws {
    common.apply()
    let path = output.appendingPath("training.json"), isStarted = PathKind(path) != .missing
    guard let dataset else { throw CommandError.usage("--dataset is missing: the recorded steps to learn from") }
    if isStarted && !resume { throw CommandError.runExists(folder: output) }
    if !isStarted && resume { throw CommandError.usage("\(output): holds no run to go on with") }
    let digest = try Transitions.sha256(of: dataset)
    let plan = isStarted ? try resumed(path, digest) : try newPlan(dataset, digest)
    try Interruption.whileWorking {
      try ControlRun(plan, dataset: dataset, folder: output, command: self).run(isNew: !isStarted)
    }
  }

  private func newPlan(_ dataset: String, _ digest: String) throws -> ControlPlan {
    guard let env else { throw CommandError.usage("--env is missing; 'onestep control envs' lists them") }
    let name = method ?? "ofql"
    guard ControlMethod.named(name) != nil else {
      let known = ControlMethod.all.map(\.name)
      let hint = closestMatch(to: name, in: known).map { "; did you mean \($0)?" } ?? "."
      throw CommandError.usage("no method is named \(name)\(hint) Known: \(known.joined(separator: ", "))")
    }
    let preset = preset ?? .small, first = seed ?? 1
    return ControlPlan(
      method: name, environment: env, dataDigest: digest, dataName: dataset.lastPathComponent, eta: eta ?? 0.1,
      steps: steps ?? preset.steps, preset: preset, rows: rows ?? preset.rows,
      seeds: (0..<UInt64(seeds ?? 5)).map { first &+ $0 }, discount: discount ?? 0.99, candidates: nextCandidates ?? 1,
      times: times ?? .logitNormal, normalizesCritics: normalizeCritics,
      reward: reward ?? .none, standardizes: standardize, mixedPrecision: precision?.isMixed ?? false)
  }

  private func resumed(_ path: String, _ digest: String) throws -> ControlPlan {
    let plan = try ControlPlan(contentsOf: path)
    func refuse<T: Equatable>(_ given: T?, _ stored: T, _ option: String) throws {
      try CommandError.refuseOther(given, than: stored, option: option, file: path)
    }
    try refuse(env, plan.environment, "--env")
    try refuse(method, plan.method, "--method")
    try refuse(eta, plan.eta, "--eta")
    try refuse(steps, plan.steps, "--steps")
    try refuse(preset, plan.preset, "--preset")
    try refuse(rows, plan.rows, "--rows")
    try refuse(seeds, plan.seeds.count, "--seeds")
    try refuse(seed, plan.seeds[0], "--seed")
    try refuse(discount, plan.discount, "--discount")
    try refuse(times, plan.times, "--times")
    try refuse(digest, plan.dataDigest, "--dataset of SHA-256")
    return plan
  }
}

extension ControlPreset: ExpressibleByArgument {}
extension RewardRule: ExpressibleByArgument {}
extension CloningTimes: ExpressibleByArgument {}
