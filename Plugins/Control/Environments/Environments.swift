/// The environments that come with the package, by name.
public enum Environments {
  /// Robots with both mass rules, Maze2D's mazes with both rewards and both engines, then PointMaze's.
  public static let names: [String] = entries.map(\.name)

  /// Makes the environment with a name of `names`.
  /// - Parameter folders: where the robots' models are looked for.
  /// - Throws: `unknown` with the names that come closest; `model` where a robot's model is missing.
  public static func make(
    _ name: String, folders: [String] = ControlResources.folders
  ) throws(EnvironmentError) -> any Environment {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw .unknown(name: name, known: closest(to: name))
    }
    switch entry.kind {
    case .robot(let robot, let masses): return try LocomotionEnvironment(robot, masses: masses, folders: folders)
    case .maze(let layout, let reward, let engine):
      return try PointMaze(layout, reward: reward, engine: engine)
    case .goalMaze(let layout, let reward): return GoalMaze(layout, reward: reward)
    }
  }

  /// What is known of every environment, in the order of `names`. Each is built for it.
  public static func specs(folders: [String] = ControlResources.folders) throws(EnvironmentError) -> [EnvironmentSpec] {
    var specs = [EnvironmentSpec]()
    for name in names { specs.append(try make(name, folders: folders).spec) }
    return specs
  }

  private enum Kind: Sendable {
    case robot(Robot, LocomotionEnvironment.Masses)
    case maze(MazeLayout, PointMaze.Reward, PointMaze.Engine)
    case goalMaze(MazeLayout, PointMaze.Reward)
  }

  private static let entries: [(name: String, kind: Kind)] = {
    var entries = [(name: String, kind: Kind)]()
    for robot in Robot.all {
      for masses in LocomotionEnvironment.Masses.allCases {
        entries.append(("\(robot.name)-\(masses)", .robot(robot, masses)))
      }
    }
    for engine in PointMaze.Engine.allCases {
      for reward in PointMaze.Reward.allCases {
        for layout in MazeLayout.all {
          entries.append((PointMaze.name(layout, reward, engine), .maze(layout, reward, engine)))
        }
      }
    }
    for reward in PointMaze.Reward.allCases {
      for layout in [MazeLayout.umaze, .medium, .large, .open] {
        entries.append((GoalMaze.name(layout, reward), .goalMaze(layout, reward)))
      }
    }
    return entries
  }()

  // MARK: Closest names

  private static func closest(to name: String) -> [String] {
    let word = name.prefix(64).lowercased()
    let ranked = names.enumerated().map { (distance: editDistance(word, $1), place: $0, name: $1) }
    return ranked.sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }.prefix(4).map(\.name)
  }
}
