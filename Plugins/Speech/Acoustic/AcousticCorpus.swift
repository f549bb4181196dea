import Foundation
import OneStepTensors

/// One spoken sentence to learn from.
public struct TrainingUtterance: Sendable {
  /// Symbols of the text.
  public var ids: [Int]
  /// Frames of each symbol, where they are known; their sum is T.
  public var durations: [Int]?
  /// Natural logarithms of mel magnitudes, `[T, M]`.
  public var mel: Tensor

  public init(ids: [Int], durations: [Int]? = nil, mel: Tensor) {
    (self.ids, self.durations, self.mel) = (ids, durations, mel)
  }
}

/// Why utterances cannot be learnt from.
public enum UtteranceError: Error, Equatable, CustomStringConvertible {
  case empty
  case utterance(Int, reason: String)

  public var description: String {
    switch self {
    case .empty: "there are no utterances to learn from"
    case .utterance(let index, let reason): "utterance \(index): \(reason)"
    }
  }
}

/// Checked and standardised utterances.
public struct AcousticCorpus: Sendable {
  struct Item: Sendable {
    let ids: [Int], durations: [Int]?
    /// Standardised, `[T, M]`.
    let mel: Tensor
    var frames: Int { mel.shape[0] }
  }

  let items: [Item]
  /// Places of `items` by their frames, rising.
  private let byLength: [Int]
  /// Of each mel bin over all frames.
  public let statistics: MelStatistics

  public var count: Int { items.count }
  public var frames: Int { items.reduce(0) { $0 + $1.frames } }

  /// - Parameter statistics: by which mels are standardised, such as those of the model that training starts from; `nil`
  ///   measures them.
  public init(
    _ utterances: [TrainingUtterance], for encoder: TextEncoder.Configuration, statistics: MelStatistics? = nil
  ) throws(UtteranceError) {
    guard !utterances.isEmpty else { throw .empty }
    for (index, utterance) in utterances.enumerated() {
      if let reason = Self.fault(utterance, encoder) { throw .utterance(index, reason: reason) }
    }
    let measured = statistics ?? Self.measure(utterances, bins: encoder.mels)
    self.statistics = measured
    items = Compute.perform {
      utterances.map { Item(ids: $0.ids, durations: $0.durations, mel: measured.standardized($0.mel)) }
    }
    let items = items
    byLength = items.indices.sorted { (items[$0].frames, $0) < (items[$1].frames, $1) }
  }

  private static func fault(_ utterance: TrainingUtterance, _ encoder: TextEncoder.Configuration) -> String? {
    let mel = utterance.mel, ids = utterance.ids
    guard mel.rank == 2, mel.shape[1] == encoder.mels else { return "its mel has shape \(mel.shape)" }
    guard !ids.isEmpty else { return "it has no symbols" }
    if let bad = ids.first(where: { !(0..<encoder.symbols).contains($0) }) {
      return "symbol \(bad) is outside 0..<\(encoder.symbols)"
    }
    guard mel.withUnsafeFloats({ $0.allSatisfy(\.isFinite) }) else {
      return "its mel holds numbers that are not finite"
    }
    if let durations = utterance.durations {
      guard durations.count == ids.count, durations.allSatisfy({ $0 >= 0 }) else {
        return "it has \(durations.count) durations for \(ids.count) symbols"
      }
      let sum = durations.reduce(0, +)
      return sum == mel.shape[0] ? nil : "its durations make \(sum) frames of \(mel.shape[0])"
    }
    return ids.count <= mel.shape[0] ? nil : "it has \(ids.count) symbols and only \(mel.shape[0]) frames"
  }

  private static func measure(_ utterances: [TrainingUtterance], bins: Int) -> MelStatistics {
    var (sum, squares) = ([Double](repeating: 0, count: bins), [Double](repeating: 0, count: bins)), frames = 0
    for utterance in utterances {
      frames += utterance.mel.shape[0]
      utterance.mel.withUnsafeFloats { values in
        for (index, value) in values.enumerated() {
          sum[index % bins] += Double(value)
          squares[index % bins] += Double(value) * Double(value)
        }
      }
    }
    let n = Double(max(1, frames)), mean = sum.map { $0 / n }
    // A bin that never changes is left at its size.
    let deviation = zip(squares, mean).map { square, m -> Float in
      let variance = square / n - m * m
      return variance > 1e-6 ? Float(variance.squareRoot()) : 1
    }
    return MelStatistics(mean: mean.map(Float.init), deviation: deviation)
  }

  /// Places of `rows` utterances of similar length, so that little of a batch is padding.
  func drawPlaces(_ rows: Int, _ random: inout RandomSource) -> [Int] {
    let window = min(count, 8 * rows), start = random.integers(below: count - window + 1, count: 1)[0]
    return random.integers(below: window, count: rows).map { byLength[start + $0] }
  }

  /// Mels of utterances from frame `starts[i]` on, `[N, frames, M]`, 0 beyond their ends.
  func mels(_ places: [Int], from starts: [Int], frames: Int) -> Tensor {
    let bins = statistics.mean.count
    return Tensor(shape: [places.count, frames, bins]) { out in
      out.initialize(repeating: 0)
      for (row, (place, start)) in zip(places, starts).enumerated() {
        let taken = min(frames, items[place].frames - start)
        items[place].mel.withUnsafeFloats { values in
          out.baseAddress!.advanced(by: row * frames * bins)
            .update(from: values.baseAddress!.advanced(by: start * bins), count: taken * bins)
        }
      }
    }
  }
}
