import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// TiUE: points encoded once and decoded for four times, by score distillation from the exact teacher. The baseline is the
/// same network, trained as a flow that encodes at every time, used in the same way without distillation.
///
/// The paper's term on the moments of predicted noise needs many elements a sample and is left out for points.
public struct SharedEncoderStudy: LabStudy {
  public let name = "tiue", paper = "Li et al. 2025"
  public let summary = "sliced Wasserstein distance on ring8; baseline: the flow it starts from, decoded the same way"
  public var flowSteps = 800, fakeSteps = 300, steps = 2800, rows = 256, measured = 16384
  /// The decoder's times.
  public var times = [1, 0.75, 0.5, 0.25]

  public init() {}

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: flowSteps + steps, progress)
    let mixture = GaussianMixture.ring8, network = SharedPointNetwork()
    let flow = try trainFlow(network, mixture, seed, &clock)
    let student = try distil(network, from: flow, mixture, seed, &clock)
    func distance(_ p: Parameters) throws -> PointMetrics {
      let noise = Tensor.normal([measured, 2], seed: seed &+ 99)
      return PointMetrics(try Compute.perform { try network.student(times, p)(noise, ()).data }, of: mixture)
    }
    let (before, after) = (try distance(flow), try distance(student))
    return StudyResult(
      baseline: before.slicedWasserstein, distilled: after.slicedWasserstein, unit: "sw", seconds: clock.seconds,
      further: ["in mode": after.shareInMode])
  }

  private func trainFlow(
    _ network: SharedPointNetwork, _ mixture: GaussianMixture, _ seed: UInt64, _ clock: inout StudyClock
  ) throws -> Parameters {
    let rate = LearningRate(peak: 2e-3, warmUp: 50, shape: .cosine, final: 0.02)
    var trainer = Trainer(
      TrainingPlan(steps: flowSteps, rate: rate, seed: seed), from: Parameters(specs: network.specs, seed: seed))
    while !trainer.isFinished && !clock.isStopped {
      _ = try trainer.advance { p, random in
        let draw = Draw(data: mixture.sample(count: rows, &random), noise: random.normal([rows, 2]), condition: ())
        return try FlowMatching(path: .linear, times: .uniform(1e-3...1)).losses(
          { x, t, _ in network.decode(network.encode(x, t, p), t, p) }, draw, &random)
      }
      _ = clock.tick()
    }
    return trainer.average.parameters
  }

  /// Variational score distillation: the fake score and the student learn in turns.
  private func distil(
    _ network: SharedPointNetwork, from start: Parameters, _ mixture: GaussianMixture, _ seed: UInt64,
    _ clock: inout StudyClock
  ) throws -> Parameters {
    let path = Method<Void>.scorePath, score = ScoreTraining(deviation: mixture.deviation, seed: seed)
    let teacher = mixture.denoiser(on: path)
    func plan(_ peak: Double, _ stream: UInt64) -> TrainingPlan {
      TrainingPlan(
        steps: steps, rate: LearningRate(peak: peak, warmUp: 50, shape: .cosine, final: 0.02), seed: seed &+ stream)
    }
    var student = Trainer(plan(1e-3, 11), rule: .adam(beta1: 0), from: start)
    var fake = Trainer(
      plan(2e-3, 12), rule: .adam(beta1: 0),
      from: try score.train(steps: fakeSteps) { mixture.sample(count: rows, &$0) })
    let matching = DenoisingScoreMatching(
      times: .karras(path.range, share: 1), weight: .edm(deviation: mixture.deviation))
    let distillation = ScoreDistillation(times: .karras(path.range, share: 0.6))
    while !student.isFinished && !clock.isStopped {
      let current = student.parameters
      _ = try fake.advance { p, random in
        let made = try network.student(times, current)(random.normal([rows, 2]), ()).data
        return try matching.losses(score.denoiser(p), data: made, (), &random)
      }
      let fakeScore = score.denoiser(fake.parameters)
      _ = try student.advance { p, random in
        let made = try network.student(times, p)(random.normal([rows, 2]), ()).data
        return try distillation.losses(generated: made, teacher: teacher, fake: fakeScore, (), &random)
      }
      _ = clock.tick()
    }
    return student.average.parameters
  }
}

/// A point network in two halves: features of a point at a time, and the velocity at a time from features.
struct SharedPointNetwork {
  let specs: [ParameterSpec]
  private let encoder: [Linear], decoder: [Linear]

  init(width: Int = 64) {
    let scope = ParameterScope()
    func layers(_ name: String, _ widths: [Int]) -> [Linear] {
      zip(widths, widths.dropFirst()).enumerated().map { index, pair in
        Linear(
          scope.nested(name).nested(index), inputs: pair.0, outputs: pair.1,
          initialization: .normal(std: (1 / Float(pair.0)).squareRoot()))
      }
    }
    encoder = layers("encoder", [2 + 5, width, width])
    decoder = layers("decoder", [width + 5, width, 2])
    specs = scope.specs
  }

  /// `[N, 2]` -> [N, width].
  func encode(_ x: Tensor, _ times: [Double], _ p: Parameters) -> Tensor {
    var h = Tensor.concatenated([x, PointNetwork.features(times)], axis: 1)
    for layer in encoder { h = layer(h, p).silu() }
    return h
  }

  /// `[N, width]` -> [N, 2].
  func decode(_ features: Tensor, _ times: [Double], _ p: Parameters) -> Tensor {
    let h = decoder[0](Tensor.concatenated([features, PointNetwork.features(times)], axis: 1), p).silu()
    return decoder[1](h, p)
  }

  /// One encoding at the first time; all decodings as one batch.
  func student(_ times: [Double], _ p: Parameters) -> SharedEncoderStudent<Tensor, Void> {
    SharedEncoderStudent(on: .linear, times: times, predicting: .velocity) { x, _ in
      encode(x, [Double](repeating: times[0], count: x.shape[0]), p)
    } decode: { features, times, _ in
      let n = features.shape[0], rows = times.flatMap { [Double](repeating: $0, count: n) }
      let all = decode(Tensor.concatenated(times.map { _ in features }, axis: 0), rows, p)
      return times.indices.map { all.sliced(axis: 0, $0 * n..<($0 + 1) * n) }
    }
  }
}
