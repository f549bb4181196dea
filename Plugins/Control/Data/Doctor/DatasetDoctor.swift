import Foundation

/// Examines a file of recorded steps, and can write a mended copy.
///
/// Beside what any file may lack it knows the defects of D4RL's: Maze2D rewards one step early, goals flagged as true
/// ends, time-outs out of step with the places where the observations jump.
public struct DatasetDoctor: Sendable {
  public let report: DatasetReport
  let records: StepRecords?
  let breaks: TrajectoryBreaks?
  let stepLimit: Int

  /// Reads and examines all of a file.
  /// - Throws: ``DatasetError`` where there is no such file; one that breaks its format is a finding.
  public init(contentsOf path: String, options: DatasetOptions = DatasetOptions()) throws(DatasetError) {
    let source: DatasetSource
    do throws(DatasetError) { source = try DatasetSource(path) } catch {
      if case .unreadable = error { throw error }
      self.init(try Self.emptyReport(path, file: path).unreadable(error), nil, nil, options)
      return
    }
    var report = try Self.emptyReport(path, file: source.dataPath)
    do throws(DatasetError) {
      let (records, format) = try StepRecords.read(source, options, strict: false)
      report.format = format
      try report.examine(records, path, hasTerminals: Self.hasTerminals(source), options)
      let ends = records.ends(stepLimit: options.stepLimit)
      let breaks = records.isComplete ? nil : TrajectoryBreaks(records, isEnd: ends)
      if let breaks { report.examineOrder(records, breaks, ends) }
      report.sortFindings()
      self.init(report, records, breaks, options)
    } catch {
      self.init(report.unreadable(error), nil, nil, options)
    }
  }

  private init(_ report: DatasetReport, _ records: StepRecords?, _ breaks: TrajectoryBreaks?, _ options: DatasetOptions)
  {
    (self.report, self.records, self.breaks, stepLimit) = (report, records, breaks, options.stepLimit)
  }

  private static func emptyReport(_ path: String, file: String) throws(DatasetError) -> DatasetReport {
    var status = stat()
    guard stat(file, &status) == 0 else { throw .unreadable(path: file, code: errno) }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let digest = isFolder ? "" : try FileDigest.sha256(ofFile: file)
    return DatasetReport(path: path, bytes: Int(status.st_size), sha256: digest)
  }

  private static func hasTerminals(_ source: DatasetSource) throws(DatasetError) -> Bool {
    guard case .hdf5(let path) = source else { return true }
    let file = try HDF5File(contentsOf: path)
    let names = try file.names()
    return MinariReader.isMinari(names) || names.contains("terminals")
  }
}

extension StepRecords {
  /// Rows that are the last of an episode, whatever ended it.
  func ends(stepLimit: Int) -> [Bool] { zip(terminals, cuts(stepLimit: stepLimit)).map { $0 || $1 } }

  /// Rows in which some number is not finite.
  var brokenRows: [Bool] {
    func isBroken(_ values: [Float], _ width: Int, _ row: Int) -> Bool {
      values[row * width..<(row + 1) * width].contains { !$0.isFinite }
    }
    return (0..<count).map { row in
      !rewards[row].isFinite || isBroken(observations, observationSize, row) || isBroken(actions, actionSize, row)
        || (isComplete && isBroken(nextObservations ?? [], observationSize, row))
    }
  }
}
