import Foundation
import OneStepMedia

/// Draws where a ball has been in a maze: walls dark, the goal as a ring, each path from blue to red.
public struct MazePicture: Sendable {
  public let layout: MazeLayout
  /// Pixels a cell.
  public let scale: Int
  // RGB in 0...1, rows from top to bottom; a row of cells is a row of pixels.
  private var pixels: [SIMD3<Float>]

  /// A maze without a path.
  public init(_ layout: MazeLayout, scale: Int = 48) {
    precondition(scale > 0, "a cell of \(scale) pixels")
    (self.layout, self.scale) = (layout, scale)
    pixels = []
    pixels.reserveCapacity(width * height)
    for y in 0..<height {
      for x in 0..<width {
        pixels.append(layout.isWall(y / scale, x / scale) ? [0.22, 0.25, 0.3] : [0.96, 0.96, 0.94])
      }
    }
    drawRing(around: layout.goal.point, radius: 0.5)
  }

  public var width: Int { layout.width * scale }
  public var height: Int { layout.height * scale }

  /// Adds a path: positions (x, y) as in observations. What lies outside, or is no number, is left out.
  public mutating func draw(_ path: [SIMD2<Double>]) {
    for i in path.indices.dropFirst() {
      let share = Float(i) / Float(max(path.count - 1, 1))
      let colour = SIMD3<Float>(0.15, 0.35, 0.85) * (1 - share) + SIMD3(0.9, 0.2, 0.15) * share
      let step = path[i] - path[i - 1], dots = (step * step).sum().squareRoot() * Double(2 * scale)
      guard dots < 1e5 else { continue }
      let count = max(1, Int(dots))
      for k in 1...count { dot(path[i - 1] + step * (Double(k) / Double(count)), colour) }
    }
    if let first = path.first { drawRing(around: first, radius: 0.12) }
  }

  /// The picture, RGB.
  public func image() throws(MediaError) -> Image {
    try Image(floats: pixels.flatMap { [$0.x, $0.y, $0.z] }, width: width, height: height, channels: 3)
  }

  private mutating func drawRing(around centre: SIMD2<Double>, radius: Double) {
    let pieces = 4 * scale
    for i in 0..<pieces {
      let angle = 2 * Double.pi * Double(i) / Double(pieces)
      dot(centre + SIMD2(cos(angle), sin(angle)) * radius, [0.1, 0.6, 0.3])
    }
  }

  // A dot of two pixels' width whose edge is smooth.
  private mutating func dot(_ point: SIMD2<Double>, _ colour: SIMD3<Float>) {
    // Walls are drawn cell by cell; observed coordinates lie 0.2 beside them, and a cell's centre is at its half.
    let place = (point + (0.5 + MazeWalls.offset)) * Double(scale)
    guard (0..<Double(height)).contains(place.x), (0..<Double(width)).contains(place.y) else { return }
    let (row, column) = (Int(place.x), Int(place.y))
    for i in max(row - 1, 0)...min(row + 1, height - 1) {
      for j in max(column - 1, 0)...min(column + 1, width - 1) {
        let away = SIMD2(Double(i) + 0.5, Double(j) + 0.5) - place
        let cover = Float(min(max(1.6 - (away * away).sum().squareRoot(), 0), 1))
        pixels[i * width + j] = pixels[i * width + j] * (1 - cover) + colour * cover
      }
    }
  }
}
