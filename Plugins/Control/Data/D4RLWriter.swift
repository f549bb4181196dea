import Foundation

/// Writes steps as D4RL stores them (Fu et al. 2020), episode by episode, for Python to read as well: `observations`,
/// `next_observations`, `actions`, `rewards`, `terminals` and `timeouts`, optionally `infos/qpos`, `infos/qvel` and texts
/// under `metadata/`. The file has its name when it is finished; without that nothing is left.
///
/// An instance is used by one thread at a time.
public final class D4RLWriter {
  /// What the rows of a file have.
  public struct Layout: Sendable, Equatable {
    public var observationSize: Int
    public var actionSize: Int
    /// Numbers of the simulation's position and velocity before each step; nil where they are not stored.
    public var positions: Int?
    public var velocities: Int?
    var hasNextObservations = true

    public init(observationSize: Int, actionSize: Int, positions: Int? = nil, velocities: Int? = nil) {
      (self.observationSize, self.actionSize) = (observationSize, actionSize)
      (self.positions, self.velocities) = (positions, velocities)
    }
  }

  public let path: String
  public let layout: Layout
  /// Steps so far.
  public private(set) var count = 0
  private let temporary: String
  private var file: HDF5File?
  private var numbers: [String: HDF5Series] = [:]
  private var flags: [String: HDF5Series] = [:]

  /// - Parameter metadata: texts by name, such as "algorithm".
  public init(path: String, layout: Layout, metadata: [String: String] = [:]) throws(DatasetError) {
    (self.path, self.layout) = (path, layout)
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let name = ".\(parts.last!).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
    temporary = (parts.dropLast() + [name[...]]).joined(separator: "/")
    do throws(DatasetError) {
      let file = try HDF5File(creating: temporary)
      self.file = file
      for (name, columns) in Self.columns(layout) {
        numbers[name] = try file.makeSeries(name, columns: columns, of: .float)
      }
      for name in ["terminals", "timeouts"] { flags[name] = try file.makeSeries(name, columns: nil, of: .flag) }
      for (name, text) in metadata.sorted(by: { $0.key < $1.key }) { try file.write(text, to: "metadata/\(name)") }
    } catch {
      unlink(temporary)
      guard case .unwritable(_, let reason) = error else { throw error }
      throw .unwritable(path: path, reason: reason)
    }
  }

  deinit {
    if file != nil { unlink(temporary) }
  }

  private static func columns(_ layout: Layout) -> [(String, Int?)] {
    var columns: [(String, Int?)] = [
      ("observations", layout.observationSize), ("actions", layout.actionSize), ("rewards", nil),
    ]
    if layout.hasNextObservations { columns.append(("next_observations", layout.observationSize)) }
    if let size = layout.positions { columns.append(("infos/qpos", size)) }
    if let size = layout.velocities { columns.append(("infos/qvel", size)) }
    return columns
  }

  /// Adds an episode, or several. One that is still open goes on with what is added next.
  /// - Parameters:
  ///   - positions: `[N, layout.positions]`, before each step.
  ///   - velocities: `[N, layout.velocities]`.
  public func append(
    _ steps: Transitions, positions: [Float] = [], velocities: [Float] = []
  ) throws(DatasetError) {
    try append(StepRecords(steps), positions: positions, velocities: velocities)
  }

  func append(_ rows: StepRecords, positions: [Float] = [], velocities: [Float] = []) throws(DatasetError) {
    precondition(
      rows.observationSize == layout.observationSize && rows.actionSize == layout.actionSize,
      "steps of \(rows.observationSize), \(rows.actionSize) numbers for a file of \(layout)")
    precondition(
      positions.count == rows.count * (layout.positions ?? 0)
        && velocities.count == rows.count * (layout.velocities ?? 0),
      "\(positions.count) positions and \(velocities.count) velocities for \(rows.count) steps of \(layout)")
    let values = [
      "observations": rows.observations, "actions": rows.actions, "rewards": rows.rewards,
      "next_observations": rows.nextObservations ?? [], "infos/qpos": positions, "infos/qvel": velocities,
    ]
    for (name, series) in numbers { try series.append(values[name]!) }
    try flags["terminals"]!.append(rows.terminals)
    try flags["timeouts"]!.append(rows.timeouts ?? Array(repeating: false, count: rows.count))
    count += rows.count
  }

  /// Completes the file and gives it its name. Nothing can be added afterwards.
  public func finish() throws(DatasetError) {
    guard let file else { preconditionFailure("\(path) is already finished") }
    try file.flush()
    (numbers, flags, self.file) = ([:], [:], nil)
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw .unwritable(path: path, reason: reason)
    }
  }
}
