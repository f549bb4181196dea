/// The fundamental frequency of speech by YIN (de Cheveigné and Kawahara 2002): the lag at which the signal differs
/// least from itself, relative to smaller lags.
public struct PitchTracker: Sendable {
  /// Hz.
  public var lowest = 60.0
  public var highest = 400.0
  /// A frame whose difference, relative to the mean of smaller lags, stays above this has no pitch.
  public var aperiodicity = 0.2
  /// The first dip below this is taken, before deeper ones at multiples of the period.
  public var dip = 0.1
  /// A frame this far below the loudest one has no pitch, dB.
  public var silence = -40.0

  public init() {}

  /// Hz for every hop, nil where there is no pitch. Frame t is centred at sample (t + ½) hop, as in a spectrogram with
  /// padding `same`.
  public func callAsFunction(_ samples: [Float], sampleRate: Int, hop: Int = 256) -> [Double?] {
    let longest = Int((Double(sampleRate) / lowest).rounded(.up)) + 1
    let shortest = max(2, Int(Double(sampleRate) / highest))
    let window = longest, frames = samples.count / hop
    guard frames > 0 else { return [] }
    // Silence around the signal, so that every frame has its window and its lags.
    let margin = window + longest
    let padded = [Float](repeating: 0, count: margin) + samples + [Float](repeating: 0, count: margin)
    let powers = (0..<frames).map { t -> Double in
      let centre = margin + t * hop + hop / 2
      return padded[centre - window / 2..<centre + window / 2].reduce(0.0) { $0 + Double($1) * Double($1) }
    }
    let limit = (powers.max() ?? 0) * power(10, silence / 10)
    return (0..<frames).map { t in
      guard powers[t] > limit else { return nil }
      let start = margin + t * hop + hop / 2 - (window + longest) / 2
      let lag = padded.withUnsafeBufferPointer { period($0, start, window, shortest...longest) }
      return lag.map { Double(sampleRate) / $0 }
    }
  }

  /// The period in samples, between them by a parabola.
  private func period(
    _ x: UnsafeBufferPointer<Float>, _ start: Int, _ window: Int, _ lags: ClosedRange<Int>
  ) -> Double? {
    var normalised = [Double](repeating: 1, count: lags.upperBound + 1)
    var sum = 0.0
    for lag in 1...lags.upperBound {
      let difference = Self.difference(x, start, window, lag)
      sum += difference
      normalised[lag] = sum > 0 ? difference * Double(lag) / sum : 1
    }
    func isDip(_ lag: Int) -> Bool {
      normalised[lag] <= normalised[lag - 1] && (lag == lags.upperBound || normalised[lag] < normalised[lag + 1])
    }
    let best =
      lags.first { normalised[$0] < dip && isDip($0) } ?? lags.min { normalised[$0] < normalised[$1] }!
    guard normalised[best] < aperiodicity, best < lags.upperBound else { return nil }
    let (a, b, c) = (normalised[best - 1], normalised[best], normalised[best + 1])
    let curvature = a - 2 * b + c
    return Double(best) + (curvature > 0 ? max(-0.5, min(0.5, 0.5 * (a - c) / curvature)) : 0)
  }

  /// Σ (x_j - x_(j + lag))² over the window.
  private static func difference(_ x: UnsafeBufferPointer<Float>, _ start: Int, _ window: Int, _ lag: Int) -> Double {
    var sums = SIMD8<Float>.zero
    var j = start
    let end = start + window
    while j + 8 <= end {
      var d = SIMD8<Float>.zero
      for k in 0..<8 { d[k] = x[j + k] - x[j + k + lag] }
      sums += d * d
      j += 8
    }
    var total = Double(sums.sum())
    while j < end {
      let d = Double(x[j] - x[j + lag])
      total += d * d
      j += 1
    }
    return total
  }
}
