import Foundation
import OneStepFlow
import OneStepTensors

// Students that are steered: a policy by reward, a generator by a target for its samples, a decoder by its rate.

extension GaussianMixture {
  /// Four equal modes on a circle of radius 1.5, deviation 0.3: easy enough that what is measured is the steering.
  static let compass = GaussianMixture(
    weights: [1, 1, 1, 1], means: [[1.5, 0], [0, 1.5], [-1.5, 0], [0, -1.5]], deviations: [0.3, 0.3, 0.3, 0.3])
}

/// OFQL on a bandit whose actions are points about the four ends of a compass and whose reward grows towards the right,
/// `(1 + cos angle) / 2`. Measured is the regret, 1 - mean reward; the baseline is the same policy without the value:
/// behaviour cloning.
public struct BanditStudy: LabStudy {
  public let name = "ofql", paper = "OFQL 2026"
  public let summary = "regret of one-step actions about four modes; baseline: behaviour cloning, eta 0"
  public var iterations = 2000
  public var eta = 0.06

  public init() {}

  /// `[N, 2]` -> [N], in 0...1.
  public static func reward(_ actions: Tensor) -> Tensor {
    let x = actions.sliced(axis: 1, 0..<1), norm = actions.squared().sum([1], keepingAxes: true).squareRoot() + 1e-6
    return ((x / norm + 1) * 0.5).reshaped(actions.shape[0])
  }

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: 2 * iterations, progress)
    let experiment = Experiment(.compass, iterations: iterations, seed: seed), material = try experiment.material()
    func policy(_ eta: Double) throws -> (regret: Double, inMode: Double) {
      let trainer = try experiment.train(.flowQLearning(eta: eta, reward: Self.reward), on: material) { _, _ in
        clock.tick()
      }
      let actions = try experiment.sample(trainer, .oneStep)
      return (
        1 - Double(Self.reward(actions).mean().item), PointMetrics(actions, of: experiment.mixture).shareInMode
      )
    }
    let (cloned, learnt) = (try policy(0), try policy(eta))
    return StudyResult(
      baseline: cloned.regret, distilled: learnt.regret, unit: "regret", seconds: clock.seconds,
      further: ["in mode": learnt.inMode, "in mode, cloned": cloned.inMode])
  }
}

/// DITTO-2 on a consistency trajectory student of four modes: the noise is optimised until the sample's first coordinate is the
/// one asked for, then decoded with two calls. Measured is the root mean square miss of the decoded samples; the baseline is
/// the same noise as it was drawn.
public struct LatentStudy: LabStudy {
  public let name = "ditto-2", paper = "Novack et al. 2024"
  public let summary = "miss of a target for the first coordinate on four modes; baseline: noise as drawn"
  public var iterations = 2000, requests = 2048
  public var optimization = LatentOptimization(steps: 70, rate: 0.05)

  public init() {}

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: iterations, progress)
    let experiment = Experiment(.compass, iterations: iterations, seed: seed), material = try experiment.material()
    let trainer = try experiment.train(.consistencyTrajectory(material), on: material) { _, _ in clock.tick() }
    var random = RandomSource(seed: seed &+ 41)
    func first(_ x: Tensor) -> Tensor { x.sliced(axis: 1, 0..<1).reshaped(requests) }
    // Values that data have, each asked of some noise or other.
    let wanted = first(experiment.mixture.sample(count: requests, &random))
    let sampler = trainer.method.samplers[trainer.method.samplers.count - 1]
    let noise = random.normal([requests, 2])
    func miss(_ losses: Tensor) -> Double { Double(losses.mean().item).squareRoot() }
    let drawn = try Compute.perform {
      try sampler(trainer.student.map, noise: noise, on: trainer.method.form.path, (), &random)
    }
    let result = try optimization(
      trainer.student.map, from: noise, on: trainer.method.form.path, decodedBy: sampler, (), &random
    ) { (first($0) - wanted).squared() }
    return StudyResult(
      baseline: miss((first(drawn) - wanted).squared()), distilled: miss(result.decoded), unit: "miss",
      seconds: clock.seconds,
      further: [
        "in mode": PointMetrics(result.data, of: experiment.mixture).shareInMode,
        "in mode, drawn": PointMetrics(drawn, of: experiment.mixture).shareInMode, "surrogate": miss(result.surrogate),
        "noise": Double(result.noise.squared().mean().item),
      ])
  }
}

/// OSCAR as a codec of ring8's points: three lattices, each with its pseudo-time, and one decoder. Measured is the root mean
/// square error over the rates; the baseline is the exact teacher, asked at the same points and times without training.
public struct PseudoTimeStudy: LabStudy {
  public let name = "oscar", paper = "Guo et al. 2025"
  public let summary = "error of decoded lattice points on ring8; baseline: the teacher at the same pseudo-times"
  public var iterations = 3000, measured = 16384
  /// Distances of a lattice's points: the lower, the more bits.
  public var lattices: [Float] = [0.5, 0.8, 1.1]

  public init() {}

  /// The nearest point of a lattice that has a point at half a step from the origin.
  private static func quantized(_ x: Tensor, _ step: Float) -> Tensor {
    Tensor(x.floats.map { (($0 / step).rounded(.down) + 0.5) * step }, shape: x.shape)
  }

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: iterations, progress)
    let mixture = GaussianMixture.ring8
    let experiment = Experiment(mixture, iterations: iterations, seed: seed), material = try experiment.material()
    let examples = mixture.stratified(count: 8192, seed: seed)
    let rates = lattices.compactMap { step in
      PseudoTime(data: examples, degraded: Self.quantized(examples, step)).map { place in
        (quantize: { Self.quantized($0, step) } as (Tensor) -> Tensor, place: place)
      }
    }
    let trainer = try experiment.train(.oscar(material, rates: rates), on: material) { _, _ in clock.tick() }
    let data = mixture.stratified(count: measured, seed: seed &+ 1), path = trainer.method.form.path
    func error(_ decode: (_ point: Tensor, _ times: [Double], _ raw: Tensor) throws -> Tensor) throws -> Double {
      let errors = try Compute.perform {
        try rates.map { rate in
          let raw = rate.quantize(data), x = rate.place.point(raw, on: path, deviation: material.deviation)
          return Double((try decode(x.point, x.times, raw) - data).squared().mean().item)
        }
      }
      return (errors.reduce(0, +) / Double(errors.count)).squareRoot()
    }
    let teacher = material.teacher.on(path)
    return StudyResult(
      baseline: try error { x, t, _ in try teacher(x, at: t, ()) },
      distilled: try error { x, t, _ in try trainer.student.denoiser(x, at: t, ()) }, unit: "rmse",
      seconds: clock.seconds,
      further: ["lattice alone": try error { _, _, raw in raw }])
  }
}
