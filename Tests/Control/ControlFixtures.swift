import Foundation
import OneStepControl
import OneStepFlow
import OneStepTensors

enum ControlFixtures {
  /// A file beside the tests.
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
  }

  /// Trains a method on steps, small and quick.
  static func trained(
    _ method: Method<TransitionBatch>, on data: Transitions, width: Int = 48, steps: Int, rows: Int = 128,
    seed: UInt64 = 1
  ) throws -> MethodTrainer<TransitionBatch> {
    let sizes = ControlSizes(
      observationSize: data.observationSize, actionSize: data.actionSize, width: width, timeWidth: 8)
    var trainer = MethodTrainer(
      method, on: data.material, iterations: steps, rows: rows, seed: seed, makeNetwork: sizes.makeNetwork)
    while !trainer.isFinished { _ = try trainer.advance() }
    return trainer
  }

  /// A policy of a trainer.
  static func policy(
    _ trainer: MethodTrainer<TransitionBatch>, _ data: Transitions, sampler: ActionSampler, width: Int = 48,
    heads: Int = 2
  ) throws -> Policy {
    let sizes = ControlSizes(
      observationSize: data.observationSize, actionSize: data.actionSize, width: width, timeWidth: 8)
    return try PolicyFile.make(
      PolicySettings(
        method: trainer.method.name, sizes: sizes, clocks: trainer.method.form.clocks, sampler: sampler,
        criticHeads: heads, environment: "test"), from: trainer, data: "test", seed: 1)
  }
}
