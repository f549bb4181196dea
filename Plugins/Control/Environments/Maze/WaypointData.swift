import OneStepTensors

/// Steps of a ball that wanders through a maze to one random place after the other: data in the manner of D4RL's
/// Maze2D, from which the way to the one goal that counts must be stitched together.
public struct WaypointData: Sendable {
  public var transitions: Transitions
  /// Whether a new place was headed for after the step, because the ball had arrived or the step limit was over. The
  /// ball is not moved then: the observation after such a step is as true as any.
  public var changesCourse: [Bool]

  /// Records `count` steps, one endless walk.
  ///
  /// Rewards are those of the maze's own goal for the *new* position, as the environment gives them; D4RL's files hold
  /// them for the position before. Nothing is terminal. Observations are the true states before and after the step,
  /// also where the controller still acted on the one before: at a change of course it sees a state that is one step
  /// old, as in D4RL.
  /// - Parameters:
  ///   - noise: standard deviation of what is added to each force; 0.5 in D4RL's noisy variants.
  ///   - progress: called with the number of steps made, every thousand.
  public static func collect(
    _ count: Int, in maze: PointMaze, noise: Double = 0, random: inout RandomSource, progress: (Int) -> Void = { _ in }
  ) throws(EnvironmentError) -> WaypointData {
    precondition(count >= 0, "\(count) steps")
    var data = WaypointData(transitions: Transitions(observationSize: 4, actionSize: 2), changesCourse: [])
    var controller = WaypointController(maze.layout)
    var before = try maze.reset(&random)
    var place = maze.randomPlace(&random)
    var seen = (maze.position, maze.velocity), steps = 0
    for i in 0..<count {
      var (force, isOver) = controller.action(position: seen.0, velocity: seen.1, goal: place, random: &random)
      if noise > 0 {
        force = zip(force, random.normal(count: 2)).map { min(max($0 + Float(noise) * $1, -1), 1) }
      }
      if steps >= maze.spec.stepLimit { isOver = true }
      let step = try maze.step(force)
      data.transitions.append(
        observation: before, action: force, reward: Float(step.reward), next: step.observation, isTerminal: false)
      data.changesCourse.append(isOver)
      before = step.observation
      steps += 1
      if isOver {
        place = maze.randomPlace(&random)
        steps = 0
      } else {
        seen = (maze.position, maze.velocity)
      }
      if i % 1000 == 999 { progress(i + 1) }
    }
    return data
  }
}
