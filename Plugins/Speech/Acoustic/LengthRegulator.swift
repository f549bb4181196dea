import OneStepTensors

/// Tokens repeated by their durations: the hard alignment.
package enum LengthRegulator {
  /// The row of token features, `[N I, M]`, that each of `rows * frames` frames takes; padding takes its row's first.
  ///
  /// - Parameters:
  ///   - durations: frames of each token, a list a row.
  ///   - length: I, the padded number of tokens a row.
  static func indices(_ durations: [[Int]], length: Int, frames: Int) -> [Int32] {
    durations.enumerated().flatMap { row, counts -> [Int32] in
      let own = counts.enumerated().flatMap { [Int32](repeating: Int32(row * length + $0), count: $1) }
      return own.prefix(frames) + [Int32](repeating: Int32(row * length), count: max(0, frames - own.count))
    }
  }

  /// `[N, I, M]` to `[N, T, M]`, 0 beyond a row's frames.
  static func expanded(_ features: Tensor, _ durations: [[Int]], frames: Int, mask: Tensor?) -> Tensor {
    let (n, i, m) = (features.shape[0], features.shape[1], features.shape[2])
    let repeated = features.reshaped(n * i, m).gathered(rows: indices(durations, length: i, frames: frames))
      .reshaped(n, frames, m)
    return mask.map { repeated * $0 } ?? repeated
  }
}
