/// How a step lies in a row of numbers: observation, action, reward, end, next observation, then the simulation's
/// position and velocity before the step.
struct StepLayout: Sendable, Codable, Equatable {
  var observationSize: Int
  var actionSize: Int
  /// Numbers of a position and of a velocity; 0 where the environment gives none.
  var positions = 0
  var velocities = 0

  /// What followed a step.
  enum End: Float { case none, terminal, cut }

  var width: Int { 2 * observationSize + actionSize + 2 + positions + velocities }
  var observation: Range<Int> { 0..<observationSize }
  var action: Range<Int> { observationSize..<observationSize + actionSize }
  var reward: Int { observationSize + actionSize }
  var end: Int { reward + 1 }
  var next: Range<Int> { end + 1..<end + 1 + observationSize }
  var position: Range<Int> { next.upperBound..<next.upperBound + positions }
  var velocity: Range<Int> { position.upperBound..<position.upperBound + velocities }

  /// The rows that steps in an environment make.
  init(of environment: any Environment) {
    let state = environment.simulationState
    (observationSize, actionSize) = (environment.spec.observationSize, environment.spec.actionSize)
    (positions, velocities) = (state?.positions.count ?? 0, state?.velocities.count ?? 0)
  }

  /// The row of a step.
  ///
  /// - Parameters:
  ///   - isCut: whether the episode ended with it without a true end.
  ///   - state: the simulation's, before the step.
  func row(
    _ observation: [Float], _ action: [Float], _ outcome: EnvironmentStep, isCut: Bool,
    _ state: (positions: [Double], velocities: [Double])?
  ) -> [Float] {
    let end: End = outcome.isTerminal ? .terminal : isCut ? .cut : .none
    var row: [Float] = []
    row.reserveCapacity(width)
    row += observation
    row += action
    row.append(Float(outcome.reward))
    row.append(end.rawValue)
    row += outcome.observation
    if let state {
      row += state.positions.lazy.map { Float($0) }
      row += state.velocities.lazy.map { Float($0) }
    }
    precondition(row.count == width, "a step of \(row.count) numbers for a row of \(width)")
    return row
  }
}
