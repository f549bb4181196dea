import ArgumentParser
import Foundation
import OneStepControl
import OneStepMedia

struct ControlPlay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "play",
    abstract: "Draw what someone does in an environment.",
    discussion: """
      The mazes of Maze2D become a picture (.png) with a path for each episode, from blue to red, and the goal as a ring; \
      robots become an animation (.svg) for a browser, one episode after the other.

      Examples:
        onestep control play --env maze2d-large --policy large.safetensors -o paths.png
        onestep control play --env hopper-d4rl --policy hopper.safetensors -o hopper.svg
      """)

  @Option(help: ArgumentHelp("An environment of 'onestep control envs'.", valueName: "name"))
  var env: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The picture: .png for mazes, .svg for robots.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Who acts: waypoint (the default in mazes), random (elsewhere), or a policy's file.", valueName: "name"))
  var policy: String?

  @Option(help: ArgumentHelp("Actions of which a policy's critics choose one.", valueName: "n"))
  var candidates = 50

  @Option(help: ArgumentHelp("Episodes to draw (default: 8 in a maze, 1 of a robot).", valueName: "n"))
  var episodes: Int?

  @Option(help: ArgumentHelp("Seed of beginnings and actions.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Replace a file that exists.")
  var force = false

  @OptionGroup var common: CommonOptions

  struct Line: Encodable {
    var output: String, environment: String, policy: String
    var returns: [Double], lengths: [Int]
    var meanReturn: Double
    var score: Double?
  }

  func validate() throws {
    try CommandError.check("--candidates", candidates, 1...100_000)
    try CommandError.check("--episodes", episodes, 1...1000)
  }

  func run() throws {
    common.apply()
    let world = try Environments.make(env)
    let kind = world is LocomotionEnvironment ? ".svg" : ".png"
    guard !(world is GoalMaze) else {
      throw CommandError.usage("--env \(env): its goal is another one in each episode, and is not drawn; take maze2d")
    }
    guard output.lowercased().hasSuffix(kind) else {
      throw CommandError.usage("-o \(output): \(env) is drawn as \(kind); let the name end in it")
    }
    let behaviour = try ControlBehaviour(policy, in: world, candidates: candidates, noise: 0, seed: seed)
    try checkOutput(output, force: force)
    try Interruption.whileWorking {
      let (line, seconds) = try timed {
        let rollout = ControlRollout(world, behaviour, seed: seed)
        return switch world {
        case let maze as PointMaze: try draw(maze, rollout)
        case let robot as LocomotionEnvironment: try draw(robot, rollout)
        default: throw CommandError.usage("--env \(env) has no picture")
        }
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

  // MARK: Pictures

  private func draw(_ maze: PointMaze, _ rollout: ControlRollout) throws -> Line {
    var picture = MazePicture(maze.layout), rollout = rollout, results: [(Double, Int)] = []
    for _ in 0..<(episodes ?? 8) {
      var path: [SIMD2<Double>] = []
      results.append(
        try rollout.play(begin: { path = [maze.position] }) { _, _, _ in
          path.append(maze.position)
          return true
        })
      picture.draw(path)
    }
    let line = line(rollout, results)
    var image = try picture.image()
    image.metadata.text.append(Metadata.Text(key: "onestep", value: signature(line)))
    try Interruption.whileWriting { try image.write(to: output) }
    return line
  }

  private func draw(_ robot: LocomotionEnvironment, _ rollout: ControlRollout) throws -> Line {
    let interval = robot.simulation.model.timestep * Double(robot.robot.frameSkip)
    // 25 pictures a second are as smooth as more, and make smaller files.
    let every = max(1, Int((0.04 / interval).rounded()))
    var animation = RobotAnimation(interval: interval * Double(every)), rollout = rollout, results: [(Double, Int)] = []
    for _ in 0..<(episodes ?? 1) {
      var step = 0
      results.append(
        try rollout.play(begin: { animation.record(robot.simulation.limbs) }) { _, _, _ in
          step += 1
          if step.isMultiple(of: every) { animation.record(robot.simulation.limbs) }
          return true
        })
    }
    let line = line(rollout, results)
    try Interruption.whileWriting { try writeText(animation.svg(title: signature(line)), to: output) }
    return line
  }

  private func line(_ rollout: ControlRollout, _ results: [(episodeReturn: Double, length: Int)]) -> Line {
    let returns = results.map(\.episodeReturn), mean = returns.reduce(0, +) / Double(returns.count)
    return Line(
      output: output, environment: env, policy: rollout.behaviour.name, returns: returns,
      lengths: results.map(\.length), meanReturn: mean, score: rollout.world.spec.reference?.score(mean))
  }

  /// How the picture was made, to be kept in it.
  private func signature(_ line: Line) -> String {
    "version=\(OneStep.version) environment=\(env) policy=\(line.policy.lastPathComponent) seed=\(seed) "
      + "episodes=\(line.returns.count) return=\(fixed(line.meanReturn, 2))"
  }
}
