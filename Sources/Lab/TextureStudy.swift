import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// HiPA: a flow network of many steps stays frozen, and small adapters make it draw in one, by the distance to the teacher's
/// own results with a term for fine detail. Data are stripes of 8 x 8 grey pixels; the baseline is the network without its
/// adapters in one step, which draws the mean of all data.
public struct TextureStudy: LabStudy {
  public let name = "hipa", paper = "Zhang et al. 2023"
  public let summary = "sliced Wasserstein distance of 8 x 8 stripes; baseline: the undistilled network in one step"
  public var flowSteps = 1800, steps = 900, rows = 128, pairs = 2048, measured = 4096
  public var rank = 16
  public var detail = HighFrequency()
  /// Weight of the detail beside the squared distance.
  public var detailWeight: Float = 0.2

  public init() {}

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: flowSteps + steps, progress)
    let network = TextureNetwork(rank: rank)
    let frozen = try trainFlow(network, seed, &clock)
    let stored = try teacherPairs(network, frozen, seed)
    let adapted = try adapt(network, from: frozen, stored, seed, &clock)

    var random = RandomSource(seed: seed &+ 31)
    let noise = random.normal([measured, Stripes.pixels]), data = Stripes.sample(measured, &random)
    let other = Stripes.sample(measured, &random)
    func distance(_ p: Parameters) throws -> Double {
      let made = try Compute.perform { try network.map(p).generated(from: noise, on: .linear, ()) }
      return Stripes.slicedWasserstein(made, data)
    }
    let steady = try Compute.perform {
      try FlowMap.integrating(network.field(frozen), with: .heun, steps: 12).generated(from: noise, on: .linear, ())
    }
    let trained = network.specs.filter(TextureNetwork.isAdapter).reduce(0) { $0 + $1.shape.reduce(1, *) }
    return StudyResult(
      baseline: try distance(frozen), distilled: try distance(adapted), unit: "sw", seconds: clock.seconds,
      further: [
        "trained share": Double(trained) / Double(frozen.count), "teacher": Stripes.slicedWasserstein(steady, data),
        "floor": Stripes.slicedWasserstein(other, data),
      ])
  }

  private func trainFlow(_ network: TextureNetwork, _ seed: UInt64, _ clock: inout StudyClock) throws -> Parameters {
    let rate = LearningRate(peak: 2e-3, warmUp: 50, shape: .cosine, final: 0.02)
    var trainer = Trainer(
      TrainingPlan(steps: flowSteps, rate: rate, seed: seed), from: Parameters(specs: network.specs, seed: seed),
      isFrozen: TextureNetwork.isAdapter)
    while !trainer.isFinished && !clock.isStopped {
      _ = try trainer.advance { p, random in
        let draw = Draw(
          data: Stripes.sample(rows, &random), noise: random.normal([rows, Stripes.pixels]), condition: ())
        return try FlowMatching(path: .linear, times: .uniform(1e-3...1)).losses(network.field(p), draw, &random)
      }
      _ = clock.tick()
    }
    return trainer.average.parameters
  }

  private func teacherPairs(_ network: TextureNetwork, _ p: Parameters, _ seed: UInt64) throws -> TeacherPairs {
    let noise = Tensor.normal([pairs, Stripes.pixels], seed: seed &+ 21)
    let flow = FlowMap.integrating(network.field(p), with: .heun, steps: 12)
    return TeacherPairs(noise: noise, data: try Compute.perform { try flow.generated(from: noise, on: .linear, ()) })
  }

  private func adapt(
    _ network: TextureNetwork, from start: Parameters, _ stored: TeacherPairs, _ seed: UInt64, _ clock: inout StudyClock
  ) throws -> Parameters {
    let rate = LearningRate(peak: 3e-3, warmUp: 50, shape: .cosine, final: 0.02)
    let (detail, share) = (detail, detailWeight)
    let objective = PairRegression(path: .linear) { made, wanted in
      func image(_ x: Tensor) -> Tensor { x.reshaped(x.shape[0], Stripes.side, Stripes.side, 1) }
      return Distance.l2(made, wanted) + detail(image(made), image(wanted)) * share
    }
    var trainer = Trainer(
      TrainingPlan(steps: steps, rate: rate, seed: seed &+ 22), from: start, isFrozen: { !TextureNetwork.isAdapter($0) }
    )
    while !trainer.isFinished && !clock.isStopped {
      _ = try trainer.advance { p, random in
        try objective.losses(network.map(p), stored.draw(rows: rows, &random))
      }
      _ = clock.tick()
    }
    return trainer.average.parameters
  }
}

/// Stripes along either axis, two cycles an image, any phase, with a little noise.
enum Stripes {
  static let side = 8, pixels = side * side
  private static let waves: [(x: Float, y: Float)] = [(2, 0), (0, 2)]

  /// `[count, 64]`, row by row.
  static func sample(_ count: Int, _ random: inout RandomSource) -> Tensor {
    let kinds = random.integers(below: waves.count, count: count), phases = random.uniform(count: count)
    let grain = random.normal([count, pixels]) * 0.1
    let clean = Tensor(shape: [count, pixels]) { buffer in
      for row in 0..<count {
        let wave = waves[kinds[row]]
        for pixel in 0..<pixels {
          let cycles = (wave.x * Float(pixel % side) + wave.y * Float(pixel / side)) / Float(side) + phases[row]
          buffer[row * pixels + pixel] = sinf(2 * .pi * cycles)
        }
      }
    }
    return clean + grain
  }

  /// Waves of all frequencies and both phases, an orthonormal basis (Hartley's): `[64, 64]`, one a column. Random directions
  /// would take white noise for stripes.
  private static let basis: Tensor = {
    var values: [Float] = []
    for pixel in 0..<pixels {
      for wave in 0..<pixels {
        let cycles = Double((pixel % side) * (wave % side) + (pixel / side) * (wave / side)) / Double(side)
        values.append(Float((cos(2 * Double.pi * cycles) + sin(2 * Double.pi * cycles)) / Double(side)))
      }
    }
    return Tensor(values, shape: [pixels, pixels])
  }()

  /// Root mean square difference of sorted projections on that basis, between two equally large sets `[N, 64]`.
  static func slicedWasserstein(_ a: Tensor, _ b: Tensor) -> Double {
    func projections(_ x: Tensor) -> [[Float]] {
      let values = x.matmul(basis).floats, n = x.shape[0]
      return (0..<pixels).map { k in (0..<n).map { values[$0 * pixels + k] }.sorted() }
    }
    let sums = zip(projections(a), projections(b)).map { p, q in
      zip(p, q).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }
    return (sums.reduce(0, +) / Double(pixels * a.shape[0])).squareRoot()
  }
}

/// A perceptron for the velocity of small pictures, each of its layers with a low-rank adapter.
struct TextureNetwork {
  let specs: [ParameterSpec]
  private let layers: [(base: Linear, adapter: LowRankAdapter)]

  init(width: Int = 192, rank: Int) {
    let scope = ParameterScope(), widths = [Stripes.pixels + 5, width, width, width, Stripes.pixels]
    layers = zip(widths, widths.dropFirst()).enumerated().map { index, pair in
      let place = scope.nested("layers").nested(index)
      return (
        Linear(place, inputs: pair.0, outputs: pair.1),
        LowRankAdapter(place.nested("adapter"), inputs: pair.0, outputs: pair.1, rank: rank, alpha: Float(rank))
      )
    }
    specs = scope.specs
  }

  static func isAdapter(_ spec: ParameterSpec) -> Bool { spec.name.contains(".adapter.") }

  func callAsFunction(_ x: Tensor, _ times: [Double], _ p: Parameters) -> Tensor {
    var h = Tensor.concatenated([x, PointNetwork.features(times)], axis: 1)
    for (index, layer) in layers.enumerated() {
      h = layer.base(h, p) + layer.adapter(h, p)
      if index + 1 < layers.count { h = h.silu() }
    }
    // What the velocity is at both ends, where data or noise hide the other: -x and x.
    return h + x * perRow(times.map { 2 * $0 - 1 }, like: x)
  }

  func field(_ p: Parameters) -> VelocityField<Void> { { x, t, _ in self(x, t, p) } }
  func map(_ p: Parameters) -> FlowMap<Void> { FlowMap(average: { x, t, _, _ in self(x, t, p) }) }
}
