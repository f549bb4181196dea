import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// One method on one set of points: trained from scratch, sampled and measured.
public struct Experiment: Sendable {
  /// What was measured with a number of network calls.
  public struct Result: Sendable, Codable, Equatable {
    public let calls: Int
    public let metrics: PointMetrics
  }

  public let mixture: GaussianMixture
  public var iterations: Int
  public var seed: UInt64
  /// Samples that are measured.
  public var samples = 16384
  /// Pairs that the teacher makes.
  public var pairs = 8192

  public init(_ mixture: GaussianMixture, iterations: Int, seed: UInt64 = 1) {
    (self.mixture, self.iterations, self.seed) = (mixture, iterations, seed)
  }

  /// Data, the exact teacher and its pairs.
  public func material() throws -> Material<Void> {
    let teacher = mixture.denoiser(on: .edm(1e-3...1e3))
    let noise = Tensor.normal([pairs, 2], seed: seed &+ 0x9A1E)
    let flow = FlowMap.integrating(teacher.on(.linear).velocity, with: .heun, steps: 32)
    // The path's last thousandth at either end has no velocity of its own.
    let data = try Compute.perform {
      try flow(
        noise, from: [Double](repeating: 1 - 1e-3, count: pairs), to: [Double](repeating: 1e-3, count: pairs), ())
    }
    let stored = TeacherPairs(noise: noise, data: data)
    return Material(
      deviation: mixture.deviation, teacher: teacher,
      draw: { rows, random in
        Draw(data: mixture.sample(count: rows, &random), noise: random.normal([rows, 2]), condition: ())
      },
      pairs: { rows, random in stored.draw(rows: rows, &random) })
  }

  /// Trains; `progress` is called after every iteration and stops the training by returning false.
  ///
  /// - Parameter start: parameters of groups that have been trained before, by name.
  public func train(
    _ method: Method<Void>, on material: Material<Void>, start: [String: Parameters] = [:],
    progress: (Int, Int) -> Bool = { _, _ in true }
  ) throws -> MethodTrainer<Void> {
    var trainer = MethodTrainer(
      method, on: material, iterations: iterations, seed: seed,
      start: try start["fake"] == nil ? starts(of: method, material).merging(start) { $1 } : start,
      makeNetwork: PointNetwork.make)
    while !trainer.isFinished {
      _ = try trainer.advance()
      guard progress(trainer.iteration, iterations) else { break }
    }
    return trainer
  }

  /// A fake score begins as a teacher would: 300 steps on data.
  private func starts(of method: Method<Void>, _ material: Material<Void>) throws -> [String: Parameters] {
    guard let group = method.critics.first(where: { $0.name == "fake" }) else { return [:] }
    let training = ScoreTraining(deviation: material.deviation, seed: seed)
    return [group.name: try training.train(steps: 300) { try material.draw(256, &$0).data }]
  }

  /// Samples `[N, 2]` by one of the method's samplers.
  public func sample(_ trainer: MethodTrainer<Void>, _ sampler: Sampler) throws -> Tensor {
    var random = RandomSource(seed: seed &+ 0x5A3B, stream: 1)
    let noise = random.normal([samples, 2])
    return try Compute.perform {
      try sampler(trainer.student.map, noise: noise, on: trainer.method.form.path, (), &random)
    }
  }

  public func measure(_ trainer: MethodTrainer<Void>) throws -> [Result] {
    try trainer.method.samplers.map {
      Result(calls: $0.calls, metrics: PointMetrics(try sample(trainer, $0), of: mixture))
    }
  }
}
