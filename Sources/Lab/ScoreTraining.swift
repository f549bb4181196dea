import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Trains the lab's small network as the score of points, on the path where methods compare scores.
struct ScoreTraining {
  /// Standard deviation of what the network is preconditioned for.
  let deviation: Double
  let seed: UInt64
  let network = PointNetwork.make(for: .init("fake", .points(clocks: 1), rate: 2e-3))

  init(deviation: Double, seed: UInt64) { (self.deviation, self.seed) = (deviation, seed) }

  func denoiser(_ parameters: Parameters) -> Denoiser<Void> {
    let bound = network.bound(to: parameters)
    return .preconditioned(on: Method<Void>.scorePath, deviation: deviation) { x, t, c in
      try bound(x, [Tensor(t.map(Float.init), shape: [t.count])], c)
    }
  }

  /// The averaged parameters after `steps`.
  ///
  /// - Parameters:
  ///   - start: nil begins afresh.
  ///   - data: `[N, 2]`, for each step.
  ///   - each: called with the number of steps made and the averaged parameters, after each step.
  func train(
    steps: Int, from start: Parameters? = nil, each: (Int, Parameters) -> Void = { _, _ in },
    data: (inout RandomSource) throws -> Tensor
  ) throws -> Parameters {
    var trainer = Trainer(
      TrainingPlan(
        steps: steps, rate: LearningRate(peak: 2e-3, warmUp: 30, shape: .cosine, final: 0.02), seed: seed &+ 7),
      from: start ?? Parameters(specs: network.specs, seed: seed &+ 7))
    let objective = DenoisingScoreMatching(
      times: .karras(Method<Void>.scorePath.range, share: 1), weight: .edm(deviation: deviation))
    while !trainer.isFinished {
      _ = try trainer.advance { p, random in
        let points = try data(&random)
        return try objective.losses(denoiser(p), data: points, (), &random)
      }
      each(trainer.step, trainer.average.parameters)
    }
    return trainer.average.parameters
  }
}

extension Experiment {
  /// DisBack's first stage: what a teacher's copy becomes on the way to fitting an untrained student.
  public struct Degradation {
    /// Snapshots, the one nearest to the student first; neither the teacher itself nor the end, which ``fake`` is.
    public let nodes: [Denoiser<Void>]
    /// Fits the untrained student's samples: where the fake score starts.
    public let fake: Parameters
  }

  /// Records the way from the teacher to the student that `method` would start from with this experiment's seed.
  ///
  /// The exact teacher has no parameters; its copy is a network trained on data.
  ///
  /// - Parameters:
  ///   - count: nodes.
  ///   - steps: fine-tuning steps in all, a node after each equal share of them.
  public func degradation(
    of method: Method<Void>, on material: Material<Void>, nodes count: Int, steps: Int
  ) throws -> Degradation {
    let group = method.groups[0], network = PointNetwork.make(for: group)
    let student = Student(method.form, network.bound(to: Parameters(specs: network.specs, seed: seed)))
    let training = ScoreTraining(deviation: material.deviation, seed: seed)
    let teacher = try training.train(steps: 600) { try material.draw(256, &$0).data }
    var recorded: [Parameters] = []
    let end = try training.train(steps: steps, from: teacher) { step, p in
      if recorded.count < count, step >= (recorded.count + 1) * steps / (count + 1) { recorded.append(p) }
    } data: { random in
      try student.map.generated(from: random.normal([256, 2]), on: method.form.path, ()).values
    }
    return Degradation(nodes: recorded.reversed().map { training.denoiser($0) }, fake: end)
  }
}
