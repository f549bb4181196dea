import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Points that are seen coarsely: the condition is the point with noise of deviation `blur` on it. The exact teacher knows
/// both what it is asked about and the condition: two noisy views of one point are one view with less noise,
///
///     1 / r² = 1 / t² + 1 / blur²,   D(x, t | y) = D(r² (x / t² + y / blur²), r)
public struct ConditionedPoints: Sendable {
  public let mixture: GaussianMixture
  public let blur: Double

  public init(_ mixture: GaussianMixture, blur: Double) { (self.mixture, self.blur) = (mixture, blur) }

  public func draw(_ rows: Int, _ random: inout RandomSource) -> Draw<Tensor> {
    let data = mixture.sample(count: rows, &random), noise = random.normal([rows, 2])
    return Draw(data: data, noise: noise, condition: data + random.normal([rows, 2]) * Float(blur))
  }

  /// E[x0 | x, y].
  public var teacher: Denoiser<Tensor> {
    let inner = mixture.denoiser(on: .edm(1e-4...1e3)), precision = 1 / (blur * blur)
    return Denoiser(on: .edm(1e-3...1e3)) { x, times, y in
      let total = times.map { 1 / ($0 * $0) + precision }
      let own = perRow(zip(times, total).map { 1 / ($0 * $0 * $1) }, like: x)
      let view = x * own + y * perRow(total.map { precision / $0 }, like: x)
      return try inner(view, at: total.map { 1 / $0.squareRoot() }, ())
    }
  }

  /// For any method of points under a condition.
  public var material: Material<Tensor> {
    let teacher = teacher, flow = FlowMap.integrating(teacher.on(.linear).velocity, with: .heun, steps: 16)
    return Material(
      deviation: mixture.deviation, teacher: teacher, draw: { draw($0, &$1) },
      pairs: { rows, random in
        let fresh = draw(rows, &random)
        let made = try flow(
          fresh.noise, from: [Double](repeating: 1 - 1e-3, count: rows), to: [Double](repeating: 1e-3, count: rows),
          fresh.condition)
        return Draw(data: made, noise: fresh.noise, condition: fresh.condition)
      })
  }
}

/// CoMoSpeech: consistency distillation of a decoder that sees a coarse prior, here a noisy point of ring8 for the average
/// spectrogram of a text. Measured is the sliced Wasserstein distance of one call; the baseline is the teacher's one step,
/// the mean of all points that the prior allows.
public struct ConditionedStudy: LabStudy {
  public let name = "comospeech", paper = "Ye et al. 2023"
  public let summary = "sliced Wasserstein distance on ring8 seen coarsely; baseline: one step of the teacher"
  public var iterations = 5000, measured = 16384
  public var points = ConditionedPoints(.ring8, blur: 0.8)

  public init() {}

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: iterations, progress)
    let material = points.material, method = Method<Tensor>.consistencyDistillation(material)
    var trainer = MethodTrainer(method, on: material, iterations: iterations, seed: seed) { group in
      let network = PointNetwork(clocks: method.form.clocks, extra: 2)
      return FlowNetwork(network.specs) { x, clocks, y, p in network(x, clocks, extra: y, p) }
    }
    while !trainer.isFinished && !clock.isStopped {
      _ = try trainer.advance()
      _ = clock.tick()
    }
    var random = RandomSource(seed: seed &+ 51)
    let seen = points.draw(measured, &random), path = method.form.path
    let source = path.range.upperBound, start = seen.noise * Float(path.scales(source).noise)
    let (made, mean) = try Compute.perform {
      (
        try trainer.student.map.generated(from: seen.noise, on: path, seen.condition),
        try material.teacher.on(path)(start, at: [Double](repeating: source, count: measured), seen.condition)
      )
    }
    let (before, after) = (PointMetrics(mean, of: points.mixture), PointMetrics(made, of: points.mixture))
    // How far samples are from what was seen: no closer and no farther than data are.
    func miss(_ x: Tensor) -> Double { Double((x - seen.condition).squared().mean().item).squareRoot() }
    return StudyResult(
      baseline: before.slicedWasserstein, distilled: after.slicedWasserstein, unit: "sw", seconds: clock.seconds,
      further: [
        "in mode": after.shareInMode, "from condition": miss(made), "from condition, data": miss(seen.data),
      ])
  }
}
