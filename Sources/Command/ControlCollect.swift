import ArgumentParser
import Foundation
import OneStepControl
import OneStepTensors

struct ControlCollect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Record what someone does in an environment, as data to learn from.",
    discussion: """
      The file has D4RL's layout, which Python reads too. In the mazes of Maze2D the controller of way-points wanders from \
      one random place to the next, and a time-out marks each arrival, as in D4RL's data, but rewards are those of the \
      position after the action. Everyone else plays one episode after the other.

      Examples:
        onestep control collect --env maze2d-umaze -o umaze.hdf5 --steps 200000 --noise 0.5
        onestep control collect --env hopper-d4rl --policy hopper.safetensors -o hopper.hdf5 --episodes 100
      """)

  @Option(help: ArgumentHelp("An environment of 'onestep control envs'.", valueName: "name"))
  var env: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file, .hdf5 or .h5.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Who acts: waypoint (the default in mazes), random (elsewhere), or a policy's file.", valueName: "name"))
  var policy: String?

  @Option(help: ArgumentHelp("Actions of which a policy's critics choose one.", valueName: "n"))
  var candidates = 50

  @Option(help: ArgumentHelp("Standard deviation of noise on each number of an action.", valueName: "x"))
  var noise = 0.0

  @Option(help: ArgumentHelp("Steps to record (default 100000, or all of --episodes).", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Episodes to record.", valueName: "n"))
  var episodes: Int?

  @Option(help: ArgumentHelp("Seed of beginnings, actions and noise.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Replace a file that exists.")
  var force = false

  @OptionGroup var common: CommonOptions

  struct Line: Encodable {
    var output: String, environment: String, policy: String
    var noise: Double
    var steps: Int
    /// Pieces between ends or time-outs.
    var episodes: Int
    var rewardPerStep: Double
    /// Of finished episodes from the environment's own beginnings.
    var meanReturn: Double?
    var score: Double?
  }

  func validate() throws {
    try CommandError.check("--candidates", candidates, 1...100_000)
    try CommandError.check("--noise", noise, 0...100)
    try CommandError.check("--steps", steps, 2...1_000_000_000)
    try CommandError.check("--episodes", episodes, 1...100_000_000)
    guard output.hasSuffix(".hdf5") || output.hasSuffix(".h5") else {
      throw CommandError.usage("-o \(output): steps are written as HDF5; let the name end in .hdf5")
    }
  }

  func run() throws {
    common.apply()
    let world = try Environments.make(env)
    let behaviour = try ControlBehaviour(policy, in: world, candidates: candidates, noise: noise, seed: seed)
    try checkOutput(output, force: force)
    try Interruption.whileWorking {
      let (line, seconds) = try timed {
        var recording = try ControlRecording(
          path: output, world: world, behaviour: behaviour.name, noise: noise, seed: seed,
          steps: steps ?? (episodes == nil ? 100_000 : .max), episodes: episodes ?? .max, quiet: common.quiet)
        if let maze = world as? PointMaze, behaviour.name == "waypoint" {
          try recording.wander(through: maze)
        } else {
          try recording.play(behaviour)
        }
        try Interruption.whileWriting { try recording.writer.finish() }
        return recording.line
      }
      guard common.json else {
        if !common.quiet { try Console.writeLine(output) }
        return
      }
      let facts = RunFacts(
        seconds: seconds, model: behaviour.name, seed: seed, precision: "f32", networkCalls: behaviour.networkCalls)
      try Console.writeJSON(Joined(line, facts))
    }
  }
}

/// Steps on their way into a file.
struct ControlRecording {
  /// Steps of a walk through a maze that are in memory at a time.
  private static let walk = 100_000

  let writer: D4RLWriter
  private let world: any Environment
  private let noise: Double, seed: UInt64
  private let steps: Int, episodes: Int
  private let progress: ProgressLine
  private let begin = ContinuousClock().now
  private(set) var line: ControlCollect.Line
  private var rewards = 0.0
  private var returns: [Double] = []

  init(
    path: String, world: any Environment, behaviour: String, noise: Double, seed: UInt64, steps: Int, episodes: Int,
    quiet: Bool
  ) throws {
    let spec = world.spec, robot = world as? LocomotionEnvironment
    (self.world, self.noise, self.seed, self.steps, self.episodes) = (world, noise, seed, steps, episodes)
    progress = ProgressLine(quiet: quiet)
    line = ControlCollect.Line(
      output: path, environment: spec.name, policy: behaviour, noise: noise, steps: 0, episodes: 0, rewardPerStep: 0)
    writer = try D4RLWriter(
      path: path,
      layout: D4RLWriter.Layout(
        observationSize: spec.observationSize, actionSize: spec.actionSize,
        positions: robot?.simulation.model.positionSize, velocities: robot?.simulation.model.velocitySize),
      metadata: [
        "environment": spec.name, "algorithm": behaviour, "noise": "\(noise)", "seed": "\(seed)",
        "onestep": OneStep.version,
      ])
  }

  // MARK: Way-points

  /// The endless walk of D4RL's Maze2D, or walks of an episode's length.
  mutating func wander(through maze: PointMaze) throws {
    var random = RandomSource(seed: seed), walks = 0
    while writer.count < steps && walks < episodes {
      let most = episodes == .max ? Self.walk : maze.spec.stepLimit, before = writer.count
      let data = try WaypointData.collect(
        min(most, steps - before), in: maze, noise: noise, random: &random,
        progress: { [progress, self] in show(before + $0, progress) })
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      try write(Self.cut(data))
      walks += 1
    }
    finish()
  }

  /// Each piece on the way to one place as an episode.
  private static func cut(_ data: WaypointData) -> Transitions {
    let all = data.transitions, s = all.observationSize, a = all.actionSize
    let (seen, actions, next) = (Array(all.observations), Array(all.actions), Array(all.nextObservations))
    var cut = Transitions(observationSize: s, actionSize: a)
    for row in 0..<all.count {
      cut.append(
        observation: seen[s * row..<s * (row + 1)], action: actions[a * row..<a * (row + 1)],
        reward: all.rewards[row], next: next[s * row..<s * (row + 1)], isTerminal: false)
      if data.changesCourse[row] { cut.cutEpisode() }
    }
    cut.cutEpisode()
    return cut
  }

  // MARK: Episodes

  mutating func play(_ behaviour: ControlBehaviour) throws {
    var rollout = ControlRollout(world, behaviour, seed: seed)
    let spec = world.spec, robot = world as? LocomotionEnvironment
    while writer.count < steps && returns.count < episodes {
      var rows = Transitions(observationSize: spec.observationSize, actionSize: spec.actionSize)
      var positions: [Float] = [], velocities: [Float] = [], state: (positions: [Double], velocities: [Double])?
      let left = steps - writer.count, written = writer.count
      let (episodeReturn, length) = try rollout.play(
        begin: { state = robot.map { ($0.simulation.positions, $0.simulation.velocities) } },
        each: { seen, action, step in
          rows.append(
            observation: seen, action: action, reward: Float(step.reward), next: step.observation,
            isTerminal: step.isTerminal)
          if let state {
            positions += state.positions.map { Float($0) }
            velocities += state.velocities.map { Float($0) }
          }
          state = robot.map { ($0.simulation.positions, $0.simulation.velocities) }
          show(written + rows.count, progress)
          return rows.count < left
        })
      if length == spec.stepLimit { rows.cutEpisode() }
      if !rows.lastEpisodeIsOpen { returns.append(episodeReturn) }
      try write(rows, positions, velocities)
    }
    finish()
    if !returns.isEmpty { line.meanReturn = returns.reduce(0, +) / Double(returns.count) }
    line.score = line.meanReturn.flatMap { spec.reference?.score($0) }
  }

  // MARK: The file

  private mutating func write(_ rows: Transitions, _ positions: [Float] = [], _ velocities: [Float] = []) throws {
    try writer.append(rows, positions: positions, velocities: velocities)
    rewards += rows.rewards.reduce(0) { $0 + Double($1) }
    line.episodes += rows.episodeStarts.count
  }

  private mutating func finish() {
    progress.clear()
    line.steps = writer.count
    line.rewardPerStep = rewards / Double(max(writer.count, 1))
  }

  private func show(_ count: Int, _ progress: ProgressLine) {
    let share = max(Double(count) / Double(steps), Double(returns.count) / Double(episodes), 1e-9)
    let spent = begin.duration(to: ContinuousClock().now).seconds
    progress.show("\(count) steps, \(Int(share * 100)) %, \(clockTime(spent / share - spent)) left")
  }
}
