/// Discrete Fourier transforms of the last axis. Complex numbers are pairs (real, imaginary) in a last axis of length 2.
///
/// They are linear maps, so the tangent rule is the transform itself; reverse rules are the transposed maps, for which
/// real and imaginary parts count as separate numbers.
extension Tensor {
  /// y_k = Σ_t x_t e^(-2πi kt / n) of a real signal: `[..., n]` to `[..., n / 2 + 1, 2]`.
  public func realFourier() -> Tensor {
    let n = shape.last ?? 0
    return values.transformed(.realToComplex, n).derived(from: [self]) { g, _ in
      [g.weightingHalfSpectrum(n, inner: 0.5).transformed(.complexToReal, n)]
    } pushforward: { t in
      t[0]!.transformed(.realToComplex, n)
    }
  }

  /// The real signal of `count` numbers with this half spectrum, the inverse of ``realFourier()``: `[..., count / 2 + 1, 2]`
  /// to `[..., count]`. The imaginary part at frequency 0 (and count / 2, when even) does not matter.
  public func inverseRealFourier(count n: Int) -> Tensor {
    precondition(
      rank >= 2 && shape[rank - 1] == 2 && n > 0 && shape[rank - 2] == n / 2 + 1,
      "the half spectrum of \(n) numbers has shape [..., \(n / 2 + 1), 2], got \(shape)")
    let scale = 1 / Float(n)
    return (values.transformed(.complexToReal, n) * scale).derived(from: [self]) { g, _ in
      [g.transformed(.realToComplex, n).weightingHalfSpectrum(n, inner: 2) * scale]
    } pushforward: { t in
      t[0]!.transformed(.complexToReal, n) * scale
    }
  }

  /// y_k = Σ_t x_t e^(-2πi kt / n) of a complex signal `[..., n, 2]`.
  public func fourier() -> Tensor { complexFourier(inverse: false) }

  /// x_t = Σ_k y_k e^(2πi kt / n) / n, the inverse of ``fourier()``.
  public func inverseFourier() -> Tensor { complexFourier(inverse: true) }

  private func complexFourier(inverse: Bool) -> Tensor {
    precondition(
      rank >= 2 && shape[rank - 1] == 2, "a complex Fourier transform needs [..., n, 2], got \(shape)")
    let n = shape[rank - 2]
    let (way, back): (FourierPlan.Kind, FourierPlan.Kind) = inverse ? (.backward, .forward) : (.forward, .backward)
    func apply(_ x: Tensor, _ kind: FourierPlan.Kind) -> Tensor {
      let y = x.transformed(kind, n)
      return inverse ? y / Float(n) : y
    }
    return apply(values, way).derived(from: [self]) { g, _ in
      [apply(g, back)]
    } pushforward: { t in
      apply(t[0]!, way)
    }
  }

  /// Plain values through FFTW, not normalised.
  private func transformed(_ kind: FourierPlan.Kind, _ n: Int) -> Tensor {
    let x = values.cast(to: .f32)
    let result =
      switch kind {
      case .realToComplex: Array(shape.dropLast()) + [n / 2 + 1, 2]
      case .complexToReal: Array(shape.dropLast(2)) + [n]
      case .forward, .backward: shape
      }
    let rows = shape.dropLast(kind == .realToComplex ? 1 : 2).reduce(1, *)
    let out = Tensor(uninitialized: result)
    FourierPlan.plan(kind, n).execute(rows: rows, x.floatPointer, out.floatPointer)
    return out.cast(to: elementType)
  }

  /// Multiplies the frequencies that stand for themselves and for their mirror image.
  private func weightingHalfSpectrum(_ n: Int, inner: Float) -> Tensor {
    let weights = (0...n / 2).map { k -> Float in k == 0 || 2 * k == n ? 1 : inner }
    return self * Tensor(weights, shape: [weights.count, 1]).cast(to: elementType)
  }
}
