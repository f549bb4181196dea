import Foundation
import OneStepTensors

/// A way to integrate dx/dt = v(x, t) between two times, in either direction. Rows may have different times.
public enum Solver: Sendable, Equatable {
  case euler
  /// Two-stage Runge-Kutta with the inner point at a share `r` of the step: 1/2 midpoint, 2/3 Ralston, 1 Heun.
  case rungeKutta2(r: Double)

  public static let midpoint = Solver.rungeKutta2(r: 0.5)
  public static let heun = Solver.rungeKutta2(r: 1)

  public typealias Field = (_ x: Tensor, _ times: [Double]) throws -> Tensor

  /// The average velocity of one step from `times` to `next`. `first` saves the evaluation at the start when the caller
  /// has it already.
  public func slope(
    _ x: Tensor, from times: [Double], to next: [Double], first: Tensor? = nil, _ field: Field
  ) throws -> Tensor {
    let k1 = try first ?? field(x, times)
    guard case .rungeKutta2(let r) = self else { return k1 }
    let h = zip(times, next).map { r * ($1 - $0) }
    let k2 = try field(x + k1 * perRow(h, like: x), zip(times, h).map(+))
    return r == 0.5 ? k2 : k1 + (k2 - k1) * Float(1 / (2 * r))
  }

  /// `steps` equal steps.
  public func integrate(_ x: Tensor, from: [Double], to: [Double], steps: Int, _ field: Field) throws -> Tensor {
    precondition(steps > 0, "a solver takes at least one step")
    var x = x
    for i in 0..<steps {
      func time(_ i: Int) -> [Double] { zip(from, to).map { $0 + ($1 - $0) * Double(i) / Double(steps) } }
      let (now, next) = (time(i), time(i + 1))
      let k = try slope(x, from: now, to: next, field)
      x = x + k * perRow(zip(now, next).map { $1 - $0 }, like: x)
    }
    return x
  }

  /// Dormand-Prince 5(4) with error control: what the papers call RK45. All rows share the time.
  ///
  /// - Returns: the solution and how often the field was evaluated.
  public static func adaptive(
    _ x: Tensor, from start: Double, to end: Double, relative: Double = 1e-3, absolute: Double = 1e-3,
    maximumEvaluations: Int = 10_000, _ field: (_ x: Tensor, _ time: Double) throws -> Tensor
  ) throws -> (x: Tensor, evaluations: Int) {
    var (x, t, evaluations) = (x, start, 1)
    var k = [try field(x, t)]
    let direction: Double = end >= start ? 1 : -1
    var h = 0.01 * abs(end - start)
    while direction * (end - t) > 1e-12 {
      guard evaluations < maximumEvaluations else { throw SolverError.tooManyEvaluations(maximumEvaluations, time: t) }
      h = min(h, abs(end - t))
      k = [k[0]]
      for stage in 1..<7 {
        let inner = combine(x, k, DormandPrince.a[stage], direction * h)
        k.append(try field(inner, t + direction * h * DormandPrince.c[stage]))
      }
      evaluations += 6
      let next = combine(x, k, DormandPrince.a[6], direction * h)
      let error = errorNorm(x, next, k, h, relative, absolute)
      guard error.isFinite else { throw SolverError.notFinite(time: t) }
      if error <= 1 {
        (t, x, k) = (t + direction * h, next, [k[6]])  // first same as last
      }
      h *= min(10, max(0.2, 0.9 * pow(max(error, 1e-10), -0.2)))
      guard h > 1e-14 else { throw SolverError.notFinite(time: t) }
    }
    return (x, evaluations)
  }

  private static func combine(_ x: Tensor, _ k: [Tensor], _ weights: [Double], _ h: Double) -> Tensor {
    zip(weights, k).reduce(x) { $1.0 == 0 ? $0 : $0 + $1.1 * Float($1.0 * h) }
  }

  private static func errorNorm(
    _ x: Tensor, _ next: Tensor, _ k: [Tensor], _ h: Double, _ relative: Double, _ absolute: Double
  ) -> Double {
    let difference = combine(Tensor.zeros(x.shape), k, DormandPrince.error, h)
    let scale = Tensor.maximum(x.absolute(), next.absolute()).affine(Float(relative), Float(absolute))
    return Double((difference / scale).squared().mean().item).squareRoot()
  }
}

public enum SolverError: Error, Equatable, CustomStringConvertible {
  case tooManyEvaluations(Int, time: Double)
  case notFinite(time: Double)
  /// A grid with so many times.
  case shortGrid(Int)
  /// The time at `index` is not below the one before it.
  case notFalling(index: Int, Double, Double)
  /// A time that a path does not have.
  case outsidePath(String, time: Double)

  public var description: String {
    switch self {
    case .tooManyEvaluations(let n, let t):
      "the solver used \(n) evaluations and is only at t = \(t); loosen its tolerances"
    case .notFinite(let t): "the velocity at t = \(t) is not finite; the network has diverged"
    case .shortGrid(let n): "a grid of \(n) times has no step; give at least two times, the source's and the end"
    case .notFalling(let i, let before, let time):
      "time \(i) of the grid is \(time) and follows \(before); order the times from the source down to data, each once"
    case .outsidePath(let path, let time):
      "t = \(time) is not on the path \(path); make the grid on the denoiser's own path"
    }
  }
}

private enum DormandPrince {
  static let c: [Double] = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
  static let a: [[Double]] = [
    [], [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ]
  /// Difference between the fifth- and the fourth-order solution.
  static let error: [Double] = [
    71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40,
  ]
}
