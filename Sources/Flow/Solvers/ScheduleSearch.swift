import OneStepTensors

/// Evolutionary search of a solver schedule for a teacher and a number of steps (USF, Liu et al. 2023); restricted to times
/// it is AutoDiffusion's search of time steps (Li et al. 2023). Every child comes from the best schedules so far.
public struct ScheduleSearch: Sendable, Equatable {
  /// Schedules scored after the given ones.
  public var budget: Int
  /// How many of the best are parents.
  public var parents: Int
  /// Probability that a child takes each step's decision from either of two parents, rather than from one.
  public var crossover: Double
  /// Probability that a field of a decision changes.
  public var mutation: Double
  /// Standard deviation of a time's change, as a share of the room between its neighbours.
  public var timeDeviation: Double
  /// Whether only times change.
  public var onlyTimes: Bool

  public init(
    budget: Int = 200, parents: Int = 15, crossover: Double = 0.3, mutation: Double = 0.3, timeDeviation: Double = 0.25,
    onlyTimes: Bool = false
  ) {
    precondition(budget >= 0 && parents > 0, "a search of \(budget) schedules with \(parents) parents")
    (self.budget, self.parents, self.crossover) = (budget, parents, crossover)
    (self.mutation, self.timeDeviation, self.onlyTimes) = (mutation, timeDeviation, onlyTimes)
  }

  public struct Result: Sendable, Equatable {
    public let schedule: SolverSchedule
    public let score: Double
  }

  /// - Parameters:
  ///   - schedules: where to begin, of one number of steps; they stay in the race, so that the result is no worse.
  ///   - score: lower is better; not finite is worst.
  public func callAsFunction(
    from schedules: [SolverSchedule], _ random: inout RandomSource, score: (SolverSchedule) throws -> Double
  ) throws -> Result {
    precondition(
      Set(schedules.map(\.decisions.count)).count == 1, "a search begins with schedules of one number of steps")
    var ranked = try schedules.map { Result(schedule: $0, score: comparable(try score($0))) }
    ranked.sort { $0.score < $1.score }
    for _ in 0..<budget {
      let child = mutated(crossed(ranked.prefix(parents).map(\.schedule), &random), &random)
      let value = comparable(try score(child))
      let place = ranked.firstIndex { value < $0.score } ?? ranked.count
      ranked.insert(Result(schedule: child, score: value), at: place)
      if ranked.count > parents { ranked.removeLast() }
    }
    return ranked[0]
  }

  private func comparable(_ score: Double) -> Double { score.isFinite ? score : .infinity }

  private func crossed(_ pool: [SolverSchedule], _ random: inout RandomSource) -> SolverSchedule {
    let (a, b) = (pool.randomElement(using: &random)!, pool.randomElement(using: &random)!)
    guard Double.random(in: 0..<1, using: &random) < crossover else { return a }
    var child = a
    for i in child.decisions.indices where Bool.random(using: &random) {
      let time = child.decisions[i].time
      child.decisions[i] = b.decisions[i]
      // The other parent's time only where the times still fall.
      if !isBetween(child.decisions[i].time, i, child) { child.decisions[i].time = time }
    }
    return child
  }

  private func isBetween(_ time: Double, _ i: Int, _ s: SolverSchedule) -> Bool {
    time < (i == 0 ? s.start : s.decisions[i - 1].time)
      && (i == s.decisions.count - 1 || time > s.decisions[i + 1].time)
  }

  private func mutated(_ parent: SolverSchedule, _ random: inout RandomSource) -> SolverSchedule {
    var child = parent
    func happens(_ random: inout RandomSource) -> Bool { Double.random(in: 0..<1, using: &random) < mutation }
    for i in child.decisions.indices {
      // The last time is where the samples are wanted.
      if i < child.decisions.count - 1, happens(&random) {
        let room = (i == 0 ? child.start : child.decisions[i - 1].time) - child.decisions[i + 1].time
        let time = child.decisions[i].time + timeDeviation * room * Double(random.normal(count: 1)[0])
        if isBetween(time, i, child) { child.decisions[i].time = time }
      }
      guard !onlyTimes else { continue }
      // Orders 1 to 4 in the published search's proportions.
      if happens(&random) { child.decisions[i].order = [1, 1, 2, 2, 2, 2, 3, 3, 3, 4].randomElement(using: &random)! }
      if happens(&random) {
        child.decisions[i].quantity = StepDecision.Quantity.allCases.randomElement(using: &random)!
      }
      if happens(&random) { child.decisions[i].relaxation = Relaxation.allCases.randomElement(using: &random)! }
      // On the last step a corrector would cost an evaluation.
      if i < child.decisions.count - 1, happens(&random) {
        child.decisions[i].corrector =
          Bool.random(using: &random) ? nil : Relaxation.allCases.randomElement(using: &random)!
      }
    }
    return child
  }
}
