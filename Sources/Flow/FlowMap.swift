import OneStepTensors

/// dx/dt at points `x`, one time a row, under a condition `C` -> like x.
public typealias VelocityField<C> = (_ x: Tensor, _ times: [Double], _ condition: C) throws -> Tensor

/// The one thing every method of this package learns: the average velocity `u(x, t, s | c)` of a path between two times,
/// and the jump it makes, `G(x, t, s) = x + (s - t) u`.
public struct FlowMap<C> {
  public typealias AverageVelocity = (_ x: Tensor, _ from: [Double], _ to: [Double], _ condition: C) throws -> Tensor
  public let average: AverageVelocity

  public init(average: @escaping AverageVelocity) { self.average = average }

  /// Jumps from times `from` to times `to`; the network is called once.
  public func callAsFunction(_ x: Tensor, from: [Double], to: [Double], _ condition: C) throws -> Tensor {
    let u = try average(x, from, to, condition)
    return x + u * perRow(zip(from, to).map { $1 - $0 }, like: x)
  }

  /// The jump made by integrating a velocity field: what a teacher offers instead of a learnt map.
  public static func integrating(_ field: @escaping VelocityField<C>, with solver: Solver, steps: Int) -> FlowMap {
    FlowMap { x, from, to, condition in
      let end = try solver.integrate(x, from: from, to: to, steps: steps) { try field($0, $1, condition) }
      let lengths = zip(from, to).map { $1 - $0 }
      precondition(lengths.allSatisfy { $0 != 0 }, "an average velocity over an empty interval")
      return (end - x) * perRow(lengths.map { 1 / $0 }, like: x)
    }
  }
}
