import OneStepTensors

/// Monotonic alignment search (Glow-TTS, Kim et al. 2020): the best way to give every frame one token, in order, so that
/// every token has a frame.
public enum AlignmentSearch {
  /// Frames of each token, and the score of that alignment.
  ///
  ///     Q(i, j) = S(i, j) + max(Q(i, j - 1), Q(i - 1, j - 1))
  ///
  /// followed back from the last token at the last frame; a tie stays with the token.
  ///
  /// - Parameters:
  ///   - scores: S by frames: `scores[j * tokens + i]`.
  ///   - tokens: at least 1 and at most `frames`.
  public static func durations(_ scores: [Float], tokens: Int, frames: Int) -> (durations: [Int], score: Float) {
    precondition(
      (1...max(1, frames)).contains(tokens) && scores.count == tokens * frames,
      "\(scores.count) scores of \(tokens) tokens and \(frames) frames")
    var (before, now) = ([Float](repeating: -1e9, count: tokens + 1), [Float](repeating: -1e9, count: tokens + 1))
    // Whether the token before is the better predecessor of token i at frame j.
    var moves = [Bool](repeating: false, count: tokens * frames)
    // Element i + 1 is token i's; the one before the first token has only been at the start.
    before[0] = 0
    for j in 0..<frames {
      let low = max(0, tokens + j - frames), high = min(tokens - 1, j), row = j * tokens
      for i in low...high {
        let (stay, move) = (before[i + 1], before[i])
        moves[row + i] = stay < move
        now[i + 1] = scores[row + i] + (stay < move ? move : stay)
      }
      swap(&before, &now)
      (before[0], now[0]) = (-1e9, -1e9)
    }
    var durations = [Int](repeating: 0, count: tokens), i = tokens - 1
    for j in (0..<frames).reversed() {
      durations[i] += 1
      if i > 0 && (i == j || moves[j * tokens + i]) { i -= 1 }
    }
    return (durations, before[tokens])
  }

  /// Durations of tokens with mean frames `mean`, `[I, M]`, that make `mel`, `[T, M]`, most likely under unit Gaussians.
  /// What all alignments have in common is left out of the scores.
  public static func durations(of mel: Tensor, mean: Tensor) -> [Int] {
    let scores = mel.matmul(mean, transposeB: true) - mean.squared().sum([1]) * 0.5  // [T, I]
    return durations(scores.floats, tokens: mean.shape[0], frames: mel.shape[0]).durations
  }
}
