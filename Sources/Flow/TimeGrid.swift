import Foundation

/// The times a solver visits, from the source down to data: N steps have N + 1 times.
public struct TimeGrid: Sendable, Equatable {
  public let times: [Double]

  /// Times must fall strictly: a multistep solver divides by their differences.
  public init(_ times: [Double]) throws(SolverError) {
    guard times.count >= 2 else { throw .shortGrid(times.count) }
    for (i, pair) in zip(times, times.dropFirst()).enumerated() where !(pair.1 < pair.0) {
      throw .notFalling(index: i + 1, pair.0, pair.1)
    }
    self.times = times
  }

  public var steps: Int { times.count - 1 }

  /// Equal steps in t over the path's range.
  public static func uniform(on path: Path, steps: Int) throws(SolverError) -> TimeGrid {
    try TimeGrid(
      try spaced(steps, path) {
        $0
      } inverse: {
        $0
      })
  }

  /// Equal steps in sqrt(t), `t_i = (√T + i/N (√ε - √T))²`: DEIS's default (Zhang and Chen 2023).
  public static func quadratic(on path: Path, steps: Int) throws(SolverError) -> TimeGrid {
    try TimeGrid(
      spaced(steps, path) {
        $0.squareRoot()
      } inverse: {
        $0 * $0
      })
  }

  /// Equal steps in half the log signal-to-noise ratio (DPM-Solver, Lu et al. 2022). The path's range must end where some
  /// signal is left, which rules out the whole linear path.
  public static func logSNR(on path: Path, steps: Int) throws(SolverError) -> TimeGrid {
    try TimeGrid(
      spaced(steps, path) {
        path.lambda($0)
      } inverse: {
        path.time(lambda: $0)
      })
  }

  /// EDM's grid (Karras et al. 2022, equation 5) in the noise-to-signal ratio `s`: equal steps in `s^(1/rho)` over the
  /// path's range.
  ///
  /// - Parameter endsAtData: whether the last of the steps goes from the range's lower end to t = 0, as samplers do;
  ///   consistency models use the grid without it.
  public static func karras(
    on path: Path, steps: Int, rho: Double = 7, endsAtData: Bool = true
  ) throws(SolverError) -> TimeGrid {
    guard steps > 0 else { throw .shortGrid(steps + 1) }
    if endsAtData && steps == 1 { return try TimeGrid([path.range.upperBound, 0]) }
    let inner = try spaced(endsAtData ? steps - 1 : steps, path) {
      pow(path.noiseToSignal($0), 1 / rho)
    } inverse: {
      path.time(pow($0, rho))
    }
    return try TimeGrid(endsAtData ? inner + [0] : inner)
  }

  /// Times equally spaced in `measure(t)`. The ends are the range's own, free of the inverse's rounding.
  private static func spaced(
    _ steps: Int, _ path: Path, _ measure: (Double) -> Double, inverse: (Double) -> Double
  ) throws(SolverError) -> [Double] {
    guard steps > 0 else { throw .shortGrid(steps + 1) }
    let (first, last) = (path.range.upperBound, path.range.lowerBound)
    let (high, low) = (measure(first), measure(last))
    let inner = (1..<max(1, steps)).map { inverse(high + Double($0) / Double(steps) * (low - high)) }
    return [first] + inner + [last]
  }

  /// Refuses times that the path does not have: before data, or past the point where no signal is left.
  func check(on path: Path) throws(SolverError) {
    if let bad = times.first(where: { !($0 >= 0 && path.scales($0).signal >= 0) }) {
      throw .outsidePath(path.name, time: bad)
    }
  }
}

extension Path {
  /// The time at which half the log signal-to-noise ratio is `lambda`: the inverse of ``lambda(_:)``.
  public func time(lambda: Double) -> Double { time(exp(-lambda)) }
}
