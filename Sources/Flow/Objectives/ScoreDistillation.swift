import Foundation
import OneStepTensors

/// How the difference of two denoisers is scaled before it becomes a generator's gradient.
public enum ScoreWeight: Sendable, Equatable {
  /// 1: Diff-Instruct and its integral KL (Luo et al. 2023).
  case one
  /// signal² / noise²: the exact gradient of the Kullback-Leibler divergence at each time.
  case divergence
  /// signal noise: what is left of a weight noise² on noise predictions (SwiftBrush, Nguyen and Tran 2024).
  case noise
  /// 1 / mean|x - D_teacher(x_t)| of the row (DMD, Yin et al. 2024): rows far from the teacher do not drown the others.
  case normalized

  func rows(_ path: Path, _ times: [Double], _ generated: Tensor, _ real: Tensor) -> Tensor {
    let s = times.map(path.scales)
    switch self {
    case .one: return perRow([1], like: generated)
    case .divergence: return perRow(s.map { $0.signal * $0.signal / ($0.noise * $0.noise) }, like: generated)
    case .noise: return perRow(s.map { $0.signal * $0.noise }, like: generated)
    case .normalized:
      let axes = Array(1..<generated.rank)
      return 1 / ((generated - real).absolute().mean(axes, keepingAxes: true) + 1e-6)
    }
  }
}

/// Distribution matching by the difference of two scores (objective G; Wang et al. 2023's variational score distillation,
/// Diff-Instruct, DMD): the generator follows `w (D_fake - D_teacher)(x_t)`, and no gradient enters either denoiser.
///
/// The loss `|x - SG[x - g]|² / 2` has the gradient g / n for each of n elements.
public struct ScoreDistillation: Sendable {
  public var times: TimeLaw
  public var weight: ScoreWeight

  public init(times: TimeLaw, weight: ScoreWeight = .normalized) { (self.times, self.weight) = (times, weight) }

  /// - Parameters:
  ///   - generated: the generator's one-step results, `[N, ...]`.
  ///   - factor: h(r) of a row at its point and time (``Divergence``), for other divergences than the reverse one.
  public func losses<C>(
    generated x: Tensor, teacher: Denoiser<C>, fake: Denoiser<C>, _ condition: C,
    factor: ((_ point: Tensor, _ times: [Double]) throws -> Tensor)? = nil, _ random: inout RandomSource
  ) throws -> Losses {
    let t = times(x.shape[0], &random)
    let point = teacher.path.point(x.values, noise: random.normal(x.shape), at: t)
    return try losses(generated: x, at: point, t, teacher: teacher, fake: fake, condition, factor: factor)
  }

  /// The same at noisy points that were made of the results in another way.
  func losses<C>(
    generated x: Tensor, at point: Tensor, _ t: [Double], teacher: Denoiser<C>, fake: Denoiser<C>, _ condition: C,
    factor: ((_ point: Tensor, _ times: [Double]) throws -> Tensor)? = nil
  ) throws -> Losses {
    let path = teacher.path, clean = x.values
    let real = try teacher(point, at: t, condition).values
    var gradient = (try fake(point, at: t, condition).values - real) * weight.rows(path, t, clean, real)
    if let factor {
      gradient =
        gradient * (try factor(point, t).values.reshaped([x.shape[0]] + [Int](repeating: 1, count: x.rank - 1)))
    }
    var losses = Losses()
    losses.add("distribution", weight: 0.5, Distance.l2(x, clean - gradient.withoutNonFinite()).mean())
    return losses
  }
}

extension Tensor {
  /// Zeros where numbers are not finite: one bad row of a score difference must not stop the others.
  func withoutNonFinite() -> Tensor {
    let finite = Tensor.less(absolute(), .filled(.greatestFiniteMagnitude, [1]))
    return .select(finite, self, .zeros([1]))
  }
}

/// Denoising score matching: what a teacher learns from data and a fake score from the generator's results.
public struct DenoisingScoreMatching: Sendable {
  public enum Weight: Sendable, Equatable {
    case one
    /// `(r² + d²) / (r d)²` at the noise-to-signal ratio r: EDM's, for data of standard deviation d.
    case edm(deviation: Double)
    /// min(signal² / noise², limit).
    case truncatedSignalToNoise(limit: Double)

    func callAsFunction(_ r: Double) -> Double {
      switch self {
      case .one: 1
      case .edm(let d): (r * r + d * d) / (r * d * r * d)
      case .truncatedSignalToNoise(let limit): min(1 / (r * r), limit)
      }
    }
  }
  public var times: TimeLaw
  public var weight: Weight

  public init(times: TimeLaw, weight: Weight) { (self.times, self.weight) = (times, weight) }

  /// - Parameter data: clean points, `[N, ...]`; no gradient enters them.
  public func losses<C>(
    _ denoiser: Denoiser<C>, data: Tensor, _ condition: C, _ random: inout RandomSource
  ) throws -> Losses {
    let t = times(data.shape[0], &random)
    let draw = Draw(data: data.values, noise: random.normal(data.shape), condition: condition)
    return try losses(denoiser, draw, at: t)
  }

  /// The same with noise that the caller has drawn, whose mean need not be 0.
  public func losses<C>(_ denoiser: Denoiser<C>, _ draw: Draw<C>, _ random: inout RandomSource) throws -> Losses {
    try losses(denoiser, draw, at: times(draw.rows, &random))
  }

  private func losses<C>(_ denoiser: Denoiser<C>, _ draw: Draw<C>, at t: [Double]) throws -> Losses {
    let path = denoiser.path
    let x = path.point(draw.data, anchor: draw.anchor, noise: draw.noise, at: t)
    let w = t.map { Float(weight(path.noiseToSignal($0))) }
    var losses = Losses()
    losses.add(
      "denoising",
      (Distance.l2(try denoiser(x, at: t, draw.condition), draw.data) * Tensor(w, shape: [w.count])).mean())
    return losses
  }
}
