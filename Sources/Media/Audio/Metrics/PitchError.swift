/// How far one pitch contour is from another.
public struct PitchError: Equatable, Sendable {
  /// Root mean square over frames that have a pitch in both, cents; NaN when there are none.
  public let cents: Double
  /// Share of frames that have a pitch in one only.
  public let voicing: Double
  /// Frames that have a pitch in both.
  public let voiced: Int

  /// Contours in Hz, compared up to the shorter one's end.
  public init(_ a: [Double?], reference b: [Double?]) {
    var (squares, both, one) = (0.0, 0, 0)
    for (x, y) in zip(a, b) {
      if let x, let y {
        let cents = 1200 * logarithm(x / y) / logarithm(2)
        squares += cents * cents
        both += 1
      } else if (x == nil) != (y == nil) {
        one += 1
      }
    }
    cents = (squares / Double(both)).squareRoot()
    voicing = Double(one) / Double(min(a.count, b.count))
    voiced = both
  }
}
