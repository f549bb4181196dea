import Foundation
import OneStepTensors
import OneStepNetworks

/// What an encoder that stays as it is makes of a corpus, computed once for the many steps of a denoiser's training.
package struct PriorCache: Sendable {
  private struct Entry: Sendable {
    /// Mean frames of the tokens, `[I, M]`.
    let mean: Tensor
    /// The token of each frame.
    let tokens: [Int32]
  }

  private let corpus: AcousticCorpus
  private let entries: [Entry]
  /// Frames before each utterance, all of them at the end.
  private let starts: [Int]

  package init(_ network: CoMoSpeech, _ corpus: AcousticCorpus, _ p: Parameters) {
    self.corpus = corpus
    let rows = 16
    entries = stride(from: 0, to: corpus.count, by: rows).flatMap { first -> [Entry] in
      let items = corpus.items[first..<min(first + rows, corpus.count)]
      let tokens = TokenBatch(items.map(\.ids), multiple: 16)
      var none: RandomSource?
      let means = network.encoder(tokens, p, dropout: &none).mean
      return items.enumerated().map { row, item in
        // A copy of its own: a slice would keep the whole batch.
        let count = item.ids.count, own = means.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<count)
        let mean = Tensor(own.floats, shape: [count, means.shape[2]])
        let durations = item.durations ?? AlignmentSearch.durations(of: item.mel, mean: mean)
        return Entry(
          mean: mean, tokens: LengthRegulator.indices([durations], length: count, frames: item.frames))
      }
    }
    starts = corpus.items.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.frames) }
  }

  /// Standard deviation of the data that a denoiser of `network` learns from, over all their elements.
  func deviation(of network: CoMoSpeech) -> Double {
    var (sum, squares, count) = (0.0, 0.0, 0)
    for place in entries.indices {
      let (mel, condition) = crop([place], from: [0], frames: corpus.items[place].frames)
      let data = network.data(mel, condition)
      sum += Double(data.sum().item)
      squares += Double(data.squared().sum().item)
      count += data.count
    }
    let mean = sum / Double(count)
    return max(1e-3, (squares / Double(count) - mean * mean).squareRoot())
  }

  /// `rows` pieces of `frames` frames, every frame of the corpus as likely as another.
  func draw(rows: Int, frames: Int, _ random: inout RandomSource) -> (mel: Tensor, condition: MelCondition) {
    let places = random.integers(below: starts[entries.count], count: rows).map { frame -> Int in
      var (low, high) = (0, entries.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if starts[middle] <= frame { low = middle } else { high = middle }
      }
      return low
    }
    let shares = random.uniform(count: rows)
    let begins = zip(places, shares).map { place, share -> Int in
      let room = max(0, corpus.items[place].frames - frames)
      return min(room, Int(Double(share) * Double(room + 1)))
    }
    return crop(places, from: begins, frames: frames)
  }

  private func crop(_ places: [Int], from begins: [Int], frames: Int) -> (mel: Tensor, condition: MelCondition) {
    let bins = corpus.statistics.mean.count
    let counts = zip(places, begins).map { min(frames, corpus.items[$0].frames - $1) }
    let prior = Tensor(shape: [places.count, frames, bins]) { out in
      out.initialize(repeating: 0)
      for (row, (place, begin)) in zip(places, begins).enumerated() {
        let entry = entries[place]
        entry.mean.withUnsafeFloats { mean in
          for frame in 0..<counts[row] {
            out.baseAddress!.advanced(by: (row * frames + frame) * bins)
              .update(from: mean.baseAddress!.advanced(by: Int(entry.tokens[begin + frame]) * bins), count: bins)
          }
        }
      }
    }
    let mask = counts.allSatisfy { $0 == frames } ? nil : padMask(counts, frames)
    return (corpus.mels(places, from: begins, frames: frames), MelCondition(prior: prior, mask: mask))
  }
}
