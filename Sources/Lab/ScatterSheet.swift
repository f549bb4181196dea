import OneStepTensors

/// Scatter plots side by side: samples over the data they should follow.
public struct ScatterSheet: Sendable {
  public static let side = 192, gap = 4
  private static let extent: Float = 2.8
  private let columns: Int
  private var panels: [[Float]] = []

  public init(columns: Int) { self.columns = columns }

  public var width: Int { min(columns, max(1, panels.count)) * (Self.side + Self.gap) - Self.gap }
  public var height: Int { (panels.count + columns - 1) / columns * (Self.side + Self.gap) - Self.gap }

  /// Adds a panel, left to right and top to bottom: `data` grey, `samples` blue, both `[N, 2]`, at most 4096 of each.
  public mutating func add(_ samples: Tensor, data: Tensor) {
    var pixels = [Float](repeating: 1, count: Self.side * Self.side * 3)
    draw(data, (0.78, 0.78, 0.78), share: 0.5, &pixels)
    draw(samples, (0.10, 0.30, 0.75), share: 0.35, &pixels)
    panels.append(pixels)
  }

  private func draw(_ points: Tensor, _ colour: (Float, Float, Float), share: Float, _ pixels: inout [Float]) {
    let values = points.floats, n = points.shape[0], step = max(1, n / 4096)
    for i in Swift.stride(from: 0, to: n, by: step) {
      let scale = Float(Self.side) / (2 * Self.extent)
      let x = (values[2 * i] + Self.extent) * scale, y = (Self.extent - values[2 * i + 1]) * scale
      guard x >= 0, y >= 0, x < Float(Self.side), y < Float(Self.side) else { continue }
      let at = (Int(y) * Self.side + Int(x)) * 3
      for (c, level) in [colour.0, colour.1, colour.2].enumerated() {
        pixels[at + c] += (level - pixels[at + c]) * share
      }
    }
  }

  /// RGB in 0...1, `height x width x 3`.
  public func pixels() -> [Float] {
    var sheet = [Float](repeating: 0.92, count: width * height * 3)
    for (index, panel) in panels.enumerated() {
      let (top, left) = (index / columns * (Self.side + Self.gap), index % columns * (Self.side + Self.gap))
      for y in 0..<Self.side {
        let from = y * Self.side * 3, to = ((top + y) * width + left) * 3
        sheet.replaceSubrange(to..<to + Self.side * 3, with: panel[from..<from + Self.side * 3])
      }
    }
    return sheet
  }
}
