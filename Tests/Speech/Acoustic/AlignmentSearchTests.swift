import OneStepSpeech
import OneStepTestSupport
import Testing

@Suite struct AlignmentSearchTests {
  @Test("three tokens over five frames, worked out by hand") func published() {
    let scores: [[Float]] = [[-1, -5, -5, -5, -9], [-6, -2, -1, -6, -6], [-9, -9, -4, -1, -1]]
    let found = search(scores)
    #expect(found.durations == [1, 2, 2])
    #expect(found.score == -6)
  }

  @Test("the best of all alignments, by trying them all") func bruteForce() {
    var generator = SplitMix(seed: 3)
    for (tokens, frames) in [(1, 1), (1, 5), (2, 2), (2, 7), (3, 3), (3, 8), (4, 9), (5, 6)] {
      for _ in 0..<20 {
        let scores = (0..<tokens).map { _ in (0..<frames).map { _ in Float.random(in: -4...0, using: &generator) } }
        let found = search(scores)
        let best = alignments(tokens, frames).map { (durations: $0, score: total(scores, $0)) }
          .max { $0.score < $1.score }!
        #expect(found.durations == best.durations)
        #expect(abs(found.score - best.score) < 1e-4)
      }
    }
  }

  @Test("a tie stays with the token that has the frame already") func ties() {
    #expect(search([[0, 0, 0], [0, 0, 0]]).durations == [1, 2])
  }

  private func search(_ scores: [[Float]]) -> (durations: [Int], score: Float) {
    let (tokens, frames) = (scores.count, scores[0].count)
    let byFrames = (0..<frames).flatMap { j in (0..<tokens).map { scores[$0][j] } }
    return AlignmentSearch.durations(byFrames, tokens: tokens, frames: frames)
  }

  /// All ways to cut `frames` into `tokens` parts of one frame or more.
  private func alignments(_ tokens: Int, _ frames: Int) -> [[Int]] {
    guard tokens > 1 else { return [[frames]] }
    return (1...(frames - tokens + 1)).flatMap { first in
      alignments(tokens - 1, frames - first).map { [first] + $0 }
    }
  }

  private func total(_ scores: [[Float]], _ durations: [Int]) -> Float {
    var (sum, frame) = (Float(0), 0)
    for (token, count) in durations.enumerated() {
      for _ in 0..<count {
        sum += scores[token][frame]
        frame += 1
      }
    }
    return sum
  }
}
