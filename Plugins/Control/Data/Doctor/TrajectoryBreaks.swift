/// Where recorded rows do not follow each other, told from the observations alone.
struct TrajectoryBreaks {
  /// Whether the observation after row i is not that of row i + 1; the last row has no say.
  private(set) var jumps: [Bool]
  /// Whether row i + 1 follows row i as closely as steps within an episode do.
  private(set) var goesOn: [Bool]

  /// - Parameter isEnd: rows that are flagged as the last of an episode.
  init(_ records: StepRecords, isEnd: [Bool]) {
    jumps = Array(repeating: false, count: records.count)
    goesOn = jumps
    if let next = records.nextObservations {
      compare(next, records)
    } else {
      measure(records, isEnd)
    }
  }

  private mutating func compare(_ next: [Float], _ records: StepRecords) {
    let size = records.observationSize
    for row in 0..<max(records.count - 1, 0) {
      let same = (0..<size).allSatisfy { column in
        let a = next[row * size + column], b = records.observations[(row + 1) * size + column]
        return !(abs(a - b) > 1e-4 * max(1, abs(b)))  // what is not finite has no say
      }
      (jumps[row], goesOn[row]) = (!same, same)
    }
  }

  /// Of a number that moves slowly, such as a position, 99 % of the steps within episodes tell how far one step goes.
  /// A jump goes five times as far, and over a fifth of the number's deviation.
  private mutating func measure(_ records: StepRecords, _ isEnd: [Bool]) {
    let size = records.observationSize, n = records.count
    let usual = Self.usualSteps(records, isEnd)
    let deviation = ColumnStatistics.moments(records.observations, columns: size).deviation.map { Float($0) }
    let slow = (0..<size).filter { deviation[$0] > 0 && usual[$0] < 0.1 * deviation[$0] }
    records.observations.withUnsafeBufferPointer { x in
      for row in 0..<max(n - 1, 0) {
        let step = { (column: Int) in abs(x[(row + 1) * size + column] - x[row * size + column]) }
        jumps[row] = slow.contains { step($0) > max(5 * usual[$0], 0.2 * deviation[$0]) }
        goesOn[row] = (0..<size).allSatisfy { step($0) <= usual[$0] }
      }
    }
  }

  /// `[S]`: how far 99 % of a sample of the rows within episodes move.
  private static func usualSteps(_ records: StepRecords, _ isEnd: [Bool]) -> [Float] {
    let size = records.observationSize
    let inside = (0..<max(records.count - 1, 0)).filter { !isEnd[$0] }
    let sample = stride(from: 0, to: inside.count, by: max(1, inside.count / 100_000)).map { inside[$0] }
    return (0..<size).map { column in
      let steps = sample.map { row in
        abs(records.observations[(row + 1) * size + column] - records.observations[row * size + column])
      }.filter(\.isFinite).sorted()
      return steps.isEmpty ? .infinity : steps[min(steps.count - 1, steps.count * 99 / 100)]
    }
  }
}
