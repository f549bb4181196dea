import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct PointMazeTests {
  @Test("free flight is MuJoCo's: from rest with force 0.7") func oracle() throws {
    for engine in PointMaze.Engine.allCases {
      let maze = try PointMaze(.open, engine: engine)
      _ = try maze.reset(position: [3, 1], velocity: [0, 0])
      for (place, speed) in [(1.001667147, 0.166714688), (1.004997470, 0.333032322), (1.009987009, 0.498953848)] {
        _ = try maze.step([0, 0.7])
        // 0.7 as a float is 1.2e-8 less.
        #expect(abs(maze.position.y - place) < 1e-9 && abs(maze.velocity.y - speed) < 1e-8, "\(engine)")
        #expect(maze.position.x == 3)
      }
    }
  }

  @Test("both engines agree to 1e-9 where no wall is near") func freeFlight() throws {
    let own = try PointMaze(.open), physics = try PointMaze(.open, engine: .mujoco)
    var random = RandomSource(seed: 11)
    for _ in 0..<20 {
      let start = random.uniform(count: 4).map { Double($0) }
      let velocity = SIMD2(start[2], start[3]) * 12 - 6  // beyond the limit of 5 too
      for maze in [own, physics] {
        _ = try maze.reset(position: [1.9 + 0.1 * start[0], 2.9 + 0.1 * start[1]], velocity: velocity)
      }
      for _ in 0..<12 {
        let force = random.uniform(count: 2).map { 4 * $0 - 2 }
        let (a, b) = (try own.step(force), try physics.step(force))
        #expect((own.position - physics.position).max() < 1e-9 && (own.velocity - physics.velocity).min() > -1e-9)
        #expect((own.position - physics.position).min() > -1e-9 && (own.velocity - physics.velocity).max() < 1e-9)
        #expect(abs(a.reward - b.reward) < 1e-9 && !a.isTerminal && !b.isTerminal)
      }
    }
  }

  @Test("a ball pushed into a wall rests a millimetre and a half before it") func restingAtWalls() throws {
    for engine in PointMaze.Engine.allCases {
      let maze = try PointMaze(.umaze, engine: engine)
      for (force, rest) in [(Float(1), 3.1985), (-1, 2.4015)] {
        _ = try maze.reset(position: [2.8, 1], velocity: [0, 0])
        for _ in 0..<400 { _ = try maze.step([force, 0]) }
        #expect(abs(maze.position.x - rest) < 5e-5, "\(engine): \(maze.position.x)")
        #expect(abs(maze.position.y - 1) < 1e-6)
      }
    }
  }

  @Test("both engines agree at walls, in corners and at edges", arguments: [MazeLayout.umaze, .medium, .large])
  func contacts(layout: MazeLayout) throws {
    let own = try PointMaze(layout), physics = try PointMaze(layout, engine: .mujoco)
    var random = RandomSource(seed: 6), touched = 0
    for _ in 0..<200 {
      _ = try own.reset(&random)
      _ = try physics.reset(position: own.position, velocity: own.velocity)
      let push = random.uniform(count: 2).map { 3 * $0 - 1.5 }
      for _ in 0..<60 {
        let before = own.velocity
        for maze in [own, physics] { _ = try maze.step(push) }
        if abs(own.velocity.x - before.x) > 0.25 || abs(own.velocity.y - before.y) > 0.25 { touched += 1 }
        let (place, speed) = (own.position - physics.position, own.velocity - physics.velocity)
        #expect(max(abs(place.x), abs(place.y)) < 1e-9 && max(abs(speed.x), abs(speed.y)) < 1e-7)
      }
    }
    #expect(touched > 300)
  }

  @Test("the edges between boxes do not stop a ball that slides along them") func sliding() throws {
    let maze = try PointMaze(.open)
    _ = try maze.reset(position: [1, 1], velocity: [0, 0])
    for _ in 0..<200 { _ = try maze.step([-1, 0.3]) }
    #expect(maze.position.y > 4 && abs(maze.position.x - 0.4) < 2e-3)
  }

  @Test("no force gets a ball through a wall", arguments: MazeLayout.all)
  func confinement(layout: MazeLayout) throws {
    let maze = try PointMaze(layout)
    var random = RandomSource(seed: 4)
    _ = try maze.reset(&random)
    var force: [Float] = [0, 0]
    for i in 0..<5000 {
      if i % 40 == 0 { force = random.uniform(count: 2).map { $0 < 0.5 ? -1 : 1 } }
      _ = try maze.step(force)
      let place = maze.position + 0.2
      #expect(!layout.isWall(Int(place.x.rounded()), Int(place.y.rounded())))
    }
  }

  @Test("rewards are for the new position") func rewards() throws {
    let sparse = try PointMaze(.umaze), dense = try PointMaze(.umaze, reward: .dense)
    #expect(sparse.goal == [1, 1])
    for maze in [sparse, dense] { _ = try maze.reset(position: [1, 1.52], velocity: [0, -5]) }
    let step = try sparse.step([0, 0])
    #expect(sparse.position.y < 1.5 && step.reward == 1)
    let distance = try dense.step([0, 0]).reward
    #expect(abs(distance - exp(1 - dense.position.y)) < 1e-12)
    _ = try sparse.reset(position: [1, 1.49], velocity: [0, 5])
    #expect(try sparse.step([0, 0]).reward == 0)
  }

  @Test("an episode begins in a random cell, and follows from its seed") func resets() throws {
    let maze = try PointMaze(.umaze)
    var random = RandomSource(seed: 9), cells = Set<MazeLayout.Place>()
    for _ in 0..<300 {
      let observation = try maze.reset(&random)
      let cell = MazeLayout.Place(Int(maze.position.x.rounded()), Int(maze.position.y.rounded()))
      cells.insert(cell)
      let off = maze.position - cell.point
      #expect(abs(off.x) <= 0.1 && abs(off.y) <= 0.1 && abs(maze.velocity.x) < 0.6)
      #expect(observation == [maze.position.x, maze.position.y, maze.velocity.x, maze.velocity.y].map { Float($0) })
    }
    #expect(cells == Set(MazeLayout.umaze.places) && cells.count == 7)
    var (one, other) = (RandomSource(seed: 1), RandomSource(seed: 1))
    #expect(try maze.reset(&one) == PointMaze(.umaze).reset(&other))
  }

  @Test("layouts are D4RL's") func layouts() throws {
    #expect(MazeLayout.all.map(\.places.count) == [7, 26, 46, 15, 7, 26, 47])
    #expect(MazeLayout.all.prefix(4).map(\.stepLimit) == [300, 600, 800, 150])
    #expect(MazeLayout.medium.goal == .init(6, 6) && MazeLayout.large.goal == .init(7, 9))
    for layout in MazeLayout.all {
      let rows = layout.cells.map { String($0.map { $0 == .wall ? "#" : $0 == .goal ? "G" : "o" }) }
      #expect(try MazeLayout(name: layout.name, rows: rows, stepLimit: layout.stepLimit) == layout)
    }
  }

  @Test(
    "drawings that are no maze are refused",
    arguments: [
      [], ["###"], ["###", "#o#"], ["###", "#o##", "###"], ["###", "#x#", "###"], ["#o#", "#o#", "###"],
      ["####", "#GG#", "####"], ["###", "###", "###"],
    ])
  func badLayouts(rows: [String]) {
    #expect(throws: EnvironmentError.self) { try MazeLayout(name: "own", rows: rows, stepLimit: 10) }
  }

  @Test("actions that are no numbers are refused") func errors() throws {
    let maze = try PointMaze(.umaze)
    #expect(throws: EnvironmentError.actionSize(environment: "maze2d-umaze", expected: 2, found: 1)) {
      try maze.step([0])
    }
    #expect(throws: EnvironmentError.actionValue(environment: "maze2d-umaze", index: 0)) {
      try maze.step([.infinity, 0])
    }
  }
}
