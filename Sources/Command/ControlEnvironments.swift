import ArgumentParser
import OneStepControl

struct ControlEnvironments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "envs",
    abstract: "Show the environments by name.",
    discussion: """
      Sizes are those of an observation and of an action. A return of random counts as 0 points and one of expert as 100; \
      a dash stands where no such returns are published.
      """)

  @Flag(help: "Print one JSON object per environment.")
  var json = false

  func run() throws {
    let specs = try Environments.specs()
    if json { return try specs.forEach(Console.writeJSON) }
    let rows =
      [["name", "observation", "action", "steps", "random", "expert"]]
      + specs.map { spec in
        [spec.name, "\(spec.observationSize)", "\(spec.actionSize)", "\(spec.stepLimit)"]
          + [spec.reference?.random, spec.reference?.expert].map { $0.map { fixed($0, 2) } ?? "-" }
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }
      try Console.writeLine(cells.joined(separator: "  "))
    }
  }
}
