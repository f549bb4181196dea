import Foundation

/// Whether the rewards of a Maze2D file belong to the observation before the action, as in those D4RL publishes (its
/// issue 194), where the environment rewards the one after it.
///
/// The goal is a cell, so both coordinates are whole; a sparse reward is 1 within 0.5 of it, a dense one exp(-distance).
enum MazeRewards {
  static func areEarly(_ records: StepRecords, isEnd: [Bool]) -> Bool {
    guard records.observationSize == 4, records.actionSize == 2, records.nextObservations == nil,
      let high = records.rewards.max(), high > 0, high <= 1, records.rewards.allSatisfy({ $0 >= 0 })
    else { return false }
    let isSparse = records.rewards.allSatisfy { $0 == 0 || $0 == 1 }
    let best = records.rewards.indices.filter { records.rewards[$0] == high }
    let goal = (0..<2).map { axis in
      (best.reduce(0) { $0 + records.observations[4 * $1 + axis] } / Float(best.count)).rounded()
    }
    var early: Float = 0, late: Float = 0
    for row in 0..<records.count - 1 where !isEnd[row] {
      for (offset, isLate) in [(0, false), (1, true)] {
        let place = 4 * (row + offset)
        let distance = hypot(records.observations[place] - goal[0], records.observations[place + 1] - goal[1])
        let expected: Float = isSparse ? (distance <= 0.5 ? 1 : 0) : exp(-distance)
        let error = abs(records.rewards[row] - expected)
        if isLate { late += error } else { early += error }
      }
    }
    // The rule must explain the rewards, and better than the right one does.
    return early <= 1e-3 * Float(records.count) && late > 10 * early
      && late > (isSparse ? 2 : 1e-4 * Float(records.count))
  }
}
