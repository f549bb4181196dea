import OneStepControl
import OneStepTensors
import Testing

@Suite struct WaypointTests {
  @Test("a path is the shortest, and the first of equals") func paths() {
    let path = MazeLayout.umaze.path(from: .init(3, 1), to: .init(1, 1))
    #expect(path == [(3, 2), (3, 3), (2, 3), (1, 3), (1, 2), (1, 1)].map { MazeLayout.Place($0.0, $0.1) })
    #expect(MazeLayout.umaze.path(from: .init(1, 1), to: .init(1, 1)) == [.init(1, 1)])
    let across = MazeLayout.open.path(from: .init(1, 1), to: .init(3, 3))
    #expect(across == [(1, 2), (1, 3), (2, 3), (3, 3)].map { MazeLayout.Place($0.0, $0.1) })
    #expect(MazeLayout.umaze.path(from: .init(1, 1), to: .init(2, 2)).isEmpty)
    #expect(MazeLayout.umaze.path(from: .init(2, 1), to: .init(1, 1)).isEmpty)
    #expect(MazeLayout.umaze.path(from: .init(-4, 90), to: .init(1, 1)).isEmpty)
  }

  @Test("a ball that leans on a wall finds its way too") func leaning() throws {
    let maze = try PointMaze(.umaze)
    var random = RandomSource(seed: 1), controller = WaypointController(.umaze), arrived = false
    _ = try maze.reset(position: [2.41, 1], velocity: [0, 0])  // rounds to the wall in row 2
    for _ in 0..<300 where !arrived {
      let (force, there) = controller.action(
        position: maze.position, velocity: maze.velocity, goal: maze.goal, random: &random)
      arrived = there
      _ = try maze.step(force)
    }
    #expect(arrived)
  }

  /// Mean return of the controller towards the maze's own goal.
  private func controllerReturn(_ layout: MazeLayout, episodes: Int) throws -> (mean: Double, error: Double) {
    let maze = try PointMaze(layout)
    var random = RandomSource(seed: 21)
    let returns = try (0..<episodes).map { _ in
      var controller = WaypointController(layout), sum = 0.0
      _ = try maze.reset(&random)
      for _ in 0..<layout.stepLimit {
        let (force, _) = controller.action(
          position: maze.position, velocity: maze.velocity, goal: maze.goal, random: &random)
        sum += try maze.step(force).reward
      }
      return sum
    }
    return meanAndError(returns)
  }

  @Test("the controller's returns are 224.0, 420.5 and 548.6") func controller() throws {
    for (layout, expected) in [(MazeLayout.umaze, 224.0), (.medium, 420.5), (.large, 548.6)] {
      let (mean, error) = try controllerReturn(layout, episodes: 400)
      // The expected figure is a mean of 400 episodes too.
      #expect(abs(mean - expected) < 4 * 2.0.squareRoot() * error, "\(layout.name): \(mean) +- \(error)")
    }
  }

  @Test("it arrives at every place of a maze, from every other") func everywhere() throws {
    let maze = try PointMaze(.medium)
    var random = RandomSource(seed: 2), controller = WaypointController(.medium)
    _ = try maze.reset(&random)
    for place in MazeLayout.medium.places.shuffled(using: &random) {
      var arrived = false
      for _ in 0..<600 where !arrived {
        let (force, there) = controller.action(
          position: maze.position, velocity: maze.velocity, goal: place.point, random: &random)
        arrived = there
        _ = try maze.step(force)
      }
      #expect(arrived, "\(place)")
    }
  }

  @Test("data is one true walk with rewards for the maze's own goal") func data() throws {
    var random = RandomSource(seed: 3)
    let maze = try PointMaze(.umaze)
    let data = try WaypointData.collect(4000, in: maze, random: &random)
    let steps = data.transitions
    #expect(steps.count == 4000 && data.changesCourse.count == 4000 && !steps.isTerminal.contains(true))
    #expect(Array(steps.observations[4...]) == Array(steps.nextObservations[..<(4 * 3999)]))
    // Each step can be made again from its own row.
    for i in stride(from: 0, to: 4000, by: 37) {
      let row = steps.observations[4 * i..<4 * i + 4].map { Double($0) }
      _ = try maze.reset(position: [row[0], row[1]], velocity: [row[2], row[3]])
      let step = try maze.step(Array(steps.actions[2 * i..<2 * i + 2]))
      #expect(zip(step.observation, steps.nextObservations[4 * i..<4 * i + 4]).allSatisfy { abs($0 - $1) < 1e-5 })
      let (x, y) = (Double(step.observation[0]) - 1, Double(step.observation[1]) - 1)
      if abs((x * x + y * y).squareRoot() - 0.5) > 1e-5 { #expect(Float(step.reward) == steps.rewards[i]) }
    }
    let changes = data.changesCourse.count { $0 }
    #expect(changes > 15 && changes < 400)
    #expect(steps.rewards.contains(1) && steps.rewards.contains(0))
    #expect(steps.actions.allSatisfy { abs($0) <= 1 })
  }

  @Test("data follows from its seed; noise changes it") func determinism() throws {
    func rows(_ seed: UInt64, noise: Double = 0) throws -> [Float] {
      var random = RandomSource(seed: seed)
      return Array(
        try WaypointData.collect(500, in: PointMaze(.medium), noise: noise, random: &random).transitions.actions)
    }
    #expect(try rows(1) == rows(1))
    #expect(try rows(1) != rows(2))
    let noisy = try rows(1, noise: 0.5)
    #expect(try noisy != rows(1) && noisy.allSatisfy { abs($0) <= 1 })
  }
}

/// The mean of numbers and its standard error.
func meanAndError(_ numbers: [Double]) -> (mean: Double, error: Double) {
  let count = Double(numbers.count), mean = numbers.reduce(0, +) / count
  let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
  return (mean, (variance / count).squareRoot())
}
