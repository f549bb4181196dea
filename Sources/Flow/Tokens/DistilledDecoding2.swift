import Foundation
import OneStepTensors

/// Distilled decoding without a fixed map (Liu et al. 2025, "Distilled decoding 2: one-step sampling of image auto-regressive
/// models with conditional score distillation"): at every position the student's vector, made noisy, is moved from where its
/// own conditional distribution is dense to where the teacher's is.
///
/// Both are denoisers given the tokens before: the teacher's is closed-form, the student's is learnt beside it from the
/// student's sequences. With `x = (1 - t) y + t eps` and no gradient through the second factor,
///
///     loss = y · (D_fake(x) - D_teacher(x)) / mean |y - D_teacher|
public struct DistilledDecoding2: Sendable {
  /// The student's denoiser: noisy vectors `[N, L, d]`, a time for each of the N L positions, the whole sequences as
  /// vectors of the codebook, of which position i may use those before i -> [N, L, d].
  public typealias FakeDenoiser = (_ x: Tensor, _ times: [Double], _ vectors: Tensor) throws -> Tensor

  public var times: TimeLaw

  public init(times: TimeLaw = .uniform(0.05...0.95)) { self.times = times }

  /// - Parameter vectors: what the student made, `[N, L, d]`, on the tape.
  public func studentLosses(
    _ vectors: Tensor, teacher: TokenTeacher, fake: FakeDenoiser, _ random: inout RandomSource
  ) throws -> Losses {
    let (n, length, width) = (vectors.shape[0], vectors.shape[1], vectors.shape[2])
    let y = vectors.values, codebook = teacher.codebook
    let sequences = tokens(of: y, codebook)
    let logs = try teacher.logProbabilities(of: sequences).reshaped(n * length, codebook.count)
    let (x, t) = noisy(y, &random)
    let real = codebook.denoised(x.reshaped(n * length, width), at: t, logs).reshaped(y.shape)
    let own = try fake(x, t, codebook.vectors(of: sequences)).values
    let scale = (y - real).absolute().mean([2], keepingAxes: true) + 1e-2
    var losses = Losses()
    losses.add("score", (vectors * ((own - real) / scale)).sum([1, 2]).mean())
    return losses
  }

  /// Denoising of the student's own sequences, which keeps its fake denoiser up to date.
  public func fakeLosses(
    _ vectors: Tensor, codebook: Codebook, fake: FakeDenoiser, _ random: inout RandomSource
  ) throws -> Losses {
    let y = vectors.values
    let (x, t) = noisy(y, &random)
    let prefix = codebook.vectors(of: tokens(of: y, codebook))
    var losses = Losses()
    losses.add("fake", (try fake(x, t, prefix) - y).squared().sum([2]).mean())
    return losses
  }

  /// Tokens of vectors `[N, L, d]`.
  public func tokens(of vectors: Tensor, _ codebook: Codebook) -> [[Int]] {
    let (tokens, length) = (codebook.nearest(vectors), vectors.shape[1])
    return (0..<vectors.shape[0]).map { Array(tokens[$0 * length..<($0 + 1) * length]) }
  }

  private func noisy(_ y: Tensor, _ random: inout RandomSource) -> (x: Tensor, times: [Double]) {
    let rows = y.shape[0] * y.shape[1]
    let t = times(rows, &random)
    let flat = y.reshaped(rows, y.shape[2])
    return (Path.linear.point(flat, noise: random.normal(flat.shape), at: t).reshaped(y.shape), t)
  }
}
