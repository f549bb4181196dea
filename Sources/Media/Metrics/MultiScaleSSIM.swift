/// Multi-scale structural similarity (Wang, Simoncelli and Bovik, 2003): 1 for equal images.
///
/// Five scales by 2 × 2 averages, the published weights, the window of `SSIM`; negative factors
/// count as 0. An odd side is first lengthened by repeating the first row and column, as the
/// package piq does.
public enum MultiScaleSSIM {
  static let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]

  /// The smallest side that leaves a whole window at the coarsest scale.
  public static let minimumSide = (SSIM.windowSide - 1) * 16 + 1

  /// The mean over the colour channels. Throws `sizesDiffer`, or `tooSmall` below 161 pixels a
  /// side.
  public static func rgb(_ a: Image, _ b: Image) throws(MediaError) -> Double {
    try mean(PlanePairs.colours(a, b, border: 0))
  }

  /// Over the unrounded luma of `Plane(luma:)`. Throws like `rgb`.
  public static func luma(_ a: Image, _ b: Image) throws(MediaError) -> Double {
    try mean(PlanePairs.luma(a, b, border: 0))
  }

  private static func mean(_ planes: PlanePairs) throws(MediaError) -> Double {
    let planes = try planes.requiring(minimumSide, for: "MS-SSIM")
    let sum = planes.pairs.reduce(0) { $0 + index($1.0, $1.1) }
    return sum / Double(planes.pairs.count)
  }

  private static func index(_ a: Plane, _ b: Plane) -> Double {
    var (a, b) = (a, b)
    var product = 1.0
    for (scale, weight) in weights.enumerated() {
      if scale > 0 { (a, b) = (a.halved(), b.halved()) }
      let factors = SSIM.components(a, b)
      let factor = scale == weights.count - 1 ? factors.ssim : factors.contrast
      product *= power(max(factor, 0), weight)
    }
    return product
  }
}

extension Plane {
  /// Averages of 2 × 2 pixels.
  fileprivate func halved() -> Plane {
    let lead = max(width % 2, height % 2)
    let half = PixelSize(width: (width + lead) / 2, height: (height + lead) / 2)
    var result = [Double]()
    result.reserveCapacity(half.width * half.height)
    for row in 0..<half.height {
      let top = max(2 * row - lead, 0) * width
      let bottom = (2 * row + 1 - lead) * width
      for column in 0..<half.width {
        let left = max(2 * column - lead, 0)
        let right = 2 * column + 1 - lead
        let sum = values[top + left] + values[top + right]
        result.append((sum + values[bottom + left] + values[bottom + right]) / 4)
      }
    }
    return Plane(size: half, values: result)
  }
}
