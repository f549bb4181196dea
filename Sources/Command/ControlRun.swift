import Foundation
import OneStepControl
import OneStepFlow

/// Trains the seeds of a plan one after the other and judges the last policy of each.
struct ControlRun {
  private let plan: ControlPlan
  private let folder: String
  private let command: ControlTrain
  private let data: Transitions
  private let standardization: Standardization?
  private let spec: EnvironmentSpec
  private let progress: ProgressLine
  private let clock = ContinuousClock()

  init(_ plan: ControlPlan, dataset: String, folder: String, command: ControlTrain) throws {
    (self.plan, self.folder, self.command) = (plan, folder, command)
    progress = ProgressLine(quiet: command.common.quiet)
    spec = try Environments.make(plan.environment).spec
    var read = try Transitions(contentsOf: dataset, options: DatasetOptions(stepLimit: spec.stepLimit))
    guard read.observationSize == spec.observationSize, read.actionSize == spec.actionSize else {
      throw CommandError.otherData(
        file: dataset, found: [read.observationSize, read.actionSize], environment: spec.name,
        expected: [spec.observationSize, spec.actionSize])
    }
    if plan.reward != .none { read = read.rescaled(by: try plan.reward.scaling(for: read)) }
    standardization = plan.standardizes ? Standardization(of: read) : nil
    data = standardization.map { read.standardized(by: $0) } ?? read
  }

  func run(isNew: Bool) throws {
    try makeFolder(folder)
    if isNew { try Interruption.whileWriting { try writeText(try plan.json() + "\n", to: path("training.json")) } }
    var judged: [ControlJudgement] = []
    for seed in plan.seeds { judged.append(try finish(seed)) }
    let report = ControlSummary(plan: plan, spec: spec, seeds: judged)
    try Interruption.whileWriting { try writeText(try report.json() + "\n", to: path("report.json")) }
    for line in report.lines {
      if command.common.json { try Console.writeJSON(line) } else { try Console.writeLine(line.description) }
    }
  }

  private func path(_ name: String) -> String { folder.appendingPath(name) }

  // MARK: One seed

  private func finish(_ seed: UInt64) throws -> ControlJudgement {
    let own = path("seed-\(seed)")
    try makeFolder(own)
    let judgement = own.appendingPath("judgement.json")
    if let done = try? JSONDecoder().decode(ControlJudgement.self, from: Data(readBytes(judgement))) { return done }
    let trainer = try train(seed, own)
    let policy = try makePolicy(trainer, seed)
    try Interruption.whileWriting { try policy.write(to: own.appendingPath("policy.safetensors")) }
    let result = try ControlJudge(episodes: command.episodes, progress: progress)(
      policy, in: plan.environment, seed: seed)
    try Interruption.whileWriting {
      try writeText(String(decoding: try JSONEncoder().encode(result), as: UTF8.self) + "\n", to: judgement)
    }
    if !command.common.quiet { Console.note("seed \(seed): \(result.description(spec.reference))") }
    return result
  }

  private func train(_ seed: UInt64, _ own: String) throws -> MethodTrainer<TransitionBatch> {
    let method = try plan.makeMethod(), state = own.appendingPath("state.safetensors")
    var trainer = MethodTrainer(
      method, on: data.material, iterations: plan.steps, rows: plan.rows, seed: seed,
      makeNetwork: plan.sizes(spec).makeNetwork)
    if PathKind(state) != .missing { try trainer.restore(from: state) }
    var log = try ControlLog(own.appendingPath("log.csv"), from: trainer.iteration)
    let first = trainer.iteration, begin = clock.now
    var lastSave = begin
    while !trainer.isFinished {
      if Interruption.isRequested {
        progress.clear()
        try save(trainer, &log, state)
        throw CommandError.interrupted(saved: "seed \(seed) is saved at step \(trainer.iteration); go on with --resume")
      }
      let reports = try trainer.advance()
      log.add(reports, step: trainer.iteration)
      let spent = begin.duration(to: clock.now).seconds, rate = Double(trainer.iteration - first) / spent
      progress.show(
        "seed \(seed): step \(trainer.iteration)/\(plan.steps), \(fixed(rate, 0)) steps/s, "
          + "\(clockTime(Double(plan.steps - trainer.iteration) / rate)) left")
      if lastSave.duration(to: clock.now).seconds >= command.checkpointSeconds {
        try save(trainer, &log, state)
        lastSave = clock.now
        if !Console.standardErrorIsTerminal, !command.common.quiet {
          Console.note("seed \(seed): step \(trainer.iteration)/\(plan.steps), \(fixed(rate, 0)) steps/s")
        }
      }
    }
    progress.clear()
    try save(trainer, &log, state)
    return trainer
  }

  private func save(_ trainer: MethodTrainer<TransitionBatch>, _ log: inout ControlLog, _ state: String) throws {
    try Interruption.whileWriting {
      try log.write()
      try trainer.save(to: state)
    }
  }

  private func makePolicy(_ trainer: MethodTrainer<TransitionBatch>, _ seed: UInt64) throws -> Policy {
    guard let entry = ControlMethod.named(plan.method) else {
      throw CommandError.damagedPlan(file: path("training.json"))
    }
    let settings = PolicySettings(
      method: plan.method, sizes: plan.sizes(spec), clocks: trainer.method.form.clocks, sampler: entry.samplers[0],
      criticHeads: entry.hasCritics ? 2 : 0, environment: plan.environment, standardization: standardization)
    return try PolicyFile.make(
      settings, from: trainer, data: "\(data.count) steps of \(plan.dataName), SHA-256 \(plan.dataDigest)", seed: seed)
  }
}

/// log.csv of one seed: means over every hundred steps of all losses and gradient norms.
struct ControlLog {
  private static let interval = 100
  private let path: String
  private var names: [String] = []
  private var rows: [String] = []
  private var sums: [Double] = []
  private var count = 0

  /// Keeps the rows up to `step`: those after it will be made again.
  init(_ path: String, from step: Int) throws {
    self.path = path
    guard step > 0, let text = try? utf8(readBytes(path), name: path) else { return }
    let lines = text.split(separator: "\n").map(String.init)
    names = lines.first.map { Array($0.split(separator: ",").dropFirst()).map(String.init) } ?? []
    rows = lines.dropFirst().filter { Int($0.prefix { $0 != "," }).map { $0 <= step } ?? false }
  }

  mutating func add(_ reports: [String: Trainer.Report], step: Int) {
    let values = reports.sorted { $0.key < $1.key }.flatMap { group, report in
      report.parts.map { ("\(group)_\($0.name)", $0.value) } + [("\(group)_gradient", report.gradientNorm)]
    }
    let current = values.map(\.0)
    if names.isEmpty { names = current }
    // Steps at which not every group had its turn are left out.
    if current == names {
      if sums.isEmpty { sums = [Double](repeating: 0, count: names.count) }
      for (k, value) in values.enumerated() { sums[k] += value.1 }
      count += 1
    }
    guard step.isMultiple(of: Self.interval), count > 0 else { return }
    rows.append("\(step)," + sums.map { String(format: "%.6g", $0 / Double(count)) }.joined(separator: ","))
    (sums, count) = ([], 0)
  }

  func write() throws {
    try writeText((["step," + names.joined(separator: ",")] + rows).joined(separator: "\n") + "\n", to: path)
  }
}
