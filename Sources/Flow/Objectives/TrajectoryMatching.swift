import OneStepTensors

/// Trajectory distribution matching (Luo et al. 2025): a student of K deterministic steps whose every intermediate point,
/// not only its end, is distributed as the teacher's.
///
/// The student's own DDIM trajectory is rolled to a random step without gradient; the step's result goes on to the clean
/// side of its segment, and the score difference is taken between there and the segment's noisy side.
public struct TrajectoryMatching: Sendable {
  /// K + 1 times from the source to data.
  public var times: [Double]
  public var weight: ScoreWeight

  public init(times: [Double], weight: ScoreWeight = .normalized) { (self.times, self.weight) = (times, weight) }

  /// Data of one student step from a point of its own trajectory, and the times between which it is judged.
  public struct Segment {
    /// With the student's gradient, `[N, ...]`.
    public let data: Tensor
    public let clean: Double, noisy: Double
  }

  /// - Parameter student: the data that the student sees at a time.
  public func segment<C>(
    _ student: Denoiser<C>, noise: Tensor, _ condition: C, _ random: inout RandomSource
  ) throws -> Segment {
    let k = random.integers(below: times.count - 1, count: 1)[0], n = noise.shape[0]
    func row(_ t: Double) -> [Double] { [Double](repeating: t, count: n) }
    var x = noise * Float(student.path.scales(times[0]).noise)
    for i in 0..<k {
      x = try FlowMap.ddim(student)(x, from: row(times[i]), to: row(times[i + 1]), condition).values
    }
    return Segment(data: try student(x, at: row(times[k]), condition), clean: times[k + 1], noisy: times[k])
  }

  /// Times within a segment, where the fake score sees this segment's results only.
  public func times(of segment: Segment, on path: Path) -> TimeLaw {
    let low = max(segment.clean, path.range.lowerBound)
    return .karras(low...max(low, segment.noisy), share: 1)
  }

  /// The generator's loss for a segment.
  public func losses<C>(
    _ segment: Segment, teacher: Denoiser<C>, fake: Denoiser<C>, _ condition: C, _ random: inout RandomSource
  ) throws -> Losses {
    try ScoreDistillation(times: times(of: segment, on: teacher.path), weight: weight)
      .losses(generated: segment.data, teacher: teacher, fake: fake, condition, &random)
  }
}
