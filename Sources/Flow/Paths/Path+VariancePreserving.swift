import Foundation

/// Paths with signal² + noise² = 1, given by their log signal, so that `noise` keeps its digits where the signal is near 1.
extension Path {
  /// The continuous variance-preserving path of Song et al. 2021 (VP SDE, appendix C):
  /// `ln signal = -t² (beta1 - beta0) / 4 - t beta0 / 2` on [1e-3, 1].
  public static func variancePreserving(beta0: Double = 0.1, beta1: Double = 20) -> Path {
    let slope = beta1 - beta0
    return .spherical(name: "variance-preserving", range: 1e-3...1) { t in
      (-0.25 * t * t * slope - 0.5 * t * beta0, -0.5 * (beta0 + t * slope))
    } time: { logSignal in
      // The positive root of slope t² / 4 + beta0 t / 2 = -logSignal, in the form that does not cancel at small t.
      2 * -logSignal / (0.5 * beta0 + (0.25 * beta0 * beta0 - slope * logSignal).squareRoot())
    }
  }

  /// The cosine path of Nichol and Dhariwal 2021 without its normalisation at t = 0, as DEIS uses it:
  /// `signal = cos(π/2 (t + c) / (1 + c))`, c = 0.008, on [1e-3, 0.9946].
  public static let cosine: Path = {
    let offset = 0.008, rate = 0.5 * Double.pi / (1 + offset)
    return Path(
      name: "cosine", range: 1e-3...0.9946,
      scales: { Scales(signal: cos(rate * ($0 + offset)), noise: sin(rate * ($0 + offset))) },
      derivatives: { Scales(signal: -rate * sin(rate * ($0 + offset)), noise: rate * cos(rate * ($0 + offset))) },
      time: { atan($0) / rate - offset })
  }()

  /// A path on the unit circle by its log signal and that one's slope; `time` inverts the log signal.
  static func spherical(
    name: String, range: ClosedRange<Double>,
    logSignal: @escaping @Sendable (_ t: Double) -> (value: Double, slope: Double),
    time: @escaping @Sendable (_ logSignal: Double) -> Double
  ) -> Path {
    @Sendable func scales(_ value: Double) -> Scales {
      Scales(signal: exp(value), noise: (-expm1(2 * value)).squareRoot())
    }
    return Path(
      name: name, range: range, scales: { scales(logSignal($0).value) },
      derivatives: {
        let l = logSignal($0), s = scales(l.value)
        return Scales(signal: s.signal * l.slope, noise: -s.signal * s.signal * l.slope / s.noise)
      },
      // 1 / signal² = 1 + ratio².
      time: { time(-0.5 * log1p($0 * $0)) })
  }
}
