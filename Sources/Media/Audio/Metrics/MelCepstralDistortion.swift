import OneStepTensors

/// How far two log-mels are apart in the coarse shape of their spectra, dB ("mel-DCT MCD").
///
/// After Kubichek 1993, on coefficients 1 to 13 of the orthonormal DCT-II of the natural log-mel: figures of other
/// cepstra, such as WORLD's or SPTK's, are not comparable.
public enum MelCepstralDistortion {
  public static let coefficients = 13
  /// 10 / ln 10 √2.
  private static let scale = 10 / logarithm(10) * 2.0.squareRoot()

  /// The mean over frames of equal number; the longer one's rest is left out. NaN when a log-mel has no frames.
  /// - Parameters: natural log-mels `[T, bands]` or `[1, T, bands]`.
  public static func aligned(_ a: Tensor, _ b: Tensor) -> Double {
    let (x, y) = (cepstra(a), cepstra(b))
    let frames = min(x.count, y.count)
    return (0..<frames).reduce(0.0) { $0 + distance(x[$1], y[$1]) } / Double(frames)
  }

  /// The mean along the path of dynamic time warping on the same distance: lengths may differ.
  public static func warped(_ a: Tensor, _ b: Tensor) -> Double {
    let (x, y) = (cepstra(a), cepstra(b))
    let path = DynamicTimeWarping.path(rows: x.count, columns: y.count) { distance(x[$0], y[$1]) }
    return path.reduce(0.0) { $0 + distance(x[$1.row], y[$1.column]) } / Double(path.count)
  }

  /// Coefficients 1 to 13 of every frame.
  public static func cepstra(_ logMel: Tensor) -> [SIMD16<Double>] {
    let bands = logMel.shape.last ?? 0
    precondition(bands > coefficients, "a log-mel of more than \(coefficients) bands is needed, got \(logMel.shape)")
    let basis = (0..<bands).map { band in
      var column = SIMD16<Double>.zero
      for k in 1...coefficients {
        column[k - 1] = cosine(Double.pi * Double(k) * (Double(band) + 0.5) / Double(bands))
      }
      return column * (2 / Double(bands)).squareRoot()
    }
    let values = logMel.floats
    return (0..<values.count / bands).map { t in
      var sum = SIMD16<Double>.zero
      for band in 0..<bands { sum += basis[band] * Double(values[t * bands + band]) }
      return sum
    }
  }

  private static func distance(_ a: SIMD16<Double>, _ b: SIMD16<Double>) -> Double {
    let d = a - b
    return scale * (d * d).sum().squareRoot()
  }
}
