import OneStepFlow
import OneStepTensors

/// Errors of teacher solvers on a problem whose end is known: one point of a mixture on the line, carried from noise to data
/// along the variance-preserving path.
public struct SolverTable: Sendable {
  /// A grid of times and what the solvers missed by on it.
  public struct Row: Sendable, Codable, Equatable {
    /// "lambda": equal steps of half the log signal-to-noise ratio; "t": of time; "t^2": of the root of time.
    public let grid: String
    public let steps: Int
    /// Signed, by the solver's name.
    public let errors: [String: Double]
  }

  /// Data: two modes of different width.
  public static let mixture = GaussianMixture(weights: [0.3, 0.7], means: [[-2], [1]], deviations: [0.3, 0.5])
  /// Where the point starts, at t = 1.
  public static let start = 0.5
  /// Where the probability flow takes it at t = 1e-3, by its quantile.
  public static var exact: Double {
    mixture.transported(start, from: path.range.upperBound, to: path.range.lowerBound, on: path)
  }

  /// The solvers in the order of the columns; the last one asks the teacher twice a step.
  public static let solvers: [(name: String, solver: any TeacherSolver)] = [
    ("DDIM", DPMSolver.ddim), ("DPM++2M", DPMSolver(order: 2)), ("UniPC-2", UniPC(order: 2)),
    ("UniPC-3", UniPC(order: 3)),
    ("tAB-1", DEIS(degree: 1)), ("tAB-3", DEIS(degree: 3)), ("rho-Heun", RhoRungeKutta.heun),
  ]
  /// Grids and their steps in the order of the rows.
  public static let cases: [(grid: String, steps: Int)] = [
    ("lambda", 10), ("lambda", 20), ("lambda", 40), ("lambda", 80), ("t", 10), ("t", 40), ("t^2", 10), ("t^2", 40),
  ]

  private static let path = Path.variancePreserving()

  /// Solves one case with every solver, at full order to the end.
  public static func row(_ grid: String, steps: Int) throws -> Row {
    let times = try Self.grid(named: grid, steps)
    var errors: [String: Double] = [:]
    for (name, solver) in solvers {
      let x = try solver.sample(
        Tensor([Float(start)], shape: [1, 1]), over: times, with: mixture.denoiser(on: path), (), ending: .full)
      errors[name] = Double(x.item) - exact
    }
    return Row(grid: grid, steps: steps, errors: errors)
  }

  private static func grid(named name: String, _ steps: Int) throws(SolverError) -> TimeGrid {
    switch name {
    case "lambda": try .logSNR(on: path, steps: steps)
    case "t": try .uniform(on: path, steps: steps)
    default: try .quadratic(on: path, steps: steps)
    }
  }
}
