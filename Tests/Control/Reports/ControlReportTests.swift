import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct ControlReportTests {
  private func episodes(_ returns: [Double], length: Int = 10) throws -> [EpisodeResult] {
    let lines = returns.map { "{\"episodeReturn\": \($0), \"length\": \(length)}" }
    return try JSONDecoder().decode([EpisodeResult].self, from: Data("[\(lines.joined(separator: ","))]".utf8))
  }

  /// Two seeds of one method that were evaluated twice, and a run without references.
  private func report() throws -> ControlReport {
    var run = ControlReport.Run(
      method: "ofql", environment: "hopper-d4rl", reference: ReferenceReturns(random: 100, expert: 300), eta: 0.1,
      preset: "small", steps: 2000)
    for (seed, returns) in [(1, [[300.0, 100], [200, 100]]), (2, [[200.0, 100], [300, 200]])] {
      var one = ControlReport.Seed(UInt64(seed))
      one.measurements = (1...20).map { step in
        ControlReport.Measurement(
          step: 100 * step, values: ["td": step == 7 ? .nan : 1 / Double(step), "q_mean": Double(step)])
      }
      for (index, returns) in returns.enumerated() {
        for candidates in [1, 50] {
          one.evaluations.append(
            ControlReport.Trial(
              step: 1000 * (index + 1), candidates: candidates, episodes: try episodes(returns),
              valueSpread: candidates == 50 ? 0.25 * Double(seed) : nil))
        }
      }
      run.seeds.append(one)
    }
    let bare = ControlReport.Run(
      method: "<b>&\"own\"", environment: "toy <1>", reference: nil, eta: nil, preset: "small", steps: 10,
      seeds: [
        ControlReport.Seed(
          3, evaluations: [ControlReport.Trial(step: 10, candidates: 1, episodes: try episodes([-4.5], length: 3))])
      ])
    let silent = ControlReport.Run(
      method: "bc", environment: "hopper-d4rl", reference: nil, eta: nil, preset: "small", steps: 5,
      seeds: [ControlReport.Seed(1, evaluations: [ControlReport.Trial(step: 5, candidates: 1, episodes: [])])])
    return ControlReport(title: "Hopper & <friends>", runs: [run, bare, silent])
  }

  @Test("the score is that of the last evaluation, with intervals over seeds and over episodes") func summary() throws {
    let rows = try report().summary
    #expect(rows.map(\.candidates) == [1, 50, 1] && rows.map(\.method) == ["ofql", "ofql", "<b>&\"own\""])
    let row = rows[1]
    // Last: seed 1 has 50 and 0 points, seed 2 100 and 50; before: 100 and 0, 50 and 0.
    #expect(row.score == 50 && row.seeds == 2 && row.episodes == 4 && row.isNormalized && row.steps == 2000)
    #expect(row.overSeeds?.mean == 50 && row.overSeeds?.low == 25 && row.overSeeds?.high == 75)
    #expect(row.overEpisodes.mean == 50 && row.overEpisodes.low >= 0 && row.overEpisodes.high <= 100)
    #expect(row.overEpisodes.low < 25 && row.overEpisodes.high > 75)
    #expect(row.bestDuringTraining == 62.5)  // 50 of seed 1, 75 of seed 2
    #expect(row.valueSpread == 0.375 && rows[0].valueSpread == nil && row.meanLength == 10)
    #expect(rows[2].score == -4.5 && !rows[2].isNormalized && rows[2].overSeeds == nil && rows[2].eta == nil)
  }

  @Test("a page has the table, a chart for each curve, and nothing from elsewhere") func page() throws {
    let html = try report().html()
    #expect(html.contains("<title>Hopper &amp; &lt;friends&gt;</title>"))
    #expect(html.contains("&lt;b&gt;&amp;&quot;own&quot;") && !html.contains("<b>&\"own") && !html.contains("toy <1>"))
    #expect(html.contains("<b>50.0</b>") && html.contains("25.0 to 75.0") && html.contains("<b>-4.5</b> (return)"))
    #expect(html.contains("no score") && html.contains(">62.5<") && html.contains("0.375"))
    // Two tasks' scores; of the first run its candidates, its spread, td and q_mean.
    #expect(html.components(separatedBy: "<svg ").count - 1 == 2 + 4)
    for title in ["hopper-d4rl: return", "td", "q_mean", "spread of values among candidates"] {
      #expect(html.contains("<title>\(title)</title>"), "\(title)")
    }
    let outside = html.replacing("http://www.w3.org/2000/svg", with: "")
    for word in ["http", "<script", "src=", "url(", "@import"] { #expect(!outside.contains(word), "\(word)") }
    #expect(!html.lowercased().contains("nan") && Markup.isBalanced(html))
    #expect(html.utf8.count < 60_000)
  }

  @Test("reports without runs or episodes are pages too") func empty() throws {
    #expect(Markup.isBalanced(ControlReport(title: "").html()))
    var report = try report()
    report.runs.removeFirst(2)
    #expect(report.summary.isEmpty && report.html().contains("No run was evaluated"))
  }

  @Test("JSON brings a report back, NaN and all") func json() throws {
    let report = try report(), json = try report.json()
    let copy = try ControlReport(json: json)
    #expect(try copy.json() == json && copy.runs[0].seeds[0].measurements[6].values["td"]?.isNaN == true)
    #expect(copy.runs[1] == report.runs[1])
    for text in ["", "{}", "{\"title\": 3}", "\u{0}"] {
      #expect(throws: ReportError.self) { try ControlReport(json: Data(text.utf8)) }
    }
  }
}

@Suite struct LineChartTests {
  @Test("axes have round numbers") func ticks() {
    func labels(_ low: Double, _ high: Double) -> [String] {
      let chart = LineChart(title: "", xLabel: "", lines: [.init("a", [[low, 0], [high, 1]], colour: 0)])
      return chart.svg().split(separator: "\n").filter { $0.contains("y=\"229.0\"") }.compactMap { line in
        line.split(separator: ">").dropFirst().first.map { String($0.prefix { $0 != "<" }) }
      }
    }
    #expect(labels(0, 50_000) == ["0", "10k", "20k", "30k", "40k", "50k"])
    #expect(labels(0, 2_000_000) == ["0", "0.5M", "1.0M", "1.5M", "2.0M"])
    #expect(labels(-1, 1) == ["-1.0", "-0.5", "0", "0.5", "1.0"])
    #expect(labels(0.001, 0.004) == ["0.0010", "0.0015", "0.0020", "0.0025", "0.0030", "0.0035", "0.0040"])
    #expect(labels(3, 3).count >= 3)
  }

  @Test("a long line keeps its spikes; what is no number is a gap") func lines() {
    var points = (0..<10_000).map { SIMD2(Double($0), 0.0) }
    points[1234].y = 1
    let path = { (svg: String) in svg.split(separator: "\n").first { $0.hasPrefix("<path") }.map(String.init) ?? "" }
    let long = path(LineChart(title: "", xLabel: "", lines: [.init("a", points, colour: 0)]).svg())
    #expect(long.utf8.count < 6000)
    let heights = long.split(separator: "L").compactMap {
      $0.split(separator: " ").dropFirst().first.map { $0.prefix(5) }
    }
    #expect(Set(heights.map(String.init)).count >= 2, "the spike is still there")
    let gap = LineChart(
      title: "", xLabel: "",
      lines: [.init("a", [[0, 1], [1, .nan], [2, 1], [3, .infinity], [4, 1e300], [5, 2]], colour: 0)])
    #expect(path(gap.svg()).filter { $0 == "M" }.count == 3)
  }

  @Test("charts of nothing, of one point and of wild numbers are still pictures") func extremes() {
    let wild: [[SIMD2<Double>]] = [
      [], [[0, 0]], [[1e17, 1e17], [1e17 + 64, 1e17]], [[-1e149, 1e149], [1e149, -1e149]],
      [[0, 1e-300], [1, 2e-300]],
      [[.nan, .nan]],
    ]
    for points in wild {
      let chart = LineChart(
        title: "a & <b>", xLabel: "\"x\"\u{1}",
        lines: [.init(String(repeating: "long ", count: 20), points, colour: -3), .init("b", points, colour: 99)])
      let svg = chart.svg()
      #expect(Markup.isBalanced(svg) && !svg.lowercased().contains("nan") && !svg.contains("inf\""), "\(points)")
      #expect(svg.contains("a &amp; &lt;b&gt;") && svg.contains("&quot;x&quot;<"))
    }
  }
}

private enum Markup {
  /// Whether every tag that opens also closes, in order.
  static func isBalanced(_ text: String) -> Bool {
    var open = [Substring]()
    for part in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
      guard let end = part.firstIndex(of: ">") else { return false }
      let tag = part[..<end], name = tag.prefix { $0 != " " }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else if !tag.hasSuffix("/") && !["!doctype", "meta", "br"].contains(name) {
        open.append(name)
      }
    }
    return open.isEmpty
  }
}
