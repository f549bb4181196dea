import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct EnvironmentsTests {
  @Test("every name makes the environment that has it, with working steps") func names() throws {
    #expect(Environments.names.count == 8 + 7 * 4 + 4 * 2 && Set(Environments.names).count == Environments.names.count)
    for name in Environments.names {
      let environment = try Environments.make(name), spec = environment.spec
      #expect(spec.name == name)
      var random = RandomSource(seed: 1)
      #expect(try environment.reset(&random).count == spec.observationSize)
      let step = try environment.step([Float](repeating: 0.1, count: spec.actionSize))
      #expect(step.observation.count == spec.observationSize && step.reward.isFinite)
    }
    #expect(try Environments.specs().map(\.name) == Environments.names)
  }

  @Test("references are D4RL's") func references() throws {
    let specs = try Dictionary(uniqueKeysWithValues: Environments.specs().map { ($0.name, $0) })
    #expect(specs["hopper-d4rl"]?.reference == ReferenceReturns(random: -20.272305, expert: 3234.3))
    #expect(specs["ant-d4rl"]?.reference == ReferenceReturns(random: -325.6, expert: 3879.7))
    #expect(specs["maze2d-large"]?.reference == ReferenceReturns(random: 6.7, expert: 273.99))
    #expect(specs["maze2d-large-mujoco"]?.reference == specs["maze2d-large"]?.reference)
    #expect(specs["maze2d-umaze-dense"]?.reference?.random == 68.537689)
    #expect(specs["hopper-v4"]?.reference == nil && specs["maze2d-eval-umaze"]?.reference == nil)
  }

  @Test("an unknown name is answered with the closest") func closest() {
    #expect {
      _ = try Environments.make("HalfCheetah-v2")
    } throws: { error in
      guard case .unknown("HalfCheetah-v2", let known) = error as? EnvironmentError else { return false }
      return known.first == "halfcheetah-v4" && known.count == 4 && "\(error)".contains("halfcheetah-v4")
    }
    #expect(throws: EnvironmentError.self) { try Environments.make("") }
    #expect(throws: EnvironmentError.self) { try Environments.make(String(repeating: "x", count: 1_000_000)) }
  }
}

/// Returns of the random policy. With RANDOM_EPISODES=2000 in the environment they are measured well, which takes ten
/// minutes, and printed.
@Suite(.serialized) struct RandomReturnTests {
  static let wanted = ProcessInfo.processInfo.environment["RANDOM_EPISODES"].flatMap { Int($0) }
  static let episodes = max(wanted ?? 20, 2)

  /// What was measured elsewhere, with its standard error.
  static let expected: [String: (mean: Double, error: Double)] = [
    "halfcheetah-d4rl": (-278.3, 12), "hopper-d4rl": (20.1, 1.5), "walker2d-d4rl": (1.82, 0.33),
    "maze2d-umaze": (27.6, 3), "maze2d-medium": (23.7, 3.3), "maze2d-large": (12.3, 3),
  ]

  @Test("random returns are what was measured elsewhere", arguments: Environments.names.filter { !$0.contains("eval") })
  func returns(name: String) throws {
    let environment = try Environments.make(name), spec = environment.spec
    var random = RandomSource(seed: 2024), returns = [Double](), lengths = [Double]()
    for _ in 0..<Self.episodes {
      _ = try environment.reset(&random)
      var sum = 0.0, steps = 0, isOver = false
      let actions = random.uniform(count: spec.stepLimit * spec.actionSize).map { 2 * $0 - 1 }
      while steps < spec.stepLimit && !isOver {
        let step = try environment.step(Array(actions[steps * spec.actionSize..<(steps + 1) * spec.actionSize]))
        (sum, steps, isOver) = (sum + step.reward, steps + 1, step.isTerminal)
      }
      returns.append(sum)
      lengths.append(Double(steps))
    }
    let (mean, error) = meanAndError(returns)
    if Self.wanted != nil { report(name, returns, lengths) }
    if let expected = Self.expected[name] {
      let apart = abs(mean - expected.mean)
      #expect(apart < 4 * (error * error + expected.error * expected.error).squareRoot())
    }
  }

  private func report(_ name: String, _ returns: [Double], _ lengths: [Double]) {
    let (mean, error) = meanAndError(returns)
    func text(_ x: Double) -> String { String(format: "%.2f", x) }
    print(
      "\(name): \(text(mean)), sd \(text(error * Double(returns.count).squareRoot())), standard error \(text(error)), "
        + "\(text(lengths.reduce(0, +) / Double(lengths.count))) steps")
  }
}
