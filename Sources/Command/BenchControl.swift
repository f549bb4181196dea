import ArgumentParser
import Foundation
import OneStepControl
import OneStepFlow
import OneStepNetworks
import OneStepTensors

struct BenchControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control", abstract: "Time the training, the decisions and the environments of policies.",
    discussion: """
      Training: gradient steps a second at published size (three layers of 256, batches of 256, observations of 17 and \
      actions of 6 numbers) on random steps. Decisions: one observation on the caller's thread, microseconds; and batches \
      of 2500. Environments: steps a second of a random policy on one thread.

      Examples:
        onestep bench control
        onestep bench control --rows ofql-step,decision --json
      """)

  @Option(help: ArgumentHelp("Rows to run, with commas between (default: all).", valueName: "list"))
  var rows: String?

  @OptionGroup var common: CommonOptions

  struct Line: Encodable {
    var row: String
    var precision: String?
    var stepsPerSecond: Double?
    var medianMicroseconds: Double?
    /// The slowest of a hundred.
    var percentile99Microseconds: Double?
    var threads: Int
  }

  private static let worlds = ["halfcheetah-d4rl", "hopper-d4rl", "walker2d-d4rl", "maze2d-large"]
  private static let known =
    ["ofql-step", "dql-step", "decision", "decision-50", "decisions-2500"] + worlds

  func run() throws {
    common.apply()
    let wanted = try Set(rows.map(wantedRows) ?? Self.known)
    try Interruption.whileWorking {
      for name in ["ofql", "dql"] where wanted.contains("\(name)-step") {
        for mixed in Compute.hasFastBF16 ? [false, true] : [false] { try show(training(name, mixed: mixed)) }
      }
      let policy = try makePolicy()
      if wanted.contains("decision") { try show(decision("decision", policy, candidates: 1, runs: 20_000)) }
      if wanted.contains("decision-50") { try show(decision("decision-50", policy, candidates: 50, runs: 2000)) }
      if wanted.contains("decisions-2500") { try show(batch(policy)) }
      for name in Self.worlds where wanted.contains(name) { try show(environment(name)) }
    }
  }

  private func wantedRows(_ list: String) throws -> [String] {
    let wanted = list.split(separator: ",").map(String.init)
    for name in wanted where !Self.known.contains(name) {
      let hint = closestMatch(to: name, in: Self.known).map { "; did you mean \($0)?" } ?? "."
      throw CommandError.usage("no row is named \(name)\(hint) Known: \(Self.known.joined(separator: ", "))")
    }
    return wanted
  }

  // MARK: Rows

  private static let sizes = ControlSizes.paper(observationSize: 17, actionSize: 6)

  private static func randomSteps(_ count: Int) -> Transitions {
    var data = Transitions(observationSize: 17, actionSize: 6), random = RandomSource(seed: 1)
    for _ in 0..<count {
      let seen = random.normal(count: 17), action = random.uniform(count: 6).map { 2 * $0 - 1 }
      data.append(
        observation: seen, action: action, reward: seen[0], next: random.normal(count: 17), isTerminal: false)
    }
    return data
  }

  /// The median of five stretches of fifty steps.
  private func training(_ name: String, mixed: Bool) throws -> Line {
    var method = name == "dql" ? Method.dql(eta: 0.1) : Method.ofql(eta: 0.1)
    method.studentGroup.mixedPrecision = mixed
    method.critics[0].mixedPrecision = mixed
    var trainer = MethodTrainer(
      method, on: Self.randomSteps(4096).material, iterations: 1_000_000, makeNetwork: Self.sizes.makeNetwork)
    func advance(_ steps: Int) throws {
      for _ in 0..<steps {
        if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
        _ = try trainer.advance()
      }
    }
    try advance(20)
    let rates = try (0..<5).map { _ in 50 / (try timed { try advance(50) }.seconds) }.sorted()
    return Line(
      row: "\(name)-step", precision: mixed ? "bf16" : "f32", stepsPerSecond: rates[2], threads: Compute.threads)
  }

  private func makePolicy() throws -> Policy {
    let trainer = MethodTrainer(
      Method.ofql(eta: 0.1), on: Self.randomSteps(16).material, iterations: 1, makeNetwork: Self.sizes.makeNetwork)
    let settings = PolicySettings(
      method: "ofql", sizes: Self.sizes, clocks: 2, sampler: .flow(steps: 1), criticHeads: 2, environment: "random")
    return try PolicyFile.make(settings, from: trainer, data: "random", seed: 1)
  }

  private func decision(_ row: String, _ policy: Policy, candidates: Int, runs: Int) throws -> Line {
    guard var actor = policy.makeActor(candidates: candidates) else { throw CommandError.usage("no actor") }
    let seen = [Float](repeating: 0.5, count: 17)
    for _ in 0..<runs / 10 { _ = try actor.act(seen) }
    let times = try (0..<runs).map { _ in try timed { _ = try actor.act(seen) }.seconds * 1e6 }.sorted()
    return Line(
      row: row, precision: "f32", medianMicroseconds: times[runs / 2], percentile99Microseconds: times[runs * 99 / 100],
      threads: 1)
  }

  /// 2500 decisions together, without a choice: what the paper calls decision frequency.
  private func batch(_ policy: Policy) throws -> Line {
    let seen = Tensor.normal([2500, 17], seed: 1)
    var random = RandomSource(seed: 1)
    func act() throws { _ = try policy.actions(seen, &random).floats }
    for _ in 0..<3 { try act() }
    let times = try (0..<20).map { _ in try timed(act).seconds }.sorted()
    return Line(
      row: "decisions-2500", precision: "f32", stepsPerSecond: 1 / times[10], medianMicroseconds: times[10] * 1e6,
      threads: Compute.threads)
  }

  private func environment(_ name: String) throws -> Line {
    let world = try Environments.make(name)
    var random = RandomSource(seed: 1), steps = 0
    let actions = (0..<1000).map { _ in random.uniform(count: world.spec.actionSize).map { 2 * $0 - 1 } }
    let seconds = try timed {
      for _ in 0..<20 {
        _ = try world.reset(&random)
        for action in actions {
          steps += 1
          if try world.step(action).isTerminal { _ = try world.reset(&random) }
        }
      }
    }.seconds
    return Line(row: name, stepsPerSecond: Double(steps) / seconds, threads: 1)
  }

  private func show(_ line: Line) throws {
    if common.json { return try Console.writeJSON(line) }
    let parts = [
      line.precision, line.stepsPerSecond.map { "\(fixed($0, 1)) a second" },
      line.medianMicroseconds.map { "median \(fixed($0, 1)) us" },
      line.percentile99Microseconds.map { "99 of 100 within \(fixed($0, 1)) us" },
    ].compactMap(\.self)
    try Console.writeLine("\(line.row): \(parts.joined(separator: ", ")), \(line.threads) threads")
  }
}
