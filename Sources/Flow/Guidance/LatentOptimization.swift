import OneStepTensors

/// Control of a one-step student without training (DITTO-2, Novack et al. 2024): the noise itself is optimised until the
/// sample meets a target, with one call of the student in the loop, and the best noise is decoded with more calls.
///
/// Rows are optimised side by side, each by Adam for its own loss, and each keeps its best noise: the loss is not monotone.
/// A small rate and few steps keep the noise near where it was drawn, which is what keeps samples plausible.
public struct LatentOptimization: Sendable {
  /// Most steps, one forward and one backward pass each.
  public var steps: Int
  /// Adam moves a coordinate by at most about this much in a step.
  public var rate: Float
  /// Stops when every row's loss is at or below this.
  public var tolerance: Float

  public init(steps: Int = 70, rate: Float = 5e-3, tolerance: Float = 0) {
    (self.steps, self.rate, self.tolerance) = (steps, rate, tolerance)
  }

  public struct Result: Sendable {
    /// The best noise of each row, `[N, ...]`.
    public let noise: Tensor
    /// What the sampler makes of it, like the noise.
    public let data: Tensor
    /// Losses of the noise as given, `[N]`.
    public let first: Tensor
    /// Losses of the best noise with one call, `[N]`: what was optimised.
    public let surrogate: Tensor
    /// Losses of `data`, `[N]`: what counts.
    public let decoded: Tensor
  }

  /// - Parameters:
  ///   - map: the student.
  ///   - noise: where to start, `[N, ...]`.
  ///   - sampler: decodes the result.
  ///   - loss: of samples, `[N, ...]` -> [N].
  public func callAsFunction<C>(
    _ map: FlowMap<C>, from noise: Tensor, on path: Path, decodedBy sampler: Sampler, _ condition: C,
    _ random: inout RandomSource, loss: (_ data: Tensor) throws -> Tensor
  ) throws -> Result {
    try Compute.perform {
      var (x, mean, variance) = (noise.values, Tensor.zeros(noise.shape), Tensor.zeros(noise.shape))
      var first: Tensor?
      var best = (noise: x, loss: Tensor.filled(.greatestFiniteMagnitude, [noise.shape[0]]))
      // One look more than steps, so that the last step is judged too.
      for step in 0...steps {
        let tape = Tape()
        defer { tape.reset() }
        let leaf = tape.watch(x)
        let losses = try loss(map.generated(from: leaf, on: path, condition))
        let values = losses.values, better = Tensor.less(values, best.loss)
        first = first ?? values
        let rows = better.reshaped([noise.shape[0]] + [Int](repeating: 1, count: noise.rank - 1))
        best = (.select(rows, x, best.noise), .select(better, values, best.loss))
        if step == steps || best.loss.floats.allSatisfy({ $0 <= tolerance }) { break }
        let gradient = tape.gradients(of: losses.sum(), for: [leaf])[0]
        (mean, variance) = (mean * 0.9 + gradient * 0.1, variance * 0.999 + gradient.squared() * 0.001)
        let (a, b) = (1 - power(0.9, step + 1), 1 - power(0.999, step + 1))
        x = (x - (mean / a) / ((variance / b).squareRoot() + 1e-8) * rate).values
      }
      let data = try sampler(map, noise: best.noise, on: path, condition, &random)
      return Result(
        noise: best.noise, data: data, first: first ?? best.loss, surrogate: best.loss, decoded: try loss(data).values)
    }
  }

  private func power(_ base: Float, _ exponent: Int) -> Float { (0..<exponent).reduce(1) { value, _ in value * base } }
}
