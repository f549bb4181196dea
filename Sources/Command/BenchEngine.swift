import ArgumentParser
import OneStepTensors

struct BenchEngine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Time the hot operators and the networks that the engine is built for.",
    discussion: """
      Medians of at least five runs after warming up. "share" is the rate relative to the fastest product or convolution \
      of the same precision in this run.

      Examples:
        onestep bench engine
        onestep bench engine --rows chain,conv3x3 --threads 1 --json
      """)

  @Option(help: ArgumentHelp("Rows to run, with commas between (default: all).", valueName: "list"))
  var rows: String?

  @Option(help: "Arithmetic: auto runs f32, and bf16 where the processor is fast at it.")
  var precision = Precision.auto

  @OptionGroup var common: CommonOptions

  enum Precision: String, ExpressibleByArgument, CaseIterable { case auto, f32, bf16 }

  struct Line: Encodable {
    var row: String, precision: String
    var milliseconds: Double, gflops: Double
    /// Rate relative to the fastest product or convolution measured in this run.
    var share: Double
    var implementation: String
    var threads: Int
    var note: String?
  }

  func run() throws {
    common.apply()
    let types: [ElementType] =
      switch precision {
      case .auto: Compute.hasFastBF16 ? [.f32, .bf16] : [.f32]
      case .f32: [.f32]
      case .bf16: [.bf16]
      }
    let wanted = try wantedRows()
    var slow: [String] = []
    if !common.json { try Console.writeLine("row            precision         ms    GFLOP/s   share  implementation") }
    for type in types {
      let measured = try EngineRow.all.filter { wanted.contains($0.name) || $0.isRoofline }.map { row in
        if Interruption.isRequested { throw CommandError.interrupted(saved: nil) }
        return (row, Compute.perform { row.measure(type) })
      }
      let top = measured.filter { $0.0.isRoofline }.map(\.1.gflops).max() ?? 0
      for (row, result) in measured where wanted.contains(row.name) {
        let line = Line(
          row: row.name, precision: type.name, milliseconds: round(result.milliseconds, 4), gflops: round(result.gflops, 1),
          share: round(result.gflops / top, 3), implementation: result.implementation, threads: Compute.threads,
          note: row.note)
        try show(line)
        if row.isSlow(result.implementation) { slow.append("\(row.name) \(type.name)") }
      }
    }
    if !slow.isEmpty { throw CommandError.slowImplementation(rows: slow) }
  }

  private func wantedRows() throws -> [String] {
    let known = EngineRow.all.map(\.name)
    guard let rows else { return known }
    let wanted = rows.split(separator: ",").map(String.init)
    for name in wanted where !known.contains(name) {
      let hint = closestMatch(to: name, in: known).map { "; did you mean \($0)?" } ?? "."
      throw CommandError.usage("no row is named \(name)\(hint) Known: \(known.joined(separator: ", "))")
    }
    return wanted
  }

  private func round(_ value: Double, _ decimals: Int) -> Double {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    return (value * scale).rounded() / scale
  }

  private func show(_ line: Line) throws {
    if common.json { return try Console.writeJSON(line) }
    func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
    func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
    try Console.writeLine(
      left(line.row, 15) + left(line.precision, 9) + right(fixed(line.milliseconds, 3), 11)
        + right(fixed(line.gflops, 1), 11) + right(fixed(line.share, 2), 8) + "  " + line.implementation
        + (line.note.map { " (\($0))" } ?? ""))
  }
}

extension EngineRow {
  /// Whether it is oneDNN's reference code, or a convolution that unfolds its input.
  fileprivate func isSlow(_ implementation: String) -> Bool {
    let words = implementation.split { ":,+ ".contains($0) }
    return words.contains("ref") || (!isProduct && words.contains("gemm"))
  }
}
