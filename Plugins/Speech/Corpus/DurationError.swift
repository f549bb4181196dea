/// How far predicted durations are from known ones, in frames.
public struct DurationError: Equatable, Sendable {
  /// Root mean square over symbols; NaN when there are none.
  public let perSymbol: Double
  /// |Σ predicted - Σ known| / Σ known, mean over clips.
  public let perClip: Double

  /// Durations of the same symbols, clip by clip.
  public init(_ predicted: [[Int]], known: [[Int]]) {
    precondition(
      predicted.map(\.count) == known.map(\.count), "durations of the same symbols are needed")
    var (squares, count, lengths) = (0.0, 0, 0.0)
    for (a, b) in zip(predicted, known) {
      for (x, y) in zip(a, b) { squares += Double((x - y) * (x - y)) }
      count += a.count
      let total = Double(b.reduce(0, +))
      lengths += abs(Double(a.reduce(0, +)) - total) / total
    }
    perSymbol = (squares / Double(count)).squareRoot()
    perClip = lengths / Double(known.count)
  }
}
