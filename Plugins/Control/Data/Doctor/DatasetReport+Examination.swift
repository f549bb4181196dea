extension DatasetReport {
  /// Figures, and the defects that any format can have.
  mutating func examine(
    _ records: StepRecords, _ path: String, hasTerminals: Bool, _ options: DatasetOptions
  ) throws(DatasetError) {
    guard records.count >= 2 else { throw .tooShort(path: path, steps: records.count) }
    rows = records.count
    steps = Transitions(records, stepLimit: options.stepLimit).count
    ranges["observations"] = Range(records.observations, shape: [rows, records.observationSize])
    ranges["actions"] = Range(records.actions, shape: [rows, records.actionSize])
    ranges["rewards"] = Range(records.rewards, shape: [rows])
    episodes = Episodes(records, cuts: records.cuts(stepLimit: options.stepLimit))
    examineNumbers(records)
    if !hasTerminals {
      add(
        .missingTerminals, .error, "there are no terminals; nothing says where an episode truly ended", canRepair: true)
    }
    if records.timeouts == nil {
      let text = "there are no timeouts; every \(options.stepLimit) steps count as a cut"
      add(.missingTimeouts, .warning, text, canRepair: true)
    }
    if !records.terminals.contains(true) && !(records.timeouts ?? []).contains(true) {
      add(.noEnds, .warning, "no episode ends: all rows are one trajectory")
    }
  }

  private mutating func examineNumbers(_ records: StepRecords) {
    let broken = records.brokenRows.count { $0 }
    if broken > 0 {
      add(.notFinite, .error, "\(broken) of \(rows) rows have numbers that are not finite", canRepair: true)
    }
    let outside = records.actions.count { abs($0) > 1 }
    if outside > 0 {
      let text =
        "\(outside) of \(records.actions.count) numbers in actions are outside -1...1; a policy cannot reach them"
      add(.actionRange, .warning, text, canRepair: true)
    }
    if let first = records.rewards.first, records.rewards.allSatisfy({ $0 == first }) {
      add(.constantRewards, .warning, "every reward is \(first); there is nothing to prefer")
    }
    let deviation = ColumnStatistics.moments(records.observations, columns: records.observationSize).deviation
    let constant = deviation.indices.filter { deviation[$0] == 0 }
    if !constant.isEmpty {
      let places = constant.prefix(8).map(String.init).joined(separator: ", ")
      add(.constantObservations, .note, "numbers of the observation that never change: \(constant.count) (\(places))")
    }
    let repeated = Self.repeatedRows(records)
    if repeated > 0 {
      let text = "\(repeated) of \(rows) rows repeat an earlier observation and action"
      add(.duplicates, repeated * 100 > rows ? .warning : .note, text)
    }
  }

  /// Rows whose observation and action are bit for bit those of an earlier row (by a 64-bit hash).
  private static func repeatedRows(_ records: StepRecords) -> Int {
    var hashes = (0..<records.count).map { row -> UInt64 in
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      func mix(_ values: [Float], _ width: Int) {
        for place in row * width..<(row + 1) * width {
          hash = (hash ^ UInt64(values[place].bitPattern)) &* 0x9E37_79B9_7F4A_7C15
          hash ^= hash >> 32
        }
      }
      mix(records.observations, records.observationSize)
      mix(records.actions, records.actionSize)
      return hash
    }
    hashes.sort()
    return zip(hashes, hashes.dropFirst()).count { $0 == $1 }
  }

  /// Defects that show in the order of the rows.
  mutating func examineOrder(_ records: StepRecords, _ breaks: TrajectoryBreaks, _ ends: [Bool]) {
    let inner = 0..<records.count - 1
    let jumps = inner.count { breaks.jumps[$0] && !ends[$0] }
    if jumps > 0 {
      let text = "\(jumps) rows are followed by a row from somewhere else, and no flag says so"
      add(.jumps, .warning, text, canRepair: true)
    }
    let terminals = inner.filter { records.terminals[$0] }
    if Self.mostGoOn(terminals, breaks) {
      let text = "\(terminals.count) terminals, and the trajectory goes on after most: they mark goals, not ends"
      add(.goalTerminals, .warning, text, canRepair: true)
    }
    let timeouts = inner.filter { records.timeouts?[$0] ?? false }
    if Self.mostGoOn(timeouts, breaks) {
      let text =
        "\(timeouts.count) timeouts, and the trajectory goes on after most: "
        + (jumps > 0 ? "they are out of step with its jumps" : "they mark goals; only those rows are lost")
      add(.misplacedTimeouts, jumps > 0 ? .warning : .note, text, canRepair: jumps > 0)
    }
    if MazeRewards.areEarly(records, isEnd: ends) {
      let text = "rewards are those of the observation before the action; Maze2D rewards the one after it"
      add(.mazeRewards, .warning, text, canRepair: true)
    }
  }

  private static func mostGoOn(_ rows: [Int], _ breaks: TrajectoryBreaks) -> Bool {
    rows.count >= 3 && 2 * rows.count(where: { breaks.goesOn[$0] }) > rows.count
  }

  private mutating func add(_ defect: Defect, _ severity: Severity, _ text: String, canRepair: Bool = false) {
    findings.append(Finding(defect: defect, severity: severity, text: text, canRepair: canRepair))
  }

  /// The report of a file that cannot be read.
  func unreadable(_ error: DatasetError) -> DatasetReport {
    var report = self
    report.findings = [
      Finding(defect: .unreadable, severity: .error, text: error.description, canRepair: false)
    ]
    return report
  }

  mutating func sortFindings() {
    findings = Severity.allCases.reversed().flatMap { severity in findings.filter { $0.severity == severity } }
  }
}

extension DatasetReport.Range {
  fileprivate init(_ values: [Float], shape: [Int]) {
    var low = Float.infinity, high = -Float.infinity, sum = 0.0, count = 0
    for x in values where x.isFinite {
      (low, high) = (min(low, x), max(high, x))
      sum += Double(x)
      count += 1
    }
    let isEmpty = count == 0
    self.init(
      shape: shape, low: isEmpty ? 0 : low, high: isEmpty ? 0 : high, mean: isEmpty ? 0 : sum / Double(count),
      notFinite: values.count - count)
  }
}

extension DatasetReport.Episodes {
  fileprivate init(_ records: StepRecords, cuts: [Bool]) {
    var lengths: [Int] = [], returns: [Double] = []
    var begun = false
    for row in 0..<records.count {
      if !begun {
        lengths.append(0)
        returns.append(0)
      }
      lengths[lengths.count - 1] += 1
      if records.rewards[row].isFinite { returns[returns.count - 1] += Double(records.rewards[row]) }
      begun = !(records.terminals[row] || cuts[row])
    }
    let sorted = lengths.sorted()
    self.init(
      count: lengths.count, shortest: sorted.first ?? 0, median: sorted.isEmpty ? 0 : sorted[sorted.count / 2],
      longest: sorted.last ?? 0, lowestReturn: returns.min() ?? 0,
      meanReturn: returns.reduce(0, +) / Double(max(returns.count, 1)), highestReturn: returns.max() ?? 0,
      terminals: records.terminals.count { $0 }, timeouts: cuts.count { $0 })
  }
}
