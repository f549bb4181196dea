import Foundation
import OneStepTensors

/// A ball that is pushed through a maze: Maze2D of D4RL. An observation is (x, y, vx, vy); an action is the force along
/// x and y. The goal is a fixed place of the maze which observations do not show. Nothing ends an episode but the step
/// limit.
public final class PointMaze: Environment {
  /// What a step is worth, by the distance of the *new* position to the goal.
  public enum Reward: String, Sendable, CaseIterable {
    /// 1 up to a distance of 0.5, else 0.
    case sparse
    /// exp(-distance).
    case dense

    func callAsFunction(_ distance: Double, reach: Double) -> Double {
      switch self {
      case .sparse: distance <= reach ? 1 : 0
      case .dense: exp(-distance)
      }
    }
  }

  /// What moves the ball.
  public enum Engine: String, Sendable, CaseIterable {
    /// Own arithmetic: the same equations, several times faster.
    case own
    /// MuJoCo itself.
    case mujoco
  }

  public let layout: MazeLayout
  public let reward: Reward
  public let engine: Engine
  public let spec: EnvironmentSpec
  /// Where reward is: the goal's cell.
  public var goal: SIMD2<Double> { layout.goal.point }

  private var ball: RollingBall
  private let walls: MazeWalls
  private let simulation: MuJoCoSimulation?
  private let places: [MazeLayout.Place]

  public init(
    _ layout: MazeLayout, reward: Reward = .sparse, engine: Engine = .own
  ) throws(EnvironmentError) {
    (self.layout, self.reward, self.engine) = (layout, reward, engine)
    (walls, places) = (MazeWalls(layout, offset: MazeWalls.offset), layout.places)
    simulation =
      engine == .own ? nil : try MuJoCoSimulation(MuJoCoModel(xml: layout.mujocoModel, name: "maze2d-\(layout.name)"))
    spec = EnvironmentSpec(
      name: Self.name(layout, reward, engine), observationSize: 4, actionSize: 2, stepLimit: layout.stepLimit,
      reference: Self.reference(layout, reward))
    ball = RollingBall(position: layout.goal.point)
    try show()
  }

  /// Such as `maze2d-umaze`, `maze2d-umaze-dense`, `maze2d-umaze-mujoco`.
  static func name(_ layout: MazeLayout, _ reward: Reward, _ engine: Engine) -> String {
    "maze2d-\(layout.name)" + (reward == .dense ? "-dense" : "") + (engine == .mujoco ? "-mujoco" : "")
  }

  /// A random cell, up to 0.1 off it, with a velocity of 0.1 N(0, 1).
  public func reset(_ random: inout RandomSource) throws(EnvironmentError) -> [Float] {
    let place = randomPlace(&random)
    let velocity = random.normal(count: 2).map { 0.1 * Double($0) }
    return try reset(position: place, velocity: SIMD2(velocity[0], velocity[1]))
  }

  /// Begins an episode in a state of the caller's choice.
  public func reset(position: SIMD2<Double>, velocity: SIMD2<Double>) throws(EnvironmentError) -> [Float] {
    (ball.position, ball.velocity) = (position, velocity)
    try show()
    return observation
  }

  /// A random cell without a wall, up to 0.1 off it along each axis.
  func randomPlace(_ random: inout RandomSource) -> SIMD2<Double> {
    let place = places[random.integers(below: places.count, count: 1)[0]]
    let noise = random.uniform(count: 2).map { 0.2 * Double($0) - 0.1 }
    return place.point + SIMD2(noise[0], noise[1])
  }

  public func step(_ action: [Float]) throws(EnvironmentError) -> EnvironmentStep {
    try check(action)
    let force = SIMD2(Double(action[0]), Double(action[1])).clamped(
      lowerBound: SIMD2(repeating: -1), upperBound: SIMD2(repeating: 1))
    ball.limitSpeed()
    if let simulation {
      simulation.qvel[0] = ball.velocity.x
      simulation.qvel[1] = ball.velocity.y
      try simulation.step([Float(force.x), Float(force.y)])
      ball.position = SIMD2(simulation.qpos[0], simulation.qpos[1])
      ball.velocity = SIMD2(simulation.qvel[0], simulation.qvel[1])
    } else {
      ball.roll(force, between: walls)
    }
    let away = ball.position - goal
    return EnvironmentStep(
      observation: observation, reward: reward((away * away).sum().squareRoot(), reach: 0.5), isTerminal: false)
  }

  /// Exact, where observations are rounded to floats.
  public var position: SIMD2<Double> { ball.position }
  public var velocity: SIMD2<Double> { ball.velocity }

  private func show() throws(EnvironmentError) {
    try simulation?.reset(
      positions: [ball.position.x, ball.position.y], velocities: [ball.velocity.x, ball.velocity.y])
  }

  private var observation: [Float] {
    [Float(ball.position.x), Float(ball.position.y), Float(ball.velocity.x), Float(ball.velocity.y)]
  }
}
