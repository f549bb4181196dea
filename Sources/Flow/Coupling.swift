import OneStepTensors

/// What one training step draws: data, the noise of its source, and what the network may see.
public struct Draw<C> {
  /// Clean data x0, `[N, ...]`.
  public let data: Tensor
  /// eps ~ N(0, I), like `data`.
  public let noise: Tensor
  /// The path's anchor, such as the upsampled low-resolution image.
  public let anchor: Tensor?
  public var condition: C

  public init(data: Tensor, noise: Tensor, anchor: Tensor? = nil, condition: C) {
    (self.data, self.noise, self.anchor, self.condition) = (data, noise, anchor, condition)
  }
  var rows: Int { data.shape[0] }
}

/// Noise and what a teacher makes of it: row i of one belongs to row i of the other.
public struct TeacherPairs: Sendable {
  /// eps, `[N, ...]`.
  public let noise: Tensor
  /// The teacher's sample from it, like `noise`.
  public let data: Tensor

  public init(noise: Tensor, data: Tensor) {
    precondition(noise.shape == data.shape, "pairs of shapes \(noise.shape) and \(data.shape)")
    (self.noise, self.data) = (noise, data)
  }

  /// `rows` pairs, drawn with replacement.
  public func draw(rows: Int, _ random: inout RandomSource) -> Draw<Void> {
    let picked = random.integers(below: noise.shape[0], count: rows).map(Int32.init)
    return Draw(data: data.gathered(rows: picked), noise: noise.gathered(rows: picked), condition: ())
  }
}

extension Draw {
  /// SlimFlow's annealing (Zhu et al. 2024, equation 9): the pair's noise gives way to fresh noise,
  /// `sqrt(1 - share²) eps + share eps'`. 1 is flow matching on the teacher's samples, 0 is reflow.
  public func annealed(share: Double, _ random: inout RandomSource) -> Draw {
    let fresh = random.normal(noise.shape)
    return Draw(
      data: data, noise: noise * Float((1 - share * share).squareRoot()) + fresh * Float(share), anchor: anchor,
      condition: condition)
  }
}
