import OneStepTensors

/// Plain comparisons of natural log-mels `[T, bands]` or `[1, T, bands]`.
public enum LogMelComparison {
  /// The mean of |a - b|, nat, up to the shorter one's end. NaN when a log-mel has no frames.
  public static func absolute(_ a: Tensor, _ b: Tensor) -> Double {
    precondition(a.shape.last == b.shape.last, "log-mels of as many bands are needed, got \(a.shape) and \(b.shape)")
    let (x, y) = (a.floats, b.floats)
    return zip(x, y).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(min(x.count, y.count))
  }

  /// Variance over time in each band, generated over real: much less than 1 where a model smooths too much.
  public static func sharpness(_ generated: [Tensor], real: [Tensor]) -> [Double] {
    zip(variances(generated), variances(real)).map { $0 / $1 }
  }

  /// Of all frames of all clips together.
  private static func variances(_ clips: [Tensor]) -> [Double] {
    let bands = clips.first?.shape.last ?? 0
    var sums = [Double](repeating: 0, count: bands), squares = sums
    var frames = 0
    for clip in clips {
      for (i, value) in clip.floats.enumerated() {
        sums[i % bands] += Double(value)
        squares[i % bands] += Double(value) * Double(value)
      }
      frames += clip.count / bands
    }
    return (0..<bands).map { squares[$0] / Double(frames) - sums[$0] / Double(frames) * sums[$0] / Double(frames) }
  }
}
