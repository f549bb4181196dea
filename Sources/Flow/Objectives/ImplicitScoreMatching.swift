import OneStepTensors

/// Score divergences without their own intractable term (objective S): the gradient passes through both frozen denoisers to
/// the generator's points.
///
/// With Y = D_fake - D_teacher at x_t:
///
///     SIM   - w <d'(Y), D_fake - x>                       (Luo et al. 2024, score implicit matching)
///     SiD   w (D_teacher - D_fake) . ((D_teacher - x) - alpha (D_teacher - D_fake))     (Zhou et al. 2024)
///
/// SiD's `alpha` 1 has half the gradient of SIM's squared norm, 1/2 half of the full Fisher divergence's; 1.2 extrapolates.
public struct ImplicitScoreMatching: Sendable {
  public enum Kind: Sendable, Equatable {
    /// d' = 2 Y.
    case squared
    /// d' = Y / sqrt(|Y|² + c²), the norm over a row.
    case pseudoHuber(c: Float)
    case identity(alpha: Float)
  }
  public var kind: Kind
  public var times: TimeLaw
  /// Whether a row is divided by its mean|x - D_teacher|, held fixed.
  public var isNormalized: Bool

  public init(_ kind: Kind, times: TimeLaw, isNormalized: Bool = true) {
    (self.kind, self.times, self.isNormalized) = (kind, times, isNormalized)
  }

  /// - Parameter generated: the generator's one-step results, `[N, ...]`. Sums over elements, mean over rows.
  public func losses<C>(
    generated x: Tensor, teacher: Denoiser<C>, fake: Denoiser<C>, _ condition: C, _ random: inout RandomSource
  ) throws -> Losses {
    let path = teacher.path, n = x.shape[0], t = times(n, &random), axes = Array(1..<x.rank)
    let point = path.point(x, noise: random.normal(x.shape), at: t)
    let real = try teacher(point, at: t, condition), imitation = try fake(point, at: t, condition)
    let y = imitation - real
    let product: Tensor
    switch kind {
    case .squared: product = -(y * 2 * (imitation - x))
    case .pseudoHuber(let c):
      let norm = (y.squared().sum(axes, keepingAxes: true) + c * c).squareRoot()
      product = -(y / norm * (imitation - x))
    case .identity(let alpha): product = -y * ((real - x) + y * alpha)
    }
    var rows = product.sum(axes)
    if isNormalized { rows = rows / ((x - real).absolute().mean(axes).values + 1e-6) }
    var losses = Losses()
    losses.add("implicit", rows.mean())
    return losses
  }
}
