import OneStepControl
import OneStepTensors

/// Who acts in an environment, as `--policy` names it.
struct ControlBehaviour {
  private enum Actor {
    case random
    case waypoint(WaypointController, MazeState)
    case quick(PolicyActor)
    /// Diffusion's chains, which have no quick actor.
    case policy(Policy)
  }

  let name: String
  /// Network calls an action.
  let networkCalls: Int
  private let size: Int
  private let candidates: Int
  private let noise: Double
  private var actor: Actor
  private var random: RandomSource

  /// - Parameters:
  ///   - name: "waypoint", "random", or a policy's file; nil for the controller in mazes, and chance elsewhere.
  ///   - noise: standard deviation of what is added to each number of an action.
  init(_ name: String?, in world: any Environment, candidates: Int, noise: Double, seed: UInt64) throws {
    let maze = MazeState(world), name = name ?? (maze == nil ? "random" : "waypoint")
    (self.name, self.candidates, self.noise, size) = (name, candidates, noise, world.spec.actionSize)
    random = RandomSource(seed: seed, stream: 1 << 41)
    switch name {
    case "random": (actor, networkCalls) = (.random, 0)
    case "waypoint":
      guard let maze else {
        throw CommandError.usage("--policy waypoint finds its way in a maze; \(world.spec.name) is none")
      }
      (actor, networkCalls) = (.waypoint(WaypointController(maze.layout), maze), 0)
    default:
      let policy = try Policy(contentsOf: ModelLibrary.standard().find(name).path), sizes = policy.settings.sizes
      guard sizes.observationSize == world.spec.observationSize, sizes.actionSize == world.spec.actionSize else {
        throw PolicyError.environment(policy: policy.settings.environment, found: world.spec.name)
      }
      networkCalls = policy.settings.sampler.calls
      let quick = policy.makeActor(candidates: candidates, seed: seed)
      actor = quick.map { .quick($0) } ?? .policy(policy)
    }
  }

  /// Tells that an episode begins.
  mutating func begin() {
    if case .waypoint(_, let maze) = actor { actor = .waypoint(WaypointController(maze.layout), maze) }
  }

  /// What to do where `observation` is seen, each number in -1...1.
  mutating func action(_ observation: [Float]) throws -> [Float] {
    var action: [Float]
    switch actor {
    case .random: action = random.uniform(count: size).map { 2 * $0 - 1 }
    case .waypoint(var controller, let maze):
      let ball = maze.ball(observation)
      let made = controller.action(
        position: ball.position, velocity: ball.velocity, goal: ball.goal, random: &random)
      (action, actor) = (maze.action(made.force), .waypoint(controller, maze))
    case .quick(var quick):
      action = try quick.act(observation)
      actor = .quick(quick)
    case .policy(let policy):
      let seen = Tensor(observation, shape: [1, observation.count])
      action = try policy.actions(seen, candidates: candidates, &random).floats
    }
    if noise > 0 {
      action = zip(action, random.normal(count: size)).map { min(max($0 + Float(noise) * $1, -1), 1) }
    }
    return action
  }
}

/// What a controller of way-points knows of a maze's observations, in the maze's rows and columns.
struct MazeState {
  let layout: MazeLayout
  /// Whether the goal is observed, as in PointMaze, where x runs along columns and y up the rows.
  private let showsGoal: Bool

  /// nil where there is no maze.
  init?(_ world: any Environment) {
    switch world {
    case let maze as PointMaze: (layout, showsGoal) = (maze.layout, false)
    case let maze as GoalMaze: (layout, showsGoal) = (maze.layout, true)
    default: return nil
    }
  }

  func ball(_ observation: [Float]) -> (position: SIMD2<Double>, velocity: SIMD2<Double>, goal: SIMD2<Double>) {
    let x = observation.map { Double($0) }
    guard showsGoal else { return (SIMD2(x[0], x[1]), SIMD2(x[2], x[3]), layout.goal.point) }
    let middle = SIMD2(Double(layout.height), Double(layout.width)) / 2 - 0.5
    return (middle + SIMD2(-x[1], x[0]), SIMD2(-x[3], x[2]), middle + SIMD2(-x[5], x[4]))
  }

  /// A force along rows and columns as the maze takes it.
  func action(_ force: [Float]) -> [Float] { showsGoal ? [force[1], -force[0]] : force }
}

/// One episode after another.
struct ControlRollout {
  let world: any Environment
  var behaviour: ControlBehaviour
  let seed: UInt64
  private(set) var episodes: UInt64 = 0

  init(_ world: any Environment, _ behaviour: ControlBehaviour, seed: UInt64) {
    (self.world, self.behaviour, self.seed) = (world, behaviour, seed)
  }

  /// Plays until the end, the step limit, or until `each` returns false.
  ///
  /// Episodes begin where those of an evaluation with the same seed do.
  mutating func play(
    begin: () throws -> Void = {}, each: (_ seen: [Float], _ action: [Float], _ step: EnvironmentStep) throws -> Bool
  ) throws -> (episodeReturn: Double, length: Int) {
    var random = RandomSource(seed: seed, stream: episodes << 20)
    episodes += 1
    var seen = try world.reset(&random), result = (episodeReturn: 0.0, length: 0)
    behaviour.begin()
    try begin()
    while result.length < world.spec.stepLimit {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      let action = try behaviour.action(seen), step = try world.step(action)
      result.episodeReturn += step.reward
      result.length += 1
      guard try each(seen, action, step), !step.isTerminal else { break }
      seen = step.observation
    }
    return result
  }
}
