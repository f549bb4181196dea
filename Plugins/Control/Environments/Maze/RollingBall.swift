/// The ball of a maze, moved as MuJoCo's Euler step moves it: two sliding joints with damping, which the step treats
/// implicitly, and two motors.
struct RollingBall {
  static let radius = 0.1  // metres
  static let timestep = 0.01  // seconds
  static let gear = 100.0  // newtons at full force
  static let damping = 1.0  // newtons a metre a second
  static let speedLimit = 5.0  // metres a second, along an axis
  static let restitution = 0.09  // of the speed at a wall: measured on MuJoCo's soft contacts
  /// A solid of 1000 kg a cubic metre.
  static let mass = 4.0 / 3 * Double.pi * radius * radius * radius * 1000

  var position = SIMD2<Double>()
  var velocity = SIMD2<Double>()

  /// What the task does before each step.
  mutating func limitSpeed() {
    velocity.clamp(
      lowerBound: SIMD2(repeating: -Self.speedLimit), upperBound: SIMD2(repeating: Self.speedLimit))
  }

  /// A step where nothing is in the way. `force` is in -1...1.
  mutating func fly(_ force: SIMD2<Double>) {
    let push = force * Self.gear - velocity * Self.damping
    velocity += push * (Self.timestep / (Self.mass + Self.timestep * Self.damping))
    position += velocity * Self.timestep
  }
}

/// The walls of a maze as boxes that a ball bounces off.
///
/// The ball's body lies at (1.2, 1.2) and the box of cell (i, j) at (i + 1, j + 1), so that in observed coordinates the
/// box's centre is (i - 0.2, j - 0.2), and a free cell w between walls lets the ball's centre through w - 0.6...w + 0.2.
struct MazeWalls {
  static let offset = 0.2
  private let layout: MazeLayout

  init(_ layout: MazeLayout) { self.layout = layout }

  /// Pushes the ball out of the walls, the deepest contact first: so a ball that slides along boxes side by side never
  /// meets the edges between them.
  func resolve(_ ball: inout RollingBall) {
    for _ in 0..<4 {
      guard let away = deepestContact(ball.position) else { return }
      let distance = (away * away).sum().squareRoot()
      let normal = away / distance
      ball.position += normal * (RollingBall.radius - distance)
      let speed = (ball.velocity * normal).sum()
      if speed < 0 { ball.velocity -= normal * ((1 + RollingBall.restitution) * speed) }
    }
  }

  /// The vector from the nearest point of a wall to the ball's centre, where they touch.
  private func deepestContact(_ position: SIMD2<Double>) -> SIMD2<Double>? {
    let shifted = position + Self.offset
    // Beyond any maze, or no number.
    guard abs(shifted.x) < 1e6, abs(shifted.y) < 1e6 else { return nil }
    let (row, column) = (Int(shifted.x.rounded()), Int(shifted.y.rounded()))
    var deepest: SIMD2<Double>?
    var least = RollingBall.radius * RollingBall.radius
    for i in row - 1...row + 1 {
      for j in column - 1...column + 1 where layout.isWall(i, j) {
        let centre = SIMD2(Double(i), Double(j))
        let away = shifted - shifted.clamped(lowerBound: centre - 0.5, upperBound: centre + 0.5)
        let square = (away * away).sum()
        // A centre inside a box cannot be reached by steps of at most 0.05; such a start is left to leave by itself.
        if square < least && square > 0 { (deepest, least) = (away, square) }
      }
    }
    return deepest
  }
}
