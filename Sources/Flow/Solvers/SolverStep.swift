import Foundation
import OneStepTensors

/// What a teacher said at one point and time.
public struct Evaluation: Sendable {
  public let time: Double
  /// E[x0 | x_t] and E[eps | x_t].
  public let data: Tensor, noise: Tensor

  init(of x: Tensor, at time: Double, data: Tensor, on path: Path) {
    let s = path.scales(time)
    (self.time, self.data) = (time, data)
    noise = (x - data * Float(s.signal)) * Float(1 / s.noise)
  }
}

/// One step of a solver, from the newest evaluation's time to `next`.
public struct SolverStep {
  /// Place in the grid, from 0, and the grid's steps.
  public let index: Int, count: Int
  public let path: Path
  public let next: Double
  /// Newest first, never empty.
  public let history: [Evaluation]
  /// How many evaluations to combine, at most `history.count`.
  public let order: Int
  /// Whether a corrector may evaluate the teacher at the step's end.
  public let corrects: Bool
  /// Asks the teacher at another point.
  public let evaluate: (_ x: Tensor, _ time: Double) throws -> Evaluation

  public var now: Double { history[0].time }
  /// Length of the step in half the log signal-to-noise ratio, positive; called h in papers.
  public var length: Double { path.lambda(next) - path.lambda(now) }

  var start: Path.Scales { path.scales(now) }
  var end: Path.Scales { path.scales(next) }

  /// The solution for constant data, `(s'/s) x - a' expm1(-h) D`: DPM-Solver++'s first order (Lu et al. 2022).
  func exponential(_ x: Tensor) -> Tensor {
    x * Float(end.noise / start.noise) + history[0].data * Float(-end.signal * expm1(-length))
  }

  /// For k = 1..<order: the distance in half the log signal-to-noise ratio of evaluation k from the newest, in units of
  /// the step and negative, and the divided difference of data between them.
  var differences: [(ratio: Double, data: Tensor)] {
    (1..<max(1, order)).map { k in
      let ratio = (path.lambda(history[k].time) - path.lambda(now)) / length
      return (ratio, (history[k].data - history[0].data) * Float(1 / ratio))
    }
  }
}
