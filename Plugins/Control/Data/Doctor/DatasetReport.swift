/// What ``DatasetDoctor`` found in a file of recorded steps.
public struct DatasetReport: Sendable, Codable, Equatable {
  public enum Severity: String, Sendable, Codable, CaseIterable {
    /// Worth knowing.
    case note
    /// Learning may suffer.
    case warning
    /// The file cannot be learnt from as it is.
    case error
  }

  /// The defects that are looked for.
  public enum Defect: String, Sendable, Codable, CaseIterable {
    case unreadable
    case notFinite = "not-finite"
    case actionRange = "action-range"
    case missingTerminals = "missing-terminals"
    case missingTimeouts = "missing-timeouts"
    case jumps
    case goalTerminals = "goal-terminals"
    case misplacedTimeouts = "misplaced-timeouts"
    case mazeRewards = "maze-rewards"
    case duplicates
    case constantRewards = "constant-rewards"
    case constantObservations = "constant-observations"
    case noEnds = "no-ends"
  }

  public struct Finding: Sendable, Codable, Equatable {
    public var defect: Defect
    public var severity: Severity
    /// One line.
    public var text: String
    /// Whether ``DatasetDoctor/writeRepaired(to:)`` mends it.
    public var canRepair: Bool
  }

  /// Figures of one array; those of numbers that are not finite are left out.
  public struct Range: Sendable, Codable, Equatable {
    public var shape: [Int]
    public var low: Float
    public var high: Float
    public var mean: Double
    public var notFinite: Int
  }

  /// Lengths in steps. The last episode counts although it may be unfinished.
  public struct Episodes: Sendable, Codable, Equatable {
    public var count: Int
    public var shortest: Int
    public var median: Int
    public var longest: Int
    public var lowestReturn: Double
    public var meanReturn: Double
    public var highestReturn: Double
    public var terminals: Int
    public var timeouts: Int
  }

  public var path: String
  /// nil where it could not be read.
  public var format: DatasetFormat?
  /// Of the file that holds the steps.
  public var bytes: Int
  public var sha256: String
  /// Rows as recorded, and those that are left to learn from.
  public var rows = 0
  public var steps = 0
  /// Of observations, actions and rewards.
  public var ranges: [String: Range] = [:]
  public var episodes: Episodes?
  /// The most severe first.
  public var findings: [Finding] = []
}
