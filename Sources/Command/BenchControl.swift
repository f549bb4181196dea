import ArgumentParser
import Foundation
import OneStepControl
import OneStepFlow
import OneStepTensors

struct BenchControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control", abstract: "Time the training and the decisions of policies.")

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let sizes = ControlSizes.paper(observationSize: 17, actionSize: 6)
    var data = Transitions(observationSize: 17, actionSize: 6)
    var random = RandomSource(seed: 1)
    for _ in 0..<4096 {
      let s = random.normal(count: 17), a = random.uniform(count: 6).map { 2 * $0 - 1 }
      data.append(observation: s, action: a, reward: s[0], next: random.normal(count: 17), isTerminal: false)
    }
    for mixed in [false, true] {
      var method = Method.ofql(eta: 0.1)
      method.studentGroup.mixedPrecision = mixed
      method.critics[0].mixedPrecision = mixed
      var trainer = MethodTrainer(
        method, on: data.material, iterations: 1_000_000, makeNetwork: sizes.makeNetwork)
      for _ in 0..<30 { _ = try trainer.advance() }
      for _ in 0..<5 {
        let (_, seconds) = try timed { for _ in 0..<50 { _ = try trainer.advance() } }
        try Console.writeLine("ofql-step \(fixed(50 / seconds, 1)) steps/s \(mixed)")
      }
    }
  }
}
