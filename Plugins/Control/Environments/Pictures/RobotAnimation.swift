import Foundation

/// A moving picture of a robot from the side, as text: an SVG whose lines are animated by the viewer, a browser for
/// one.
///
/// The camera follows the robot; marks on the floor, one a metre, pass by.
public struct RobotAnimation: Sendable {
  /// Pixels a metre.
  private static let scale = 120.0
  private static let size = (width: 480.0, height: 270.0), floor = 240.0

  /// Seconds between frames.
  public let interval: Double
  public private(set) var frames: [[Limb]] = []

  public init(interval: Double) {
    precondition(interval > 0 && interval.isFinite, "frames every \(interval) s")
    self.interval = interval
  }

  /// Adds a frame, with as many limbs as the one before.
  public mutating func record(_ limbs: [Limb]) {
    precondition(frames.isEmpty || limbs.count == frames[0].count, "a frame of \(limbs.count) limbs")
    frames.append(limbs)
  }

  /// The animation, which repeats for ever.
  public func svg(title: String) -> String {
    let (width, height) = (Int(Self.size.width), Int(Self.size.height))
    let limbs = (0..<(frames.first?.count ?? 0)).map(line).joined(separator: "\n")
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)">
      <title>\(Self.escaped(title))</title>
      <rect width="\(width)" height="\(height)" fill="#f5f5f2"/>
      <g stroke="#38404d" stroke-width="2">
      <line x1="0" y1="\(Self.text(Self.floor))" x2="\(width)" y2="\(Self.text(Self.floor))"/>
      \(marks)
      </g>
      <g stroke="#2a6fdb" stroke-linecap="round">
      \(limbs)
      </g>
      </svg>

      """
  }

  /// Where the camera is at each frame: the first limb's middle, in metres.
  private var camera: [Double] {
    frames.map { $0.isEmpty ? 0 : ($0[0].from.x + $0[0].to.x) / 2 }
  }

  private var marks: String {
    let camera = camera
    guard let least = camera.min(), let most = camera.max(), least.isFinite, most.isFinite else { return "" }
    let reach = Self.size.width / 2 / Self.scale
    let first = Int(max(least - reach, -10_000).rounded(.down)), last = Int(min(most + reach, 10_000).rounded(.up))
    guard first <= last else { return "" }
    let lines = (first...last).map { metre in
      let x = Self.text(Self.size.width / 2 + Double(metre) * Self.scale)
      return "<line x1=\"\(x)\" y1=\"\(Self.text(Self.floor))\" x2=\"\(x)\" y2=\"\(Self.text(Self.floor + 12))\"/>"
    }
    let places = camera.map { "\(Self.text(-$0 * Self.scale)) 0" }.joined(separator: ";")
    let motion =
      "<animateTransform attributeName=\"transform\" type=\"translate\" values=\"\(places)\" "
      + "dur=\"\(duration)\" repeatCount=\"indefinite\"/>"
    return "<g>\n" + lines.joined(separator: "\n") + "\n\(motion)\n</g>"
  }

  private func line(_ limb: Int) -> String {
    let camera = camera
    func values(_ end: KeyPath<Limb, SIMD3<Double>>, _ coordinate: (Double, Double) -> Double) -> [String] {
      frames.indices.map { i in
        let point = frames[i][limb][keyPath: end]
        // Slightly from above and from the front, so that legs side by side do not hide each other.
        return Self.text(coordinate(point.x - camera[i] + 0.25 * point.y, point.z + 0.12 * point.y))
      }
    }
    let across: (Double, Double) -> Double = { x, _ in Self.size.width / 2 + x * Self.scale }
    let up: (Double, Double) -> Double = { _, z in Self.floor - z * Self.scale }
    let ends = [
      ("x1", values(\.from, across)), ("y1", values(\.from, up)), ("x2", values(\.to, across)),
      ("y2", values(\.to, up)),
    ]
    let start = ends.map { "\($0)=\"\($1[0])\"" }.joined(separator: " ")
    let motion = ends.filter { Set($1).count > 1 }.map {
      "<animate attributeName=\"\($0)\" values=\"\($1.joined(separator: ";"))\" "
        + "dur=\"\(duration)\" repeatCount=\"indefinite\"/>"
    }
    let width = Self.text(2 * frames[0][limb].radius * Self.scale)
    return "<line \(start) stroke-width=\"\(width)\">" + motion.joined() + "</line>"
  }

  private var duration: String { Self.text(max(interval * Double(frames.count - 1), 0.01)) + "s" }

  /// Two decimals at most; SVG knows no NaN.
  private static func text(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e9 else { return "0" }
    let hundredths = Int((number * 100).rounded())
    let (whole, part) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let fraction = part == 0 ? "" : part % 10 == 0 ? ".\(part / 10)" : part < 10 ? ".0\(part)" : ".\(part)"
    return (hundredths < 0 ? "-" : "") + "\(whole)" + fraction
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
