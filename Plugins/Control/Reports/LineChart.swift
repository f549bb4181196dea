import Foundation

/// Curves over one axis as SVG: axes with round numbers, and a legend below.
public struct LineChart: Sendable, Equatable {
  public struct Line: Sendable, Equatable {
    public var name: String
    /// By rising x. Where y is not finite the line has a gap.
    public var points: [SIMD2<Double>]
    /// Which of the colours; lines of one colour belong together.
    public var colour: Int
    /// Behind the others, and not in the legend.
    public var isFaint: Bool

    public init(_ name: String, _ points: [SIMD2<Double>], colour: Int, isFaint: Bool = false) {
      (self.name, self.points, self.colour, self.isFaint) = (name, points, colour, isFaint)
    }
  }

  public var title: String
  public var xLabel: String
  public var lines: [Line]

  public init(title: String, xLabel: String, lines: [Line]) {
    (self.title, self.xLabel, self.lines) = (title, xLabel, lines)
  }

  // Told apart also by those who see few colours (Okabe and Ito 2008); dashed from the second round on.
  private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"]
  // Narrow, so that the letters stay readable on a phone.
  private static let width = 360.0, plotHeight = 190.0, letter = 5.6, row = 15.0
  private static let margin = (left: 46.0, right: 10.0, top: 24.0, bottom: 36.0)
  /// More points than these a line are drawn by the lowest and the highest of each piece.
  private static let pieces = 160

  /// The chart; `currentColor` draws its axes and letters.
  public func svg() -> String {
    let seen = lines.flatMap(\.points).filter(Self.canShow)
    let x = ChartAxis(over: seen.map(\.x), pads: false), y = ChartAxis(over: seen.map(\.y), pads: true)
    let legend = legendRows, bottom = Self.margin.top + Self.plotHeight
    let height = bottom + Self.margin.bottom + Self.row * Double(legend.map { $0.row + 1 }.max() ?? 0)
    let plot = (left: Self.margin.left, right: Self.width - Self.margin.right)
    func across(_ value: Double) -> Double { plot.left + x.share(value) * (plot.right - plot.left) }
    func down(_ value: Double) -> Double { bottom - y.share(value) * Self.plotHeight }

    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.text(Self.width)) \(Self.text(height))\" "
        + "role=\"img\" font-family=\"sans-serif\" font-size=\"10\" fill=\"currentColor\">",
      "<title>\(title.escaped)</title>",
      Self.label(title, Self.width / 2, 14, anchor: "middle", extra: " font-weight=\"bold\""),
    ]
    for tick in y.ticks {
      parts.append(Self.stroke(plot.left, down(tick), plot.right, down(tick), opacity: 0.15))
      parts.append(Self.label(y.text(tick), plot.left - 4, down(tick) + 3.5, anchor: "end"))
    }
    for tick in x.ticks {
      parts.append(Self.stroke(across(tick), bottom, across(tick), bottom + 4, opacity: 0.6))
      parts.append(Self.label(x.text(tick), across(tick), bottom + 15, anchor: "middle"))
    }
    parts.append(Self.stroke(plot.left, bottom, plot.right, bottom, opacity: 0.6))
    parts.append(Self.stroke(plot.left, Self.margin.top, plot.left, bottom, opacity: 0.6))
    parts.append(Self.label(xLabel, (plot.left + plot.right) / 2, bottom + 29, anchor: "middle"))
    if seen.isEmpty { parts.append(Self.label("no finite values", Self.width / 2, bottom - 90, anchor: "middle")) }
    for line in lines.filter(\.isFaint) + lines.filter({ !$0.isFaint }) {
      parts.append(Self.path(line) { (across($0.x), down($0.y)) })
    }
    for entry in legend {
      let place = bottom + Self.margin.bottom + Self.row * (Double(entry.row) + 0.5)
      let (colour, dashes) = Self.pen(entry.line.colour)
      parts.append(
        "<line x1=\"\(Self.text(entry.x))\" y1=\"\(Self.text(place))\" x2=\"\(Self.text(entry.x + 16))\" "
          + "y2=\"\(Self.text(place))\" stroke=\"\(colour)\" stroke-width=\"2\"\(dashes)/>")
      parts.append(Self.label(entry.name, entry.x + 20, place + 3.5, anchor: "start"))
    }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  /// Where the names stand, from left to right and row by row.
  private var legendRows: [(line: Line, name: String, x: Double, row: Int)] {
    var x = Self.margin.left, row = 0
    return lines.filter { !$0.isFaint }.map { line in
      let name = line.name.count > 44 ? line.name.prefix(43) + "…" : line.name[...]
      let width = 32 + Self.letter * Double(name.count)
      if x > Self.margin.left && x + width > Self.width { (x, row) = (Self.margin.left, row + 1) }
      defer { x += width }
      return (line, String(name), x, row)
    }
  }

  // MARK: Lines

  private static func path(_ line: Line, _ place: (SIMD2<Double>) -> (Double, Double)) -> String {
    var words: [String] = [], isOpen = false
    for point in thinned(line.points) {
      guard canShow(point) else {
        isOpen = false
        continue
      }
      let (x, y) = place(point)
      words.append("\(isOpen ? "L" : "M")\(text(x)) \(text(y))")
      isOpen = true
    }
    let (colour, dashes) = pen(line.colour)
    let isDot = words.count == 1
    return "<path d=\"\(words.joined())\(isDot ? "h.01" : "")\" fill=\"none\" stroke=\"\(colour)\" "
      + "stroke-width=\"\(isDot ? 4 : line.isFaint ? 0.8 : 1.6)\" stroke-linejoin=\"round\" stroke-linecap=\"round\""
      + (line.isFaint ? " opacity=\"0.45\"" : "") + "\(dashes)/>"
  }

  /// The lowest and the highest point of each piece of a long line, so that no spike is lost.
  private static func thinned(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    guard points.count > 2 * pieces else { return points }
    return (0..<pieces).flatMap { piece -> [SIMD2<Double>] in
      let part = points[points.count * piece / pieces..<points.count * (piece + 1) / pieces]
      guard part.allSatisfy(canShow), let low = part.indices.min(by: { part[$0].y < part[$1].y }),
        let high = part.indices.max(by: { part[$0].y < part[$1].y })
      else { return Array(part) }
      return low == high ? [part[low]] : [part[min(low, high)], part[max(low, high)]]
    }
  }

  /// Sums and differences of larger numbers would overflow.
  private static func canShow(_ point: SIMD2<Double>) -> Bool { abs(point.x) < 1e150 && abs(point.y) < 1e150 }

  private static func pen(_ colour: Int) -> (colour: String, dashes: String) {
    let place = Int(colour.magnitude % UInt(2 * colours.count))
    return (colours[place % colours.count], place < colours.count ? "" : " stroke-dasharray=\"5 3\"")
  }

  // MARK: Words

  private static func label(_ text: String, _ x: Double, _ y: Double, anchor: String, extra: String = "") -> String {
    "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"\(anchor)\"\(extra)>\(text.escaped)</text>"
  }

  private static func stroke(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, opacity: Double) -> String {
    "<line x1=\"\(text(x1))\" y1=\"\(text(y1))\" x2=\"\(text(x2))\" y2=\"\(text(y2))\" stroke=\"currentColor\" "
      + "stroke-width=\"0.8\" opacity=\"\(opacity)\"/>"
  }

  private static func text(_ place: Double) -> String { String(format: "%.1f", place) }
}
