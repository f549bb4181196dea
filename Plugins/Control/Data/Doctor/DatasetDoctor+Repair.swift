extension DatasetDoctor {
  /// Writes a copy in D4RL's layout in which every defect that can be repaired is: rewards take their place, actions are
  /// clipped, goals become time-outs, time-outs come where the observations jump, rows that are not finite are left out
  /// and the episode is cut there. Other arrays of the file (`infos`, `metadata`) are not copied.
  /// - Returns: the defects that were repaired.
  /// - Throws: ``DatasetError`` where the file could not be read, or the copy cannot be written.
  @discardableResult
  public func writeRepaired(to path: String) throws(DatasetError) -> [DatasetReport.Defect] {
    guard var rows = records else {
      throw .damaged(path: report.path, key: nil, reason: report.findings.first?.text ?? "no steps were found")
    }
    let defects = report.findings.filter(\.canRepair).map(\.defect)
    if defects.contains(.mazeRewards) { rows.takeNextRewards() }
    if defects.contains(.actionRange) {
      rows.actions = rows.actions.map { $0.isNaN ? $0 : min(max($0, -1), 1) }
    }
    rows.timeouts = repairedTimeouts(rows, defects)
    if defects.contains(.goalTerminals) { rows.terminals = rows.terminals.map { _ in false } }
    if defects.contains(.notFinite) { rows.removeBrokenRows() }
    guard rows.count >= 2 else { throw .tooShort(path: report.path, steps: rows.count) }

    var layout = D4RLWriter.Layout(observationSize: rows.observationSize, actionSize: rows.actionSize)
    layout.hasNextObservations = rows.nextObservations != nil
    let metadata = [
      "repaired_from": report.sha256, "repairs": defects.map(\.rawValue).joined(separator: " "),
    ]
    let writer = try D4RLWriter(path: path, layout: layout, metadata: metadata)
    try writer.append(rows)
    try writer.finish()
    return defects
  }

  private func repairedTimeouts(_ rows: StepRecords, _ defects: [DatasetReport.Defect]) -> [Bool] {
    let misplaced = defects.contains(.misplacedTimeouts)
    var timeouts = misplaced ? nil : rows.timeouts
    if defects.contains(.goalTerminals) {
      timeouts = zip(timeouts ?? rows.terminals, rows.terminals).map { $0 || $1 }
    }
    let jumps = breaks?.jumps ?? []
    // A file without time-outs, and without a jump that shows them, is cut by its count of steps.
    var result =
      timeouts ?? (jumps.contains(true) ? Array(repeating: false, count: rows.count) : rows.cuts(stepLimit: stepLimit))
    if defects.contains(.jumps) || misplaced || rows.timeouts == nil {
      for (row, jump) in jumps.enumerated() where jump && !rows.terminals[row] { result[row] = true }
    }
    return result
  }
}

extension StepRecords {
  /// Leaves out rows with numbers that are not finite; the row before becomes the last of its episode.
  mutating func removeBrokenRows() {
    let broken = brokenRows
    for row in broken.indices.dropLast() where broken[row + 1] && !terminals[row] { timeouts?[row] = true }
    let kept = broken.indices.filter { !broken[$0] }
    func rows(_ values: [Float], _ width: Int) -> [Float] { kept.flatMap { values[$0 * width..<($0 + 1) * width] } }
    observations = rows(observations, observationSize)
    actions = rows(actions, actionSize)
    rewards = rows(rewards, 1)
    nextObservations = nextObservations.map { rows($0, observationSize) }
    terminals = kept.map { terminals[$0] }
    timeouts = timeouts.map { timeouts in kept.map { timeouts[$0] } }
  }
}
