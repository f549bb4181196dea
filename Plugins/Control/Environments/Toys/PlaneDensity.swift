import Foundation
import OneStepTensors

/// Densities in the plane whose shape one sees at a glance, all within -1...1.
public enum PlaneDensity: String, Sendable, CaseIterable {
  /// Two half moons that reach into each other.
  case crescent
  /// One and a half turns outwards, of constant width.
  case spiral
  /// The dark fields of a board of 4 x 4.
  case checkerboard

  /// `[N, 2]` independent points.
  public func points(_ count: Int, random: inout RandomSource) -> [Float] {
    precondition(count >= 0, "\(count) points")
    let uniform = random.uniform(count: 3 * count), normal = random.normal(count: 2 * count)
    return (0..<count).flatMap { i in
      let point = point(uniform[3 * i], uniform[3 * i + 1], uniform[3 * i + 2])
      guard self != .checkerboard else { return [point.x, point.y] }
      return [min(max(point.x + 0.03 * normal[2 * i], -1), 1), min(max(point.y + 0.03 * normal[2 * i + 1], -1), 1)]
    }
  }

  /// Whether a point lies in an empty field of the board; `false` for the other shapes, which have no edge.
  public func isEmpty(at x: Float, _ y: Float) -> Bool {
    guard self == .checkerboard else { return false }
    guard abs(x) < 1, abs(y) < 1 else { return true }
    return (Int((x + 1) * 2) + Int((y + 1) * 2)) % 2 == 1
  }

  private func point(_ a: Float, _ b: Float, _ c: Float) -> SIMD2<Float> {
    switch self {
    case .crescent:
      let angle = Float.pi * b, side: Float = a < 0.5 ? 1 : -1
      return SIMD2(side * (cos(angle) * 0.6 - 0.3), side * (sin(angle) * 0.6 - 0.15))
    case .spiral:
      // The radius grows with the angle; the root makes the points equally dense along the curve.
      let turn = 0.15 + 0.85 * a.squareRoot(), angle = 3 * Float.pi * turn
      return SIMD2(cos(angle), sin(angle)) * (0.9 * turn)
    case .checkerboard:
      let field = min(Int(a * 8), 7), row = field / 2, column = 2 * (field % 2) + row % 2
      return SIMD2((Float(column) + b) / 2 - 1, (Float(row) + c) / 2 - 1)
    }
  }
}
