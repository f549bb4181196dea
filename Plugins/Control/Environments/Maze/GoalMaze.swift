import OneStepTensors

/// The mazes of Gymnasium-Robotics' PointMaze (version 3): the same ball between the same walls, but the goal is
/// another one in each episode and part of what is observed.
///
/// An observation is (x, y, vx, vy, goal x, goal y), metres from the maze's centre, x along its columns and y up its
/// rows; an action is the force along x and y. Nothing ends an episode but the step limit.
public final class GoalMaze: Environment {
  /// How near to the goal the sparse reward begins.
  public static let reach = 0.45
  /// How far a start or a goal lies off its cell's centre, at most, along an axis.
  public static let noise = 0.25

  public let layout: MazeLayout
  public let reward: PointMaze.Reward
  public let spec: EnvironmentSpec

  // In rows and columns, where a cell's centre is a pair of whole numbers.
  private var ball: RollingBall
  private var target: SIMD2<Double>
  private let walls: MazeWalls
  private let places: [MazeLayout.Place]

  public init(_ layout: MazeLayout, reward: PointMaze.Reward = .sparse) {
    (self.layout, self.reward) = (layout, reward)
    (walls, places) = (MazeWalls(layout, offset: 0), layout.places)
    (ball, target) = (RollingBall(position: layout.goal.point), layout.goal.point)
    spec = EnvironmentSpec(
      name: Self.name(layout, reward), observationSize: 6, actionSize: 2, stepLimit: Self.stepLimit(layout))
  }

  /// Such as `pointmaze-umaze`, `pointmaze-umaze-dense`.
  static func name(_ layout: MazeLayout, _ reward: PointMaze.Reward) -> String {
    "pointmaze-\(layout.name)" + (reward == .dense ? "-dense" : "")
  }

  /// That of Maze2D, but 300 in the open.
  private static func stepLimit(_ layout: MazeLayout) -> Int { layout == .open ? 300 : layout.stepLimit }

  /// A random goal, and a ball at rest more than half a metre from it.
  public func reset(_ random: inout RandomSource) throws(EnvironmentError) -> [Float] {
    target = randomPlace(&random, among: places)
    // From a maze of one cell there is nowhere else to start.
    let others = places.filter { distance($0.point, target) > 0.5 }
    ball = RollingBall(position: randomPlace(&random, among: others.isEmpty ? places : others))
    return observation
  }

  public func step(_ action: [Float]) throws(EnvironmentError) -> EnvironmentStep {
    try check(action)
    let force = action.map { Double(min(max($0, -1), 1)) }
    ball.limitSpeed()
    ball.roll(SIMD2(-force[1], force[0]), between: walls)
    return EnvironmentStep(
      observation: observation, reward: reward(distance(ball.position, target), reach: Self.reach), isTerminal: false)
  }

  private func randomPlace(_ random: inout RandomSource, among places: [MazeLayout.Place]) -> SIMD2<Double> {
    let place = places[random.integers(below: places.count, count: 1)[0]]
    let noise = random.uniform(count: 2).map { Self.noise * (2 * Double($0) - 1) }
    return place.point + SIMD2(noise[0], noise[1])
  }

  private func distance(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
    ((a - b) * (a - b)).sum().squareRoot()
  }

  private var observation: [Float] {
    func place(_ cell: SIMD2<Double>) -> [Double] {
      [cell.y + 0.5 - Double(layout.width) / 2, Double(layout.height) / 2 - 0.5 - cell.x]
    }
    return (place(ball.position) + [ball.velocity.y, -ball.velocity.x] + place(target)).map { Float($0) }
  }
}
