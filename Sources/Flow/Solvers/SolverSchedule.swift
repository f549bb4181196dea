import Foundation
import OneStepTensors

/// What a schedule does in one step (USF, Liu et al. 2023).
public struct StepDecision: Sendable, Equatable {
  /// What the step treats as a polynomial in half the log signal-to-noise ratio.
  public enum Quantity: String, Sendable, CaseIterable { case data, noise }

  /// The time at the step's end.
  public var time: Double
  /// Terms of the Taylor series, 1 to 4; a step with less history than that uses fewer.
  public var order: Int
  public var quantity: Quantity
  /// How the predictor weighs the first derivative.
  public var relaxation: Relaxation
  /// Whether the teacher is asked at the predicted point, the step taken again with that point added and the answer handed
  /// to the next step, so that only the last step's corrector costs an evaluation; how that weighs the first derivative.
  public var corrector: Relaxation?

  public init(
    time: Double, order: Int, quantity: Quantity = .data, relaxation: Relaxation = .none, corrector: Relaxation? = nil
  ) {
    precondition((1...4).contains(order), "a Taylor series of \(order) terms")
    (self.time, self.order, self.quantity) = (time, order, quantity)
    (self.relaxation, self.corrector) = (relaxation, corrector)
  }
}

/// An empirical factor on the first derivative of a step; each tends to 1 for short steps.
public enum Relaxation: String, Sendable, CaseIterable {
  case none
  /// `1 + z / 2`: the factor is written in z, which is -h for data and h for noise.
  case linear
  /// UniPC's B1: `z² / (2 (e^z - 1 - z))`.
  case bh1
  /// UniPC's B2 and DPM-Solver's second order: `z (e^z - 1) / (2 (e^z - 1 - z))`.
  case bh2

  func factor(_ z: Double) -> Double {
    switch self {
    case .none: 1
    case .linear: 1 + z / 2
    case .bh1: 0.5 * z * z / (expm1(z) - z)
    case .bh2: 0.5 * z * expm1(z) / (expm1(z) - z)
    }
  }
}

/// A sampler written out as a list of decisions, one a step, all carried out by the same formula: DDIM, DPM-Solver++ and
/// UniPC are rows of it, and a search finds better ones for a teacher and a number of evaluations (USF, Liu et al. 2023).
public struct SolverSchedule: Sendable, Equatable {
  /// The time at the source.
  public var start: Double
  public var decisions: [StepDecision]

  public init(from start: Double, _ decisions: [StepDecision]) {
    (self.start, self.decisions) = (start, decisions)
  }

  public var grid: TimeGrid {
    get throws(SolverError) { try TimeGrid([start] + decisions.map(\.time)) }
  }

  /// Solves along the schedule's own times, from `x`, [N, ...], at `start` -> like x.
  public func sample<C>(_ x: Tensor, with denoiser: Denoiser<C>, _ condition: C) throws -> Tensor {
    try ScheduledSolver(decisions: decisions).sample(x, over: grid, with: denoiser, condition, ending: .full)
  }

  // MARK: Published solvers as schedules

  /// DDIM: one term everywhere.
  public static func ddim(over grid: TimeGrid) -> SolverSchedule {
    SolverSchedule(from: grid.times[0], grid.times.dropFirst().map { StepDecision(time: $0, order: 1) })
  }

  /// ``DPMSolver`` of order 2.
  public static func dpmSolver2M(over grid: TimeGrid, ending: SolverEnding = .lowerOrder) -> SolverSchedule {
    ordered(2, grid, ending) { StepDecision(time: $0, order: $1, relaxation: .bh2) }
  }

  /// ``UniPC``: its systems of one equation are relaxed, larger ones are exact.
  public static func uniPC(
    order: Int, variant: UniPC.Variant = .bh2, over grid: TimeGrid, ending: SolverEnding = .lowerOrder
  ) -> SolverSchedule {
    let relaxation: Relaxation = variant == .bh1 ? .bh1 : .bh2
    return ordered(order, grid, ending) {
      StepDecision(
        time: $0, order: $1, relaxation: $1 == 2 ? relaxation : .none, corrector: $1 == 1 ? relaxation : Relaxation.none
      )
    }.withoutFinalCorrector(ending == .lowerOrder)
  }

  private func withoutFinalCorrector(_ drops: Bool) -> SolverSchedule {
    var schedule = self
    if drops { schedule.decisions[decisions.count - 1].corrector = nil }
    return schedule
  }

  /// One decision a step with the order that history and, at the end, the steps left allow.
  private static func ordered(
    _ order: Int, _ grid: TimeGrid, _ ending: SolverEnding, _ decide: (_ time: Double, _ order: Int) -> StepDecision
  ) -> SolverSchedule {
    SolverSchedule(
      from: grid.times[0],
      (0..<grid.steps).map { i in
        let left = ending == .full ? order : grid.steps - i
        return decide(grid.times[i + 1], min(order, i + 1, left))
      })
  }
}

/// The one step that carries out every decision.
private struct ScheduledSolver: TeacherSolver {
  let decisions: [StepDecision]
  var memory: Int { 4 }

  func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    let decision = decisions[step.index]
    let used = Array(step.history.prefix(min(decision.order, step.order)))
    let predicted = try taylor(x, step, used, decision.quantity, decision.relaxation)
    guard let relaxation = decision.corrector, step.corrects else { return (predicted, nil) }
    let there = try step.evaluate(predicted, step.next)
    return (try taylor(x, step, used + [there], decision.quantity, relaxation), there)
  }

  /// `Σ_i h^(i+1) φ_(i+1)(z) D^(i)` after the linear part, with the derivatives of the polynomial through `used`, whose
  /// first entry is the step's start.
  private func taylor(
    _ x: Tensor, _ step: SolverStep, _ used: [Evaluation], _ quantity: StepDecision.Quantity, _ relaxation: Relaxation
  ) throws -> Tensor {
    let h = step.length, isData = quantity == .data, z = isData ? -h : h
    func value(_ e: Evaluation) -> Tensor { isData ? e.data : e.noise }
    let linear = isData ? step.end.noise / step.start.noise : step.end.signal / step.start.signal
    let gain = isData ? step.end.signal : -step.end.noise
    guard used.count > 1 && h.isFinite else {
      // expm1 / z, the only term, written so that an infinite step is exact.
      if isData || !h.isFinite { return step.exponential(x) }
      return x * Float(linear) + value(used[0]) * Float(gain * expm1(h))
    }
    let ratios = used.dropFirst().map { (step.path.lambda($0.time) - step.path.lambda(step.now)) / h }
    var phi = expm1(z) / z, result = x * Float(linear) + value(used[0]) * Float(gain * h * phi)
    let count = ratios.count
    var (powers, right, factorial) = ([Double](), [Double](), 1.0)
    for i in 1...count {
      factorial *= Double(i)
      phi = (phi - 1 / factorial) / z
      powers += ratios.map { pow($0, Double(i)) }
      // The polynomial's coefficient of ((λ - λ0) / h)^i is D^(i) h^i / i!.
      right.append(h * phi * factorial * (i == 1 ? relaxation.factor(z) : 1))
    }
    let weights = try LinearAlgebra.solve(powers, order: count, right)
    for (weight, evaluation) in zip(weights, used.dropFirst()) {
      result = result + (value(evaluation) - value(used[0])) * Float(gain * weight)
    }
    return result
  }
}
