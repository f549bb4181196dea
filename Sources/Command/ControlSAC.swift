import ArgumentParser
import OneStepControl

struct ControlSAC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sac", abstract: "Train a behaviour policy by trial, and record data sets of its levels.",
    discussion: """
      Soft actor-critic, from nothing, in the environment itself. The run keeps its policies in the folder and goes on \
      where it stopped when it is started again. With --set it trains nothing, and writes a data set in D4RL's layout: \
      expert (the last policy), medium (the first that earns a third of the expert's return), medium-replay (all steps up \
      to it), medium-expert (half and half).

      Examples:
        onestep control sac --env hopper-d4rl -o hopper --steps 300000
        onestep control sac --env hopper-d4rl -o hopper --set medium --dataset hopper-medium.hdf5
      """)

  @Option(help: ArgumentHelp("An environment of 'onestep control envs'.", valueName: "name"))
  var env: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "folder"))
  var output: String

  @Option(help: ArgumentHelp("Steps in the environment, each with a gradient step.", valueName: "n"))
  var steps = 300_000

  @Option(help: ArgumentHelp("Seed of everything.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("\(BehaviourSet.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "name"))
  var set: BehaviourSet?

  @Option(help: ArgumentHelp("The data set to write.", valueName: "file.hdf5"))
  var dataset: String?

  @Option(help: ArgumentHelp("Steps of the data set.", valueName: "n"))
  var setSteps = 200_000

  @Flag(help: "Replace a data set that exists.")
  var force = false

  @OptionGroup var common: CommonOptions

  struct Line: Encodable {
    var output: String, environment: String
    var steps: Int
    /// Of ten episodes of the last policy without noise.
    var meanReturn: Double?
    var score: Double?
  }

  func run() throws {
    common.apply()
    try CommandError.check("--steps", steps, 1...1_000_000_000)
    try CommandError.check("--set-steps", setSteps, 1...100_000_000)
    guard (set == nil) == (dataset == nil) else { throw CommandError.usage("--set and --dataset go together") }
    try Interruption.whileWorking {
      if let set, let dataset { try record(set, to: dataset) } else { try train() }
    }
  }

  private func train() throws {
    try makeFolder(output)
    let training = try BehaviourTraining(
      in: { try Environments.make(env) }, options: .init(steps: steps, seed: seed), folder: output)
    let line = ProgressLine(quiet: common.quiet), clock = ContinuousClock(), begin = clock.now, first = training.step
    try training.run(savingEvery: 120) { progress in
      if Interruption.isRequested, training.isBetweenEpisodes {
        line.clear()
        try Interruption.whileWriting { try training.save() }
        throw CommandError.interrupted(saved: "\(output) is saved at step \(training.step); the same command goes on")
      }
      let spent = begin.duration(to: clock.now).seconds, rate = Double(progress.step - first) / spent
      line.show(
        "step \(progress.step)/\(steps), \(fixed(rate, 0)) steps/s, \(clockTime(Double(steps - progress.step) / rate)) left"
      )
      if let judged = progress.evaluation, !common.quiet {
        line.clear()
        Console.note("step \(judged.step): mean return \(fixed(judged.meanReturn, 1))")
      }
    }
    line.clear()
    let last = training.evaluations.last?.meanReturn
    try show(
      Line(
        output: output, environment: env, steps: training.step, meanReturn: last,
        score: last.flatMap { training.spec.reference?.score($0) }))
  }

  private func record(_ set: BehaviourSet, to path: String) throws {
    try checkOutput(path, force: force)
    let archive = try BehaviourArchive(contentsOf: output)
    guard archive.environment.name == env else {
      throw CommandError.otherPlan(file: output, option: "--env", stored: archive.environment.name)
    }
    let progress = ProgressLine(quiet: common.quiet)
    try archive.write(set, in: Environments.make(env), steps: setSteps, seed: seed, to: path) { step in
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      progress.show("step \(step)")
    }
    progress.clear()
    try show(Line(output: path, environment: env, steps: setSteps))
  }

  private func show(_ line: Line) throws {
    if common.json { return try Console.writeJSON(line) }
    if !common.quiet { try Console.writeLine(line.output) }
  }
}

extension BehaviourSet: ExpressibleByArgument {}
