import Foundation
import OneStepTensors

/// DEIS (Zhang and Chen 2023): the noise prediction as a polynomial through the last `degree + 1` evaluations, integrated
/// against the linear part of the equation by Gauss-Legendre quadrature. Order degree + 1, one evaluation a step. The
/// authors use degree 3 on the quadratic grid.
public struct DEIS: TeacherSolver, Equatable {
  public enum Variable: String, Sendable, CaseIterable {
    /// tAB: a polynomial in t.
    case time
    /// rhoAB: a polynomial in noise / signal, that is Adams-Bashforth on an uneven grid of it.
    case noiseToSignal
  }

  public let degree: Int
  public let variable: Variable
  public var memory: Int { degree + 1 }

  public init(degree: Int = 3, in variable: Variable = .time) {
    precondition((0...3).contains(degree), "DEIS of degree \(degree)")
    (self.degree, self.variable) = (degree, variable)
  }

  public func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    guard step.start.signal > 0 else { return (step.exponential(x), nil) }
    let used = step.history.prefix(step.order), path = step.path, end = step.end.signal
    func place(_ time: Double) -> Double { variable == .time ? time : path.noiseToSignal(time) }
    let nodes = used.map { place($0.time) }
    var result = x * Float(end / step.start.signal)
    for (j, evaluation) in used.enumerated() {
      let weight = Quadrature.integral(from: nodes[0], to: place(step.next)) { u in
        lagrange(j, nodes, at: u) * (variable == .time ? path.noiseToSignalSlope(u) : 1)
      }
      result = result + evaluation.noise * Float(end * weight)
    }
    return (result, nil)
  }

  /// The polynomial that is 1 at node j and 0 at the others.
  private func lagrange(_ j: Int, _ nodes: [Double], at u: Double) -> Double {
    nodes.indices.reduce(1) { $1 == j ? $0 : $0 * (u - nodes[$1]) / (nodes[j] - nodes[$1]) }
  }
}

extension Path {
  /// d(noise / signal) / dt.
  fileprivate func noiseToSignalSlope(_ t: Double) -> Double {
    let a = scales(t).signal
    return wronskian(t) / (a * a)
  }
}

/// 64-point Gauss-Legendre quadrature.
private enum Quadrature {
  static let rule: [(node: Double, weight: Double)] = (0..<64).map { i in
    let n = 64
    var z = cos(Double.pi * (Double(i) + 0.75) / (Double(n) + 0.5)), slope = 1.0
    for _ in 0..<8 {  // Newton's iteration for a root of the Legendre polynomial
      var (p, before) = (1.0, 0.0)
      for k in 1...n { (p, before) = ((Double(2 * k - 1) * z * p - Double(k - 1) * before) / Double(k), p) }
      slope = Double(n) * (z * p - before) / (z * z - 1)
      z -= p / slope
    }
    return (z, 2 / ((1 - z * z) * slope * slope))
  }

  static func integral(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
    let half = 0.5 * (b - a)
    return half * rule.reduce(0) { $0 + $1.weight * f(a + half * (1 + $1.node)) }
  }
}

/// iPNDM (Liu et al. 2022, as DEIS simplifies it): a DDIM step on the Adams-Bashforth combination of noise predictions with
/// the weights of an even grid. Meant for ``TimeGrid/uniform(on:steps:)``; order 1 is DDIM.
public struct IPNDM: TeacherSolver, Equatable {
  public let order: Int
  public var memory: Int { order }

  public init(order: Int = 4) {
    precondition((1...4).contains(order), "iPNDM of order \(order)")
    self.order = order
  }

  private static let weights: [[Double]] = [
    [1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24],
  ]

  public func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    guard step.order > 1 else { return (step.exponential(x), nil) }
    let ratio = step.end.signal / step.start.signal, gain = step.end.noise - ratio * step.start.noise
    return (
      zip(Self.weights[step.order - 1], step.history).reduce(x * Float(ratio)) {
        $0 + $1.1.noise * Float(gain * $1.0)
      }, nil
    )
  }
}
