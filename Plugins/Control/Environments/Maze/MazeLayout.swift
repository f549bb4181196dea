/// Walls and goal of a maze of D4RL's Maze2D (Fu et al. 2020). A cell (i, j) is row i of the text, x, and column j, y.
public struct MazeLayout: Sendable, Equatable {
  public enum Cell: Sendable { case wall, free, goal }

  /// A square of the maze.
  public struct Place: Sendable, Hashable {
    public var row: Int
    public var column: Int

    public init(_ row: Int, _ column: Int) { (self.row, self.column) = (row, column) }

    /// The whole numbers as a point.
    public var point: SIMD2<Double> { SIMD2(Double(row), Double(column)) }
  }

  public let name: String
  public let cells: [[Cell]]
  /// Where reward is; the first free cell where the text marks none.
  public let goal: Place
  /// Steps of an episode.
  public let stepLimit: Int

  /// Reads a layout: rows of `#` wall, `o` free, `G` goal.
  /// - Throws: `model` unless rows are equally long, the border is wall, and there is at most one goal.
  public init(name: String, rows: [String], stepLimit: Int) throws(EnvironmentError) {
    func refused(_ reason: String) -> EnvironmentError { .model(file: name, reason: reason) }
    if let foreign = rows.joined().first(where: { !"#oO G".contains($0) }) {
      throw refused("a maze is drawn with #, o and G, not \(foreign)")
    }
    self.init(name, rows, stepLimit)
    let width = cells.first?.count ?? 0
    guard width > 2, cells.count > 2, cells.count * width <= 10_000, cells.allSatisfy({ $0.count == width }) else {
      throw refused("rows of one length are needed, 3 x 3 cells at least and 10,000 at most")
    }
    let border = cells[0] + cells[cells.count - 1] + cells.map { $0[0] } + cells.map { $0[width - 1] }
    guard border.allSatisfy({ $0 == .wall }) else { throw refused("the border has an opening") }
    guard stepLimit > 0 else { throw refused("a step limit of \(stepLimit)") }
    guard !places.isEmpty, cells.joined().count(where: { $0 == .goal }) < 2 else {
      throw refused("one goal is needed, or a free cell")
    }
  }

  /// Takes rows as they are.
  init(_ name: String, _ rows: [String], _ stepLimit: Int) {
    let cells = rows.map { $0.map { $0 == "#" ? Cell.wall : $0 == "G" ? .goal : .free } }
    let places = Self.places(in: cells)
    goal = places.first { cells[$0.row][$0.column] == .goal } ?? places.first ?? Place(0, 0)
    (self.name, self.cells, self.stepLimit) = (name, cells, stepLimit)
  }

  public var height: Int { cells.count }
  public var width: Int { cells[0].count }

  public func isWall(_ row: Int, _ column: Int) -> Bool {
    guard cells.indices.contains(row), cells[0].indices.contains(column) else { return true }
    return cells[row][column] == .wall
  }

  /// Every cell without a wall, by row and column. O(cells).
  public var places: [Place] { Self.places(in: cells) }

  private static func places(in cells: [[Cell]]) -> [Place] {
    cells.indices.flatMap { row in
      cells[row].indices.filter { cells[row][$0] != .wall }.map { Place(row, $0) }
    }
  }
}
