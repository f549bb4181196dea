import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct GoalMazeTests {
  @Test("an episode shows its goal, away from its start, in coordinates around the centre") func resets() throws {
    let maze = GoalMaze(.medium)
    var random = RandomSource(seed: 1), goals = Set<[Int]>()
    for _ in 0..<300 {
      let seen = try maze.reset(&random)
      #expect(seen.count == 6 && seen[2] == 0 && seen[3] == 0)
      #expect(hypot(seen[0] - seen[4], seen[1] - seen[5]) > 0)
      for (x, y) in [(seen[0], seen[1]), (seen[4], seen[5])] {
        // Cells of a maze of 8 x 8 have their centres at halves, the first row's at y = 3.5.
        let (row, column) = (3.5 - Double(y), Double(x) + 3.5)
        #expect(!MazeLayout.medium.isWall(Int(row.rounded()), Int(column.rounded())))
        #expect(abs(row - row.rounded()) <= 0.25 + 1e-6 && abs(column - column.rounded()) <= 0.25 + 1e-6)
      }
      goals.insert([Int((seen[4] + 3.5).rounded()), Int((3.5 - seen[5]).rounded())])
    }
    #expect(goals.count == 26)
  }

  @Test("the ball moves along x and y as Maze2D's does along its axes, and rests at walls") func motion() throws {
    let maze = GoalMaze(.open)
    var random = RandomSource(seed: 2)
    let start = try maze.reset(&random)
    let first = try maze.step([0.5, -1]).observation
    #expect(abs(first[2] - 0.5 * 0.2381639) < 1e-5 && abs(first[3] + 0.2381639) < 1e-5)
    #expect(abs(first[0] - start[0] - 0.01 * first[2]) < 1e-5 && first[4...] == start[4...])
    var last = first
    for _ in 0..<400 { last = try maze.step([1, -1]).observation }
    // Five free columns and three rows around the centre, less the radius and a millimetre and a half.
    #expect(abs(last[0] - 2.3985) < 1e-4 && abs(last[1] + 1.3985) < 1e-4)
  }

  @Test("rewards are for nearness to the goal of the episode") func rewards() throws {
    for reward in PointMaze.Reward.allCases {
      let maze = GoalMaze(.umaze, reward: reward)
      var random = RandomSource(seed: 3)
      for _ in 0..<50 {
        _ = try maze.reset(&random)
        let step = try maze.step([1, 1]), seen = step.observation.map { Double($0) }
        let distance = hypot(seen[0] - seen[4], seen[1] - seen[5])
        let expected = reward == .dense ? exp(-distance) : distance <= GoalMaze.reach ? 1 : 0
        #expect(abs(step.reward - expected) < 1e-6 && !step.isTerminal)
      }
    }
    #expect(GoalMaze(.open).spec.stepLimit == 300 && GoalMaze(.large).spec.name == "pointmaze-large")
  }
}
