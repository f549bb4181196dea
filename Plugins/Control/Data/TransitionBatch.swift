import OneStepTensors

/// Steps to learn from in one update. B steps, S numbers in an observation, A in an action.
public struct TransitionBatch: Sendable {
  /// `[B, S]`.
  public var observations: Tensor
  /// `[B, A]`.
  public var actions: Tensor
  /// `[B]`.
  public var rewards: Tensor
  /// `[B, S]`.
  public var nextObservations: Tensor
  /// `[B]`: 1, or 0 where the episode truly ended.
  public var continues: Tensor
}

extension Transitions {
  /// The steps in `rows`, each in 0..<count, in their order. Copies only those.
  public func batch(_ rows: [Int]) -> TransitionBatch {
    precondition(rows.allSatisfy { $0 >= 0 && $0 < count }, "a row outside of \(count) steps")
    let ends = isTerminal
    return TransitionBatch(
      observations: Self.gather(observations, rows, observationSize),
      actions: Self.gather(actions, rows, actionSize),
      rewards: Self.gather(rewards, rows, nil),
      nextObservations: Self.gather(nextObservations, rows, observationSize),
      continues: Tensor(shape: [rows.count]) { result in
        for (place, row) in rows.enumerated() { result[place] = ends[row] ? 0 : 1 }
      })
  }

  private static func gather(_ column: TransitionColumn, _ rows: [Int], _ width: Int?) -> Tensor {
    let step = width ?? 1
    return Tensor(shape: [rows.count] + (width.map { [$0] } ?? [])) { result in
      guard let target = result.baseAddress else { return }
      column.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress else { return }
        for (place, row) in rows.enumerated() {
          (target + place * step).initialize(from: source + row * step, count: step)
        }
      }
    }
  }
}
