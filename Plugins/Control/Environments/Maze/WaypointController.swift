import OneStepTensors

/// Drives the ball of a maze to a place by way of the cells of a shortest path, as the controller that made D4RL's
/// Maze2D data does.
public struct WaypointController: Sendable {
  /// How near the ball comes to a way-point before the next is aimed at.
  public static let reach = 0.1
  private static let gains = (position: 10.0, velocity: 1.0)

  public let layout: MazeLayout
  private var target: MazeLayout.Place?
  private var waypoints: [SIMD2<Double>] = []
  private var next = 0
  private var previous = SIMD2<Double>()

  public init(_ layout: MazeLayout) { self.layout = layout }

  /// The force for a ball at `position`, `[2]`, and whether it has arrived in the goal's cell.
  ///
  /// A new path is planned when the goal's cell is another one than before. Way-points are shifted off the whole
  /// numbers by up to 0.2 towards the walls' side, the last is exact.
  public mutating func action(
    position: SIMD2<Double>, velocity: SIMD2<Double>, goal: SIMD2<Double>, random: inout RandomSource
  ) -> (force: [Float], hasArrived: Bool) {
    let cell = Self.cell(goal)
    if target != cell { plan(from: start(position), to: cell, &random) }
    let moved = length(previous - position)
    previous = position
    let hasArrived = length(position - cell.point) < Self.reach && moved < Self.reach
    let aim = hasArrived || waypoints.isEmpty ? cell.point : waypoints[next]
    if !hasArrived && next + 1 < waypoints.count && length(position - aim) < Self.reach && moved < Self.reach {
      next += 1
    }
    let force = (aim - position) * Self.gains.position - velocity * Self.gains.velocity
    let one = SIMD2<Double>(repeating: 1), limited = force.clamped(lowerBound: -one, upperBound: one)
    return ([Float(limited.x), Float(limited.y)], hasArrived)
  }

  private mutating func plan(
    from start: MazeLayout.Place, to goal: MazeLayout.Place, _ random: inout RandomSource
  ) {
    let path = layout.path(from: start, to: goal)
    let shifts = random.uniform(count: 2 * max(path.count - 1, 0))
    waypoints = path.enumerated().map { i, place in
      guard i + 1 < path.count else { return place.point }
      return place.point - SIMD2(Double(shifts[2 * i]), Double(shifts[2 * i + 1])) * 0.2
    }
    (target, next, previous) = (goal, 0, start.point)
  }

  /// The cell that a position rounds to; where that is a wall, on which the ball leans, the cell that it is in.
  private func start(_ position: SIMD2<Double>) -> MazeLayout.Place {
    let cell = Self.cell(position)
    return layout.isWall(cell.row, cell.column) ? Self.cell(position + MazeWalls.offset) : cell
  }

  private static func cell(_ point: SIMD2<Double>) -> MazeLayout.Place {
    func whole(_ x: Double) -> Int { Int(x.rounded(.toNearestOrEven).clamped(to: -1...1e6)) }
    return MazeLayout.Place(whole(point.x), whole(point.y))
  }

  private func length(_ vector: SIMD2<Double>) -> Double { (vector * vector).sum().squareRoot() }
}

extension Double {
  /// The nearest number of a range; NaN becomes its lower bound.
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    self >= range.lowerBound ? Swift.min(self, range.upperBound) : range.lowerBound
  }
}

extension MazeLayout {
  /// The cells of a shortest path without its start; `[goal]` where start and goal are one, and nothing where no path
  /// leads there. Of equally short ways the first in the order column - 1, column + 1, row - 1, row + 1 is taken.
  public func path(from start: Place, to goal: Place) -> [Place] {
    guard !isWall(start.row, start.column), !isWall(goal.row, goal.column) else { return [] }
    if start == goal { return [goal] }
    let distances = distances(to: goal)
    var path = [Place](), here = start
    while here != goal, let next = closestNeighbour(of: here, by: distances) {
      path.append(next)
      here = next
    }
    return path
  }

  /// Steps to `goal` from every cell from which one comes there.
  private func distances(to goal: Place) -> [Place: Int] {
    var distances = [goal: 0], front = [goal]
    while !front.isEmpty {
      let steps = distances[front[0], default: 0] + 1
      front = front.flatMap(neighbours).filter { place in
        defer { distances[place] = distances[place] ?? steps }
        return distances[place] == nil
      }
    }
    return distances
  }

  private func closestNeighbour(of place: Place, by distances: [Place: Int]) -> Place? {
    neighbours(of: place).filter { distances[$0] != nil }.min { distances[$0, default: 0] < distances[$1, default: 0] }
  }

  private func neighbours(of place: Place) -> [Place] {
    [(0, -1), (0, 1), (-1, 0), (1, 0)].map { Place(place.row + $0.0, place.column + $0.1) }
      .filter { !isWall($0.row, $0.column) }
  }
}
