/// A method whose students do not make points of the plane from noise alone: it brings its own small task and a baseline.
public protocol LabStudy: Sendable {
  /// Its name on the command line.
  var name: String { get }
  /// Authors and year.
  var paper: String { get }
  /// One line: what is measured, and what the baseline is.
  var summary: String { get }

  /// Trains and measures; the same seed gives the same figures.
  ///
  /// - Parameter progress: called now and then with steps done and their number; returning false ends the run early, and
  ///   the figures are then those of what was reached.
  func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult
}

/// Steps done and all steps, to whether to go on.
public typealias StudyProgress = (_ done: Int, _ total: Int) -> Bool

/// What a study found; less is better in every unit.
public struct StudyResult: Sendable, Codable, Equatable {
  /// Without the method.
  public var baseline: Double
  /// With it.
  public var distilled: Double
  /// What both are, such as "sw" or "pair TV".
  public var unit: String
  /// Of the whole run, training included.
  public var seconds: Double
  /// What else was measured, by name: not part of the comparison.
  public var further: [String: Double]

  public init(baseline: Double, distilled: Double, unit: String, seconds: Double, further: [String: Double] = [:]) {
    (self.baseline, self.distilled, self.unit, self.seconds) = (baseline, distilled, unit, seconds)
    self.further = further
  }
}

/// The studies by name.
public enum Studies {
  public static let all: [any LabStudy] = [
    DistilledDecoding1Study(), DistilledDecoding2Study(), SharedEncoderStudy(), TextureStudy(), BanditStudy(),
    LatentStudy(), PseudoTimeStudy(), ConditionedStudy(),
  ]

  public static func named(_ name: String) -> (any LabStudy)? { all.first { $0.name == name } }
}

/// Counts a study's steps over its phases and measures its time.
struct StudyClock {
  private let total: Int
  private let progress: StudyProgress
  private let start = ContinuousClock().now
  private var done = 0
  /// Whether the caller asked to stop.
  private(set) var isStopped = false

  init(steps total: Int, _ progress: @escaping StudyProgress) { (self.total, self.progress) = (total, progress) }

  /// After every step; false ends the phase.
  mutating func tick() -> Bool {
    done += 1
    isStopped = isStopped || !progress(done, total)
    return !isStopped
  }

  var seconds: Double {
    let passed = start.duration(to: ContinuousClock().now).components
    return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
  }
}
