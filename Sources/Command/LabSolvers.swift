import ArgumentParser
import OneStepLab

struct LabSolvers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solvers",
    abstract: "Compare teacher solvers where the exact end is known.",
    discussion: """
      Signed errors at t = 0.001 of a point that starts at x(1) = 0.5, on the variance-preserving path, with data \
      0.3 N(-2, 0.3²) + 0.7 N(1, 0.5²) and their exact denoiser. Grids: equal steps of half the log signal-to-noise ratio \
      (lambda), of time (t), of the root of time (t^2). Every solver keeps its full order to the end and asks the denoiser \
      about once a step, rho-Heun twice.

      Examples:
        onestep lab solvers
        onestep lab solvers --json
      """)

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    if !common.json {
      try Console.writeLine("exact: \(fixed(SolverTable.exact, 10))")
      try Console.writeLine(line("grid", "steps", SolverTable.solvers.map(\.name)))
    }
    for (grid, steps) in SolverTable.cases {
      if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
      let row = try SolverTable.row(grid, steps: steps)
      guard !common.json else {
        try Console.writeJSON(row)
        continue
      }
      // All columns have one: the table is made of the same solvers.
      try Console.writeLine(line(grid, "\(steps)", SolverTable.solvers.map { signed(row.errors[$0.name] ?? .nan) }))
    }
  }

  private func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + fixed(value, 6) }

  private func line(_ grid: String, _ steps: String, _ cells: [String]) -> String {
    func left(_ text: String, _ n: Int) -> String { String(repeating: " ", count: max(0, n - text.count)) + text }
    let head = grid + String(repeating: " ", count: max(0, 8 - grid.count)) + left(steps, 5)
    return head + cells.map { left($0, 11) }.joined()
  }
}
