/// The ball of a maze, moved as MuJoCo's Euler step moves it: two sliding joints with damping, which the step treats
/// implicitly, and two motors.
struct RollingBall {
  static let radius = 0.1  // metres
  static let timestep = 0.01  // seconds
  static let gear = 100.0  // newtons at full force
  static let damping = 1.0  // newtons a metre a second
  static let speedLimit = 5.0  // metres a second, along an axis
  /// A solid of 1000 kg a cubic metre.
  static let mass = 4.0 / 3 * Double.pi * radius * radius * radius * 1000

  var position = SIMD2<Double>()
  var velocity = SIMD2<Double>()

  /// What the task does before each step.
  mutating func limitSpeed() {
    velocity.clamp(
      lowerBound: SIMD2(repeating: -Self.speedLimit), upperBound: SIMD2(repeating: Self.speedLimit))
  }

  /// A step. `force` is in -1...1.
  mutating func roll(_ force: SIMD2<Double>, between walls: MazeWalls) {
    let free = (force * Self.gear - velocity * Self.damping) / Self.mass
    let contacts = walls.contacts(of: self)
    let acceleration = contacts.isEmpty ? free : Self.acceleration(free, contacts)
    velocity += acceleration * (Self.timestep * Self.mass / (Self.mass + Self.timestep * Self.damping))
    position += velocity * Self.timestep
  }

  /// The acceleration a that minimises m |a - free|^2 + sum over contacts of min(0, n a - wanted)^2 / R: MuJoCo's soft
  /// contacts. Newton's method; it is exact once the contacts that push stay the same.
  private static func acceleration(_ free: SIMD2<Double>, _ contacts: [MazeWalls.Contact]) -> SIMD2<Double> {
    var acceleration = free
    var pushing = [Bool](repeating: false, count: contacts.count)
    for _ in 0..<20 {
      let now = contacts.map { ($0.normal * acceleration).sum() < $0.wanted }
      if now == pushing { break }
      pushing = now
      var (xx, xy, yy) = (mass, 0.0, mass), right = free * mass
      for (contact, pushes) in zip(contacts, now) where pushes {
        let (n, stiffness) = (contact.normal, 1 / contact.resistance)
        xx += n.x * n.x * stiffness
        xy += n.x * n.y * stiffness
        yy += n.y * n.y * stiffness
        right += n * (contact.wanted * stiffness)
      }
      acceleration = SIMD2(yy * right.x - xy * right.y, xx * right.y - xy * right.x) / (xx * yy - xy * xy)
    }
    return acceleration
  }
}

/// The walls of a maze as boxes that give way a little, in MuJoCo's way and with its default softness.
///
/// In Maze2D the ball's body lies at (1.2, 1.2) and the box of cell (i, j) at (i + 1, j + 1), so that in observed
/// coordinates the box's centre is (i - 0.2, j - 0.2): a free cell w between walls lets the ball's centre through
/// w - 0.6...w + 0.2.
struct MazeWalls {
  /// That of Maze2D.
  static let offset = 0.2
  /// Contacts count from this distance on, metres.
  static let margin = 0.002

  /// Where ball and wall touch.
  struct Contact {
    /// Away from the wall.
    var normal: SIMD2<Double>
    /// The acceleration along the normal that the contact aims at.
    var wanted: Double
    /// What holds the contact's force back; 0 would be a wall that does not yield.
    var resistance: Double

    // solref 0.02 s, critically damped; solimp 0.9 to 0.95 within a millimetre, by two parabolas.
    private static let (rise, least, most, width) = (0.02, 0.9, 0.95, 0.001)
    // The mean of the inverse masses along three axes, of which the ball can move along two.
    private static let inverseMass = 2 / (3 * RollingBall.mass)

    /// - Parameters:
    ///   - depth: metres within the margin.
    ///   - speed: along the normal, metres a second.
    init(normal: SIMD2<Double>, depth: Double, speed: Double) {
      let x = min(depth / Self.width, 1)
      let bend = x <= 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x)
      let impedance = Self.least + bend * (Self.most - Self.least)
      let stretch = Self.most * Self.rise
      self.normal = normal
      wanted = impedance * depth / (stretch * stretch) - 2 / stretch * speed
      resistance = (1 - impedance) / impedance * Self.inverseMass
    }
  }

  private let layout: MazeLayout
  private let offset: Double

  /// - Parameter offset: how far, along both axes, a cell's centre lies before its whole numbers.
  init(_ layout: MazeLayout, offset: Double) { (self.layout, self.offset) = (layout, offset) }

  func contacts(of ball: RollingBall) -> [Contact] {
    let place = ball.position + offset
    // Beyond any maze, or no number.
    guard abs(place.x) < 1e6, abs(place.y) < 1e6 else { return [] }
    let (row, column) = (Int(place.x.rounded()), Int(place.y.rounded()))
    var contacts = [Contact]()
    for i in row - 1...row + 1 {
      for j in column - 1...column + 1 where layout.isWall(i, j) {
        let centre = SIMD2(Double(i), Double(j))
        let away = place - place.clamped(lowerBound: centre - 0.5, upperBound: centre + 0.5)
        let distance = (away * away).sum().squareRoot(), depth = RollingBall.radius + Self.margin - distance
        // Steps of at most 0.05 do not bring the ball's centre into a box; one that was put there is left alone.
        guard depth > 0, distance > 0 else { continue }
        let normal = away / distance
        contacts.append(Contact(normal: normal, depth: depth, speed: (ball.velocity * normal).sum()))
      }
    }
    return contacts
  }
}
