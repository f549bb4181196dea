/// Peak signal-to-noise ratio in dB, with the peak 255: 10 log10(255² / mean squared error).
///
/// Two equal images give infinity. Alpha is ignored.
public enum PSNR {
  /// Over all colour channels of all pixels but `border` on every side.
  ///
  /// Throws `sizesDiffer`, or `tooSmall` when the border leaves nothing.
  public static func rgb(_ a: Image, _ b: Image, border: Int = 0) throws(MediaError) -> Double {
    overall(try PlanePairs.colours(a, b, border: border))
  }

  /// Over the unrounded luma of `Plane(luma:)`, as super-resolution papers report it; their border
  /// is the scale factor. Throws like `rgb`.
  public static func luma(_ a: Image, _ b: Image, border: Int = 0) throws(MediaError) -> Double {
    overall(try PlanePairs.luma(a, b, border: border))
  }

  /// Over two planes of one size.
  public static func between(_ a: Plane, _ b: Plane) throws(MediaError) -> Double {
    if a.size != b.size { throw .sizesDiffer(a.size, b.size) }
    return overall(PlanePairs(pairs: [(a, b)]))
  }

  private static func overall(_ planes: PlanePairs) -> Double {
    var sum = 0.0
    var count = 0
    for (a, b) in planes.pairs {
      for i in a.values.indices {
        let difference = a.values[i] - b.values[i]
        sum += difference * difference
      }
      count += a.values.count
    }
    return decibels(255 * 255 * Double(count) / sum)
  }
}
