import OneStepTensors

/// Trajectory distribution matching (Luo et al. 2025): a student of K deterministic steps whose every intermediate point,
/// not only its end, is distributed as the teacher's.
///
/// The student's own DDIM trajectory is rolled to a random step without gradient. The step's point on the clean side of its
/// segment is diffused further, up to the segment's noisy side, and the denoisers are compared there: each time belongs to one
/// segment, so that one fake score serves all of them.
public struct TrajectoryMatching: Sendable {
  /// K + 1 times from the source to data.
  public var times: [Double]
  public var weight: ScoreWeight

  public init(times: [Double], weight: ScoreWeight = .normalized) { (self.times, self.weight) = (times, weight) }

  /// One student step from a point of its own trajectory, diffused further.
  public struct Segment {
    /// What the student sees, with its gradient, `[N, ...]`.
    public let data: Tensor
    /// The step's result with more noise, without gradient, like `data`, and the time of each row.
    public let point: Tensor, times: [Double]
  }

  /// - Parameter student: the data that the student sees at a time.
  public func segment<C>(
    _ student: Denoiser<C>, noise: Tensor, _ condition: C, _ random: inout RandomSource
  ) throws -> Segment {
    let k = random.integers(below: times.count - 1, count: 1)[0], n = noise.shape[0], path = student.path
    func row(_ t: Double) -> [Double] { [Double](repeating: t, count: n) }
    var x = noise * Float(path.scales(times[0]).noise)
    for i in 0..<k {
      x = try FlowMap.ddim(student)(x, from: row(times[i]), to: row(times[i + 1]), condition).values
    }
    let data = try student(x, at: row(times[k]), condition)
    let known = Denoiser<C>(on: path) { _, _, _ in data.values }
    let clean = max(times[k + 1], path.range.lowerBound)
    let arrived = try FlowMap.ddim(known)(x, from: row(times[k]), to: row(clean), condition)
    let t = TimeLaw.karras(clean...times[k], share: 1)(n, &random)
    let start = path.scales(clean), scales = t.map(path.scales), ratio = scales.map { $0.signal / start.signal }
    let added = zip(scales, ratio).map {
      max(0, $0.noise * $0.noise - $1 * $1 * start.noise * start.noise).squareRoot()
    }
    let point = arrived * perRow(ratio, like: x) + random.normal(x.shape) * perRow(added, like: x)
    return Segment(data: data, point: point, times: t)
  }

  /// The generator's loss for a segment.
  public func losses<C>(
    _ segment: Segment, teacher: Denoiser<C>, fake: Denoiser<C>, _ condition: C
  ) throws -> Losses {
    try ScoreDistillation(times: .fixed(0), weight: weight).losses(
      generated: segment.data, at: segment.point, segment.times, teacher: teacher, fake: fake, condition)
  }

  /// What the fake score learns of a segment: the student's data from the diffused point.
  public func fakeLosses<C>(
    _ segment: Segment, fake: Denoiser<C>, weight: DenoisingScoreMatching.Weight, _ condition: C
  ) throws -> Losses {
    let w = segment.times.map { Float(weight(fake.path.noiseToSignal($0))) }
    var losses = Losses()
    let error = Distance.l2(try fake(segment.point, at: segment.times, condition), segment.data.values)
    losses.add("denoising", (error * Tensor(w, shape: [w.count])).mean())
    return losses
  }
}
