import Foundation
import OneStepControl
import OneStepFlow
import OneStepTensors

/// Trains the seeds of a plan one after the other and judges the last policy of each.
struct ControlRun {
  private let plan: ControlPlan
  private let folder: String
  private let command: ControlTrain
  private let data: Transitions
  private let standardization: Standardization?
  /// Some observations as they were recorded, `[N, S]`.
  private let situations: Tensor
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
    let rows = (0..<min(256, read.count)).map { $0 * read.count / min(256, read.count) }
    situations = read.batch(rows).observations
    standardization = plan.standardizes ? Standardization(of: read) : nil
    data = standardization.map { read.standardized(by: $0) } ?? read
  }

  func run(isNew: Bool) throws {
    try makeFolder(folder)
    if isNew { try Interruption.whileWriting { try writeText(try plan.json() + "\n", to: path("training.json")) } }
    let begin = clock.now
    var seeds: [ControlReport.Seed] = []
    for seed in plan.seeds { seeds.append(try finish(seed)) }
    let report = ControlReport(title: "\(plan.method) in \(plan.environment)", runs: [makeRun(seeds)])
    try Interruption.whileWriting {
      try writeText(String(decoding: report.json(), as: UTF8.self) + "\n", to: path("report.json"))
      try writeText(report.html(), to: path("report.html"))
    }
    for line in report.summary { try show(line, seconds: begin.duration(to: clock.now).seconds) }
  }

  private func makeRun(_ seeds: [ControlReport.Seed]) -> ControlReport.Run {
    ControlReport.Run(
      method: plan.method, environment: plan.environment, reference: spec.reference,
      eta: ControlMethod.named(plan.method)?.hasValueWeight == true ? plan.eta : nil, preset: plan.preset.rawValue,
      steps: plan.steps, seeds: seeds)
  }

  private func show(_ line: ControlReport.Summary, seconds: Double) throws {
    if command.common.json {
      let facts = RunFacts(
        seconds: seconds, model: plan.method, seed: plan.seeds[0], precision: plan.precisionName,
        networkCalls: ControlMethod.named(plan.method)?.samplers[0].calls ?? 1)
      return try Console.writeJSON(Joined(line, facts))
    }
    let interval = line.overSeeds ?? line.overEpisodes
    try Console.writeLine(
      "\(line.method) in \(line.environment), \(line.candidates) candidates, \(line.seeds) seeds, \(line.episodes) episodes: "
        + "\(line.isNormalized ? "score" : "return") \(fixed(line.score, 1)) [\(fixed(interval.low, 1)), "
        + "\(fixed(interval.high, 1))], median \(fixed(line.median, 1))")
  }

  private func path(_ name: String) -> String { folder.appendingPath(name) }

  // MARK: One seed

  private func finish(_ seed: UInt64) throws -> ControlReport.Seed {
    let own = path("seed-\(seed)")
    try makeFolder(own)
    let judged = own.appendingPath("seed.json")
    if PathKind(judged) == .file, let done = try? ControlReport(json: Data(readBytes(judged))),
      let known = done.runs.first?.seeds.first
    {
      return known
    }
    let trainer = try train(seed, own)
    let policy = try makePolicy(trainer, seed)
    try Interruption.whileWriting { try policy.write(to: own.appendingPath("policy.safetensors")) }
    var random = RandomSource(seed: seed, stream: 1 << 41)
    let spread = try policy.valueSpread(situations, &random)
    var trials = try ControlJudge(episodes: command.episodes, progress: progress)(
      policy, in: plan.environment, step: trainer.iteration, seed: seed)
    for index in trials.indices where trials[index].candidates > 1 { trials[index].valueSpread = spread }
    let result = ControlReport.Seed(
      seed, measurements: try ControlLog(own, from: trainer.iteration).measurements, evaluations: trials)
    let report = ControlReport(title: "seed \(seed)", runs: [makeRun([result])])
    try Interruption.whileWriting { try writeText(String(decoding: report.json(), as: UTF8.self) + "\n", to: judged) }
    for trial in trials where !command.common.quiet {
      let score = spec.reference.map { ", score \(fixed($0.score(trial.meanReturn), 1))" } ?? ""
      Console.note("seed \(seed), \(trial.candidates) candidates: return \(fixed(trial.meanReturn, 2))\(score)")
    }
    return result
  }

  private func train(_ seed: UInt64, _ own: String) throws -> MethodTrainer<TransitionBatch> {
    let method = try plan.makeMethod(), state = own.appendingPath("state.safetensors")
    var trainer = MethodTrainer(
      method, on: data.material, iterations: plan.steps, rows: plan.rows, seed: seed,
      makeNetwork: plan.sizes(spec).makeNetwork)
    if PathKind(state) != .missing { try trainer.restore(from: state) }
    var log = try ControlLog(own, from: trainer.iteration)
    let events = try EventLog(folder: own, resumingAfter: trainer.iteration > 0 ? trainer.iteration : nil)
    let first = trainer.iteration, begin = clock.now
    var lastSave = begin
    while !trainer.isFinished {
      // States stand between rows of the log, so that no row is of half its steps.
      let isBetweenRows = trainer.iteration.isMultiple(of: ControlLog.interval)
      if Interruption.isRequested, isBetweenRows {
        progress.clear()
        try save(trainer, &log, state)
        throw CommandError.interrupted(saved: "seed \(seed) is saved at step \(trainer.iteration); go on with --resume")
      }
      let reports = try trainer.advance()
      if let row = log.add(reports, step: trainer.iteration) { try events.add(row.values, step: row.step) }
      let spent = begin.duration(to: clock.now).seconds, rate = Double(trainer.iteration - first) / spent
      progress.show(
        "seed \(seed): step \(trainer.iteration)/\(plan.steps), \(fixed(rate, 0)) steps/s, "
          + "\(clockTime(Double(plan.steps - trainer.iteration) / rate)) left")
      if trainer.iteration.isMultiple(of: ControlLog.interval),
        lastSave.duration(to: clock.now).seconds >= command.checkpointSeconds
      {
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
