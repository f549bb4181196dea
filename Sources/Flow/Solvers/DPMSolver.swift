import Foundation
import OneStepTensors

/// DPM-Solver++ in its multistep form (Lu et al. 2022): one evaluation a step, of order 1, 2 or 3. Order 1 is deterministic
/// DDIM (Song et al. 2021), an Euler step of x / signal in the noise-to-signal ratio, and on the linear path Euler's method.
public struct DPMSolver: TeacherSolver, Equatable {
  /// How the second order weighs the difference of data; both are accurate to the same order.
  public enum Correction: String, Sendable, CaseIterable {
    /// `-expm1(-h) / 2`, the authors' default.
    case halved
    /// `expm1(-h) / h + 1`, the exact integral.
    case taylor
  }

  public let order: Int
  public let correction: Correction
  public var memory: Int { order }

  public init(order: Int, correction: Correction = .halved) {
    precondition((1...3).contains(order), "DPM-Solver++ of order \(order)")
    (self.order, self.correction) = (order, correction)
  }

  public static let ddim = DPMSolver(order: 1)

  public func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    let base = step.exponential(x), past = step.differences
    let a = step.end.signal, h = step.length, phi1 = expm1(-h)
    let phi2 = phi1 / h + 1, phi3 = phi2 / h - 0.5
    switch step.order {
    case 1: return (base, nil)
    case 2: return (base + past[0].data * Float(a * (correction == .taylor ? phi2 : -0.5 * phi1)), nil)
    default:
      // In the paper's terms r0 = -past[0].ratio and r0 + r1 = -past[1].ratio; `older` is the difference between the two
      // evaluations before the newest.
      let r0 = -past[0].ratio, span = -past[1].ratio
      let older = (past[1].data * Float(span) - past[0].data * Float(r0)) * Float(1 / (span - r0))
      let bend = (past[0].data - older) * Float(1 / span)
      return (base + (past[0].data + bend * Float(r0)) * Float(a * phi2) - bend * Float(a * phi3), nil)
    }
  }
}

/// DPM-Solver++ 2S (Lu et al. 2022, algorithm 1): second order without memory, two evaluations a step, the second at a
/// share `r` of the step in half the log signal-to-noise ratio.
public struct SinglestepDPMSolver: TeacherSolver, Equatable {
  public let r: Double
  public var memory: Int { 1 }

  public init(r: Double = 0.5) {
    precondition(r > 0 && r <= 1, "an inner point at \(r) of the step")
    self.r = r
  }

  public func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    let base = step.exponential(x)
    // The last step of an official run is of first order, which `corrects` tells.
    guard step.corrects else { return (base, nil) }
    let h = step.length, path = step.path
    let time = path.time(lambda: path.lambda(step.now) + r * h), middle = path.scales(time)
    let inner =
      x * Float(middle.noise / step.start.noise) + step.history[0].data * Float(-middle.signal * expm1(-r * h))
    let change = try step.evaluate(inner, time).data - step.history[0].data
    return (base + change * Float(-step.end.signal * expm1(-h) / (2 * r)), nil)
  }
}

/// The stochastic form of DPM-Solver++ (Lu et al. 2022), of order 1 or, multistep, 2. Order 1 is DDPM's
/// ancestral sampling: ``StochasticDDIM`` with eta = 1.
public struct StochasticDPMSolver: StochasticSolver, Equatable {
  public let order: Int
  public var memory: Int { order }

  public init(order: Int = 2) {
    precondition((1...2).contains(order), "stochastic DPM-Solver++ of order \(order)")
    self.order = order
  }

  public func advance(_ x: Tensor, _ step: SolverStep, _ random: inout RandomSource) throws -> Tensor {
    let h = step.length, end = step.end, gain = -end.signal * expm1(-2 * h)
    var result = x * Float(end.noise / step.start.noise * exp(-h)) + step.history[0].data * Float(gain)
    if step.order > 1 {
      // The divided difference is the paper's D1 up to the sign of both its parts.
      result = result + step.differences[0].data * Float(0.5 * gain)
    }
    return result + random.normal(x.shape) * Float(end.noise * (-expm1(-2 * h)).squareRoot())
  }
}
