import Foundation
import OneStepTensors

/// UniPC (Zhao et al. 2023), data prediction: a multistep predictor of order p and a corrector that evaluates at the step's
/// end and hands that evaluation to the next step, so that a step costs one evaluation. Order p + 1 with the corrector.
public struct UniPC: TeacherSolver, Equatable {
  /// The function B(h) of the paper's section 3: h, or expm1(h).
  public enum Variant: String, Sendable, CaseIterable { case bh1, bh2 }

  public let order: Int
  public let variant: Variant
  public var memory: Int { order }

  public init(order: Int, variant: Variant = .bh2) {
    precondition((1...3).contains(order), "UniPC of order \(order)")
    (self.order, self.variant) = (order, variant)
  }

  public func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    let base = step.exponential(x), past = step.differences
    let h = -step.length, p = step.order
    let scale = -step.end.signal * (variant == .bh1 ? h : expm1(h))
    let ratios = past.map(\.ratio) + [1]
    func sum(_ start: Tensor, _ weights: [Double]) -> Tensor {
      zip(weights, past).reduce(start) { $0 + $1.1.data * Float(scale * $1.0) }
    }
    // The paper's code replaces systems of one equation by 1/2, their limit for short steps.
    let predictor = p == 1 ? [] : p == 2 ? [0.5] : try coefficients(Array(ratios.dropLast()), h)
    let predicted = sum(base, predictor)
    guard step.corrects else { return (predicted, nil) }
    let there = try step.evaluate(predicted, step.next)
    let corrector = p == 1 ? [0.5] : try coefficients(ratios, h)
    let change = there.data - step.history[0].data
    return (sum(base, corrector) + change * Float(scale * corrector[p - 1]), there)
  }

  /// c with `Σ_k ratio_k^(i-1) c_k = b_i`, i = 1...n, and b_i = i! h φ_(i+1)(h) / B(h) (the paper's theorem 3.1).
  private func coefficients(_ ratios: [Double], _ h: Double) throws -> [Double] {
    let b = variant == .bh1 ? h : expm1(h)
    var (phi, factorial) = (expm1(h) / h - 1, 1.0)
    var (matrix, right) = ([Double](), [Double]())
    for i in 1...ratios.count {
      factorial *= Double(i)
      matrix += ratios.map { pow($0, Double(i - 1)) }
      right.append(phi * factorial / b)
      phi = phi / h - 1 / (factorial * Double(i + 1))
    }
    return try LinearAlgebra.solve(matrix, order: ratios.count, right)
  }
}
