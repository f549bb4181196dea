import Foundation

extension ControlReport {
  /// One page that needs nothing else: tables, then curves as SVG. It fits a phone's screen and follows the reader's
  /// choice of light or dark.
  public func html() -> String {
    let environments = runs.reduce(into: [String]()) { if !$0.contains($1.environment) { $0.append($1.environment) } }
    let scores = environments.compactMap(scoreChart)
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title.escaped)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <h1>\(title.escaped)</h1>
      \(runs.isEmpty ? "<p>There are no runs.</p>" : resultsTable)
      \(Self.grid(scores))
      \(runs.map(section).joined(separator: "\n"))
      </body>
      </html>

      """
  }

  private static let style = """
    :root { color-scheme: light dark; }
    body { font: 16px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 0 .8rem 3rem; }
    h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884; }
    th { vertical-align: bottom; } .word { text-align: left; } .aside { opacity: .65; font-style: italic; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1rem; }
    .charts svg { width: 100%; height: auto; }
    .note { font-size: .85rem; opacity: .85; max-width: 46rem; }
    """

  // MARK: The table

  private var resultsTable: String {
    let rows = summary
    guard !rows.isEmpty else { return "<p>No run was evaluated.</p>" }
    let spread = rows.contains { $0.valueSpread != nil }
    let head =
      Self.cells(["Task", "Method", "η", "Preset"], "th", "word")
      + Self.cells(
        [
          "Steps", "Candidates", "Seeds", "Episodes", "Score", "95&nbsp;% over seeds", "95&nbsp;% over episodes",
          "Length",
        ]
          + (spread ? ["Spread of values"] : []), "th")
      + Self.cells(["Best during training<br>(chosen by looking: no score)"], "th", "aside")
    let body = rows.map { row in
      Self.cells(
        [row.environment.escaped, row.method.escaped, row.eta?.shortText ?? "–", row.preset.escaped], "td", "word")
        + Self.cells(
          [
            "\(row.steps)", "\(row.candidates)", "\(row.seeds)", "\(row.episodes)",
            "<b>\(Self.text(row.score))</b>\(row.isNormalized ? "" : " (return)")",
            row.overSeeds.map(Self.text) ?? "–", Self.text(row.overEpisodes), Self.text(row.meanLength),
          ] + (spread ? [row.valueSpread.map { Self.text($0, digits: 3) } ?? "–"] : []), "td")
        + Self.cells([Self.text(row.bestDuringTraining)], "td", "aside")
    }
    return """
      <div class="wide"><table>
      <tr>\(head)</tr>
      \(body.map { "<tr>\($0)</tr>" }.joined(separator: "\n"))
      </table></div>
      <p class="note">Score: mean over seeds after the last step; 0 is the published random policy's return, 100 the \
      expert's; tasks without such references show returns. Intervals are bootstraps of 2000 samples: over seeds, of \
      their means; over episodes, of the episodes of all seeds together, which leaves out how much trainings differ. \
      Candidates: actions of which the critics choose one. Spread of values: standard deviation of the critics' values \
      among the candidates. The best evaluation during training is shown because other work reports it; it is too high.</p>
      """
  }

  private static func cells(_ texts: [String], _ tag: String, _ style: String? = nil) -> String {
    texts.map { "<\(tag)\(style.map { " class=\"\($0)\"" } ?? "")>\($0)</\(tag)>" }.joined()
  }

  private static func text(_ interval: BootstrapInterval) -> String {
    "\(text(interval.low)) to \(text(interval.high))"
  }

  private static func text(_ value: Double, digits: Int = 1) -> String {
    value.isFinite ? String(format: "%.\(abs(value) < 1e9 ? digits : 0)f", value) : "–"
  }

  // MARK: Curves

  private static func grid(_ charts: [LineChart]) -> String {
    charts.isEmpty ? "" : "<div class=\"charts\">\n" + charts.map { $0.svg() }.joined() + "</div>"
  }

  /// Every run's score on a task, with the most candidates that it was evaluated with.
  private func scoreChart(_ environment: String) -> LineChart? {
    let runs = runs.filter { $0.environment == environment }
    let lines = runs.enumerated().flatMap { colour, run -> [LineChart.Line] in
      guard let candidates = run.candidateCounts.last else { return [] }
      return run.scoreLines(
        candidates: candidates, "\(run.name), \(candidates == 1 ? "1 candidate" : "\(candidates) candidates")",
        colour: colour)
    }
    let unit = runs.allSatisfy { $0.reference != nil } ? "score" : "return"
    return lines.isEmpty ? nil : LineChart(title: "\(environment): \(unit)", xLabel: "step", lines: lines)
  }

  private func section(_ run: Run) -> String {
    let seeds = run.seeds.map { "\($0.seed)" }.joined(separator: ", ")
    let facts = "\(run.preset), \(run.steps) steps, \(run.seeds.count == 1 ? "seed" : "seeds") \(seeds)"
    var charts: [LineChart] = []
    let counts = run.candidateCounts
    if counts.count > 1 {
      let lines = counts.enumerated().flatMap {
        run.scoreLines(candidates: $1, $1 == 1 ? "1 candidate" : "\($1) candidates", colour: $0)
      }
      charts.append(LineChart(title: run.reference == nil ? "return" : "score", xLabel: "step", lines: lines))
    }
    charts += [run.spreadChart].compactMap { $0 } + run.measurementCharts
    return """
      <h2>\(run.environment.escaped): \(run.name.escaped)</h2>
      <p class="note">\(facts.escaped)</p>
      \(Self.grid(charts))
      """
  }
}

extension ControlReport.Run {
  /// The mean over seeds, and each seed behind it.
  fileprivate func scoreLines(candidates: Int, _ name: String, colour: Int) -> [LineChart.Line] {
    let each = seeds.map { seed in
      seed.played.filter { $0.candidates == candidates }.map { SIMD2(Double($0.step), meanScore($0)) }
    }.filter { !$0.isEmpty }
    guard each.count > 1 else { return each.map { LineChart.Line(name, $0, colour: colour) } }
    let byStep = Dictionary(grouping: each.joined(), by: \.x).filter { $0.value.count == each.count }
    let mean = byStep.map { SIMD2($0.key, $0.value.map(\.y).mean) }.sorted { $0.x < $1.x }
    return each.map { LineChart.Line("", $0, colour: colour, isFaint: true) }
      + [LineChart.Line(name, mean, colour: colour)]
  }

  fileprivate var spreadChart: LineChart? {
    let lines = seeds.enumerated().map { colour, seed in
      let trials = seed.evaluations.filter { $0.valueSpread != nil }
      let most = trials.map(\.candidates).max()
      let points = trials.filter { $0.candidates == most }.map { SIMD2(Double($0.step), $0.valueSpread ?? .nan) }
      return LineChart.Line("seed \(seed.seed)", points, colour: colour)
    }.filter { !$0.points.isEmpty }
    return lines.isEmpty
      ? nil : LineChart(title: "spread of values among candidates", xLabel: "step", lines: lines)
  }

  fileprivate var measurementCharts: [LineChart] {
    let names = Set(seeds.flatMap(\.measurements).flatMap(\.values.keys)).sorted()
    return names.map { name in
      let lines = seeds.enumerated().map { colour, seed in
        LineChart.Line(
          "seed \(seed.seed)",
          seed.measurements.compactMap { row in row.values[name].map { SIMD2(Double(row.step), $0) } }, colour: colour)
      }
      return LineChart(title: name, xLabel: "step", lines: lines)
    }
  }
}
