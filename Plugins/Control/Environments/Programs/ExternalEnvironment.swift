import Foundation
import OneStepTensors

/// An environment of the user's own: a program that speaks lines of JSON on its standard input and output.
///
/// Its first line, unasked, is `{"name": "pendulum", "observation_size": 3, "action_size": 1, "step_limit": 200}`,
/// perhaps with `"random_return"` and `"expert_return"`. Then each line it reads is answered by one line:
///
///     {"reset": 7}        {"observation": [1, 0, 0.2]}
///     {"action": [0.5]}   {"observation": [1, 0.1, 0.3], "reward": -0.2, "terminal": false}
///
/// `reset` comes with a seed below 2^53, from which all chance of the episode should follow; actions are in -1...1. The
/// program should end when its input does. After any error it is ended, and every further call throws.
public final class ExternalEnvironment: Environment {
  public let spec: EnvironmentSpec
  private let program: ChildProgram
  private let timeout: Double
  private var fault: String?

  /// Starts a program and waits for its first line.
  /// - Parameters:
  ///   - command: its name or path, and its arguments.
  ///   - timeout: seconds it may take for a line.
  public init(command: [String], timeout: Double = 30) throws(EnvironmentError) {
    let name = command.first ?? ""
    let spec: EnvironmentSpec
    do throws(ChildProgram.Failure) {
      program = try ChildProgram(command)
      spec = try Self.spec(program.readLine(within: timeout))
    } catch {
      throw .program(name: name, reason: error.reason)
    }
    (self.spec, self.timeout) = (spec, timeout)
  }

  public func reset(_ random: inout RandomSource) throws(EnvironmentError) -> [Float] {
    let seed = random.next() >> 11
    return try asking { () throws(ChildProgram.Failure) in
      let answer = try Self.decoded(State.self, from: program.ask("{\"reset\": \(seed)}", within: timeout))
      return try observation(answer.observation)
    }
  }

  public func step(_ action: [Float]) throws(EnvironmentError) -> EnvironmentStep {
    try check(action)
    let numbers = action.map { min(max($0, -1), 1).description }.joined(separator: ", ")
    return try asking { () throws(ChildProgram.Failure) in
      let answer = try Self.decoded(Step.self, from: program.ask("{\"action\": [\(numbers)]}", within: timeout))
      return EnvironmentStep(
        observation: try observation(answer.observation), reward: answer.reward, isTerminal: answer.terminal)
    }
  }

  // MARK: Answers

  private struct Greeting: Decodable {
    var name: String
    var observation_size: Int
    var action_size: Int
    var step_limit: Int
    var random_return: Double?
    var expert_return: Double?
  }
  private struct State: Decodable {
    var observation: [Double]
  }
  private struct Step: Decodable {
    var observation: [Double]
    var reward: Double
    var terminal: Bool
  }

  private static func spec(_ line: [UInt8]) throws(ChildProgram.Failure) -> EnvironmentSpec {
    let greeting = try decoded(Greeting.self, from: line)
    let sizes = [greeting.observation_size, greeting.action_size, greeting.step_limit]
    guard sizes.allSatisfy({ $0 > 0 }), sizes[0] <= 100_000, sizes[1] <= 10_000 else {
      throw .init(reason: "sizes \(sizes) are out of range")
    }
    var reference: ReferenceReturns?
    if let random = greeting.random_return, let expert = greeting.expert_return, random != expert {
      reference = ReferenceReturns(random: random, expert: expert)
    }
    return EnvironmentSpec(
      name: greeting.name, observationSize: sizes[0], actionSize: sizes[1], stepLimit: sizes[2], reference: reference)
  }

  private static func decoded<T: Decodable>(_ type: T.Type, from line: [UInt8]) throws(ChildProgram.Failure) -> T {
    do { return try JSONDecoder().decode(type, from: Data(line)) } catch {
      let start = String(decoding: line.prefix(100), as: UTF8.self).filter { !$0.isNewline }
      throw .init(reason: "this line is not as agreed: \(start)")
    }
  }

  private func observation(_ numbers: [Double]) throws(ChildProgram.Failure) -> [Float] {
    guard numbers.count == spec.observationSize else {
      throw .init(reason: "an observation of \(numbers.count) numbers, not \(spec.observationSize)")
    }
    let floats = numbers.map { Float($0) }
    guard floats.allSatisfy(\.isFinite) else { throw .init(reason: "an observation that is not finite") }
    return floats
  }

  private func asking<T>(
    _ body: () throws(ChildProgram.Failure) -> T
  ) throws(EnvironmentError) -> T {
    do throws(ChildProgram.Failure) {
      if let fault { throw ChildProgram.Failure(reason: fault) }
      return try body()
    } catch {
      fault = error.reason
      program.end()
      throw .program(name: spec.name, reason: error.reason)
    }
  }
}
