/// The rows of a file as they were recorded, before it is decided which are steps to learn from.
struct StepRecords: Sendable {
  var observationSize: Int
  var actionSize: Int
  /// `[N, S]`, `[N, A]`, `[N]`, row-major.
  var observations: [Float] = []
  var actions: [Float] = []
  var rewards: [Float] = []
  var terminals: [Bool] = []
  /// nil where the file says nothing of step limits.
  var timeouts: [Bool]?
  /// `[N, S]` where the file stores them.
  var nextObservations: [Float]?

  var count: Int { rewards.count }

  /// Whether the next observations are those to learn from. Those of D4RL are ignored, as its own loader does.
  var isComplete = false

  func checkFinite(_ path: String) throws(DatasetError) {
    let columns = [
      ("observations", observations, observationSize), ("actions", actions, actionSize), ("rewards", rewards, 1),
      ("next_observations", isComplete ? nextObservations ?? [] : [], observationSize),
    ]
    for (key, values, width) in columns {
      if let place = values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(path: path, key: key, row: place / width)
      }
    }
  }

  /// Gives every row the reward of the row after; the last keeps its own.
  mutating func takeNextRewards() {
    guard let last = rewards.last else { return }
    rewards.removeFirst()
    rewards.append(last)
  }

  /// Rows at which an episode was cut: as recorded, or where a count of steps reaches the limit.
  ///
  /// The count is that of D4RL's `qlearning_dataset`, so that the same rows are left out: after a true end it begins
  /// at 1, not 0.
  func cuts(stepLimit: Int) -> [Bool] {
    if let timeouts { return timeouts }
    var step = 0
    return terminals.map { isTerminal in
      if step == stepLimit - 1 {
        step = 0
        return true
      }
      step = isTerminal ? 1 : step + 1
      return false
    }
  }
}

extension Transitions {
  /// Steps by the rule of D4RL's `qlearning_dataset`: the next observation is that of the row after; rows where an
  /// episode was cut are left out, and the last row; a true end stays, whatever row follows it.
  ///
  /// A file with complete rows loses none.
  init(_ records: StepRecords, stepLimit: Int) {
    let n = records.count, size = records.observationSize
    let cuts = records.cuts(stepLimit: stepLimit), ends = records.terminals
    if records.isComplete, let next = records.nextObservations {
      self.init(
        observationSize: size, actionSize: records.actionSize, observations: TransitionColumn(records.observations),
        actions: TransitionColumn(records.actions), rewards: TransitionColumn(records.rewards),
        nextObservations: TransitionColumn(next), isTerminal: ends,
        episodeStarts: (0..<n).filter { $0 == 0 || ends[$0 - 1] || cuts[$0 - 1] },
        lastEpisodeIsOpen: n > 0 && !(ends[n - 1] || cuts[n - 1]))
      return
    }
    let kept = (0..<max(n - 1, 0)).filter { !cuts[$0] }
    let starts = kept.indices.filter { $0 == 0 || kept[$0] != kept[$0 - 1] + 1 || ends[kept[$0 - 1]] }
    let lastIsOpen = kept.last.map { !(ends[$0] || cuts[$0 + 1] || ends[$0 + 1]) } ?? false
    self.init(
      observationSize: size, actionSize: records.actionSize,
      observations: TransitionColumn(Self.rows(kept, of: records.observations, size)),
      actions: TransitionColumn(Self.rows(kept, of: records.actions, records.actionSize)),
      rewards: TransitionColumn(kept.map { records.rewards[$0] }),
      nextObservations: TransitionColumn(Self.rows(kept, of: records.observations, size, offset: 1)),
      isTerminal: kept.map { ends[$0] }, episodeStarts: starts, lastEpisodeIsOpen: lastIsOpen)
  }

  private static func rows(_ rows: [Int], of values: [Float], _ width: Int, offset: Int = 0) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows.count * width) { buffer, count in
      values.withUnsafeBufferPointer { values in
        for (place, row) in rows.enumerated() {
          (buffer.baseAddress! + place * width).initialize(
            from: values.baseAddress! + (row + offset) * width, count: width)
        }
      }
      count = rows.count * width
    }
  }
}
