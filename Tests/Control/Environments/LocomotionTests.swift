import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct LocomotionTests {
  typealias Masses = LocomotionEnvironment.Masses

  private func environment(_ name: String) throws -> LocomotionEnvironment {
    try #require(Environments.make(name) as? LocomotionEnvironment)
  }

  @Test("masses are those of the library as it is, and of the old rule")
  func masses() throws {
    let expected: [(String, [Double])] = [
      ("hopper-v4", [3.6652, 4.0579, 2.7814, 5.3156]), ("hopper-d4rl", [3.5343, 3.9270, 2.7143, 5.0894]),
      ("walker2d-v4", [3.6652, 4.0579, 2.7814, 3.1667, 4.0579, 2.7814, 3.1667]),
      ("walker2d-d4rl", [3.5343, 3.9270, 2.7143, 2.9405, 3.9270, 2.7143, 2.9405]),
      ("halfcheetah-v4", [6.2502, 1.5435, 1.5874, 1.0954, 1.4381, 1.2008, 0.8845]),
      ("halfcheetah-d4rl", [6.3603, 1.5352, 1.5809, 1.0692, 1.4256, 1.1789, 0.8499]),
    ]
    for (name, masses) in expected {
      let found = try environment(name).simulation.model.bodyMasses.dropFirst()
      #expect(found.map { ($0 * 10_000).rounded() / 10_000 } == masses, "\(name)")
    }
    #expect(abs(try environment("halfcheetah-d4rl").simulation.model.bodyMasses.reduce(0, +) - 14) < 1e-12)
  }

  @Test(
    "200 steps are bit for bit those of MuJoCo called from elsewhere",
    arguments: Robot.all.map(\.name), Masses.allCases)
  func parity(robot: String, masses: Masses) throws {
    let environment = try environment("\(robot)-\(masses)")
    let model = environment.simulation.model
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/Environments/\(robot)-\(masses)", withExtension: "f64"))
    let numbers = try Data(contentsOf: url).withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { Double(bitPattern: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
    let (q, v, a) = (model.positionSize, model.velocitySize, model.controlSize)
    try #require(numbers.count == (q + v) * 51 + 200 * a)
    _ = try environment.reset(positions: Array(numbers[..<q]), velocities: Array(numbers[q..<q + v]))
    for t in 0..<200 {
      let action = numbers[(q + v + t * a)...].prefix(a).map { Float($0) }
      _ = try environment.step(action)
      guard t % 4 == 3 else { continue }
      let state = environment.simulation.positions + environment.simulation.velocities
      let start = q + v + 200 * a + t / 4 * (q + v)
      #expect(state == Array(numbers[start..<start + q + v]), "after step \(t + 1)")
    }
  }

  @Test("sizes are those of the tasks") func sizes() throws {
    let sizes = ["halfcheetah": [17, 6], "hopper": [11, 3], "walker2d": [17, 6], "ant": [27, 8]]
    for (robot, size) in sizes {
      for masses in Masses.allCases {
        let spec = try environment("\(robot)-\(masses)").spec
        #expect([spec.observationSize, spec.actionSize] == size && spec.stepLimit == 1000)
        #expect((spec.reference != nil) == (masses == .d4rl))
      }
    }
  }

  @Test("an episode follows from its seed", arguments: Robot.all.map(\.name))
  func determinism(robot: String) throws {
    func episode(_ seed: UInt64, _ environment: LocomotionEnvironment) throws -> [EnvironmentStep] {
      var random = RandomSource(seed: seed)
      _ = try environment.reset(&random)
      return try (0..<30).map { _ in
        try environment.step(random.uniform(count: environment.spec.actionSize).map { 2 * $0 - 1 })
      }
    }
    let one = try environment("\(robot)-d4rl"), other = try environment("\(robot)-d4rl")
    let first = try episode(3, one)
    #expect(try episode(3, other) == first)
    #expect(try episode(4, one) != first)
    #expect(try episode(3, one) == first)
  }

  @Test("the first state is the model's with the task's noise")
  func resetNoise() throws {
    for (name, scale, base, spread) in [
      ("hopper-v4", 0.005, 1.25, 0.01 / 12.0.squareRoot()), ("walker2d-v4", 0.005, 1.25, 0.01 / 12.0.squareRoot()),
      ("halfcheetah-v4", 0.1, 0, 0.1), ("ant-v4", 0.1, 0, 0.1),
    ] {
      let environment = try environment(name), simulation = environment.simulation
      var random = RandomSource(seed: 5)
      var velocities = [Double](), heights = [Double]()
      for _ in 0..<300 {
        let observation = try environment.reset(&random)
        #expect(observation.count == environment.spec.observationSize)
        let positions = simulation.positions
        heights.append(name == "ant-v4" ? positions[2] - 0.75 : positions[1] - base)
        #expect(abs(positions[0]) <= scale && abs(heights.last!) <= scale)
        velocities += simulation.velocities
      }
      #expect(heights.max()! > 0.9 * scale && heights.min()! < -0.9 * scale, "\(name)")
      let sd = (velocities.reduce(0) { $0 + $1 * $1 } / Double(velocities.count)).squareRoot()
      #expect(abs(sd - spread) < 0.06 * spread, "\(name): \(sd)")
      if spread < 0.1 { #expect(velocities.allSatisfy { abs($0) <= scale }) }
    }
  }

  @Test("rewards are speed, life and effort") func rewards() throws {
    for (name, alive, cost) in [("halfcheetah-v4", 0.0, 0.1), ("hopper-v4", 1, 0.001), ("walker2d-v4", 1, 0.001)] {
      let environment = try environment(name)
      var random = RandomSource(seed: 1)
      _ = try environment.reset(&random)
      let before = environment.simulation.positions[0]
      // Twice the strength that an action can have counts as the strongest.
      let step = try environment.step([Float](repeating: 2, count: environment.spec.actionSize))
      let seconds = name == "halfcheetah-v4" ? 0.05 : 0.008
      let speed = (environment.simulation.positions[0] - before) / seconds
      let effort = cost * Double(environment.spec.actionSize)
      #expect(abs(step.reward - (speed + alive - effort)) < 1e-9, "\(name)")
      #expect(step.observation.suffix(environment.simulation.velocities.count).allSatisfy { abs($0) <= 10 })
    }
  }

  @Test("an episode ends when the robot has fallen, and only then")
  func termination() throws {
    func ends(_ name: String, _ change: (inout [Double], inout [Double]) -> Void) throws -> Bool {
      let environment = try environment(name)
      environment.simulation.reset()
      var (positions, velocities) = (environment.simulation.positions, environment.simulation.velocities)
      change(&positions, &velocities)
      _ = try environment.reset(positions: positions, velocities: velocities)
      return try environment.step([Float](repeating: 0, count: environment.spec.actionSize)).isTerminal
    }
    #expect(try !ends("hopper-v4") { _, _ in })
    #expect(try ends("hopper-v4") { q, _ in q[1] = 0.65 })
    #expect(try ends("hopper-v4") { q, _ in q[2] = 0.25 } && ends("hopper-v4") { q, _ in q[2] = -0.25 })
    #expect(try ends("hopper-v4") { _, v in v[5] = -1000 })
    #expect(try !ends("walker2d-v4") { q, _ in q[2] = 0.9 } && ends("walker2d-v4") { q, _ in q[2] = 1.1 })
    #expect(try ends("walker2d-v4") { q, _ in q[1] = 0.7 } && ends("walker2d-v4") { q, _ in q[1] = 2.1 })
    #expect(try !ends("ant-v4") { _, _ in } && ends("ant-v4") { q, _ in q[2] = 1.1 })
    #expect(try !ends("halfcheetah-v4") { q, _ in (q[1], q[2]) = (1, 3) })
  }

  @Test("steps are not counted: an episode goes on past the limit") func stepLimit() throws {
    let environment = try environment("halfcheetah-d4rl")
    var random = RandomSource(seed: 2)
    _ = try environment.reset(&random)
    for _ in 0..<1100 { #expect(try !environment.step([0, 0, 0, 0, 0, 0]).isTerminal) }
  }

  @Test("actions that are no numbers and states that diverge are errors") func errors() throws {
    let environment = try environment("hopper-v4")
    #expect(throws: EnvironmentError.actionSize(environment: "hopper-v4", expected: 3, found: 2)) {
      try environment.step([0, 0])
    }
    #expect(throws: EnvironmentError.actionValue(environment: "hopper-v4", index: 1)) {
      try environment.step([0, .nan, 0])
    }
    #expect(throws: EnvironmentError.diverged(environment: "hopper-v4")) {
      _ = try environment.reset(positions: [0, 1.25, 0, 0, 0, 0], velocities: [1e12, 0, 0, 0, 0, 0])
      _ = try environment.step([0, 0, 0])
    }
    var random = RandomSource(seed: 1)
    _ = try environment.reset(&random)
    #expect(throws: Never.self) { try environment.step([0, 0, 0]) }
  }

  @Test("a model is found in the folders given, or missed by name") func folders() {
    #expect {
      _ = try Environments.make("hopper-v4", folders: ["/nowhere"])
    } throws: { "\($0)".contains("hopper.xml: not found in /nowhere") }
  }
}
