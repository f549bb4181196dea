/// Structural similarity (Wang, Bovik, Sheikh and Simoncelli, 2004): 1 for equal images.
///
/// Gaussian window of 11 × 11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03, peak 255, mean over all
/// positions where the window lies inside the image.
public enum SSIM {
  /// How local variances are normalised.
  public enum Covariance: Sendable {
    /// By the window's weights, as in the paper and in MATLAB.
    case population
    /// Scaled by 121/120, scikit-image's default.
    case sample
  }

  /// Over the unrounded luma of `Plane(luma:)`, less `border` pixels on every side.
  ///
  /// Throws `sizesDiffer`, or `tooSmall` when less than 11 pixels are left on a side.
  public static func luma(_ a: Image, _ b: Image, border: Int = 0) throws(MediaError) -> Double {
    try mean(PlanePairs.luma(a, b, border: border), .population)
  }

  /// The mean over the colour channels, as scikit-image computes it with `gaussian_weights=True`.
  ///
  /// Throws like `luma`.
  public static func rgb(
    _ a: Image, _ b: Image, border: Int = 0, covariance: Covariance = .population
  ) throws(MediaError) -> Double {
    try mean(PlanePairs.colours(a, b, border: border), covariance)
  }

  static let windowSide = 11

  private static func mean(
    _ planes: PlanePairs, _ covariance: Covariance
  ) throws(MediaError) -> Double {
    let planes = try planes.requiring(windowSide, for: "SSIM")
    let factor = covariance == .sample ? 121.0 / 120 : 1
    let sum = planes.pairs.reduce(0) { $0 + components($1.0, $1.1, covarianceFactor: factor).ssim }
    return sum / Double(planes.pairs.count)
  }

  /// The mean of the index, and the mean of its contrast-and-structure factor alone.
  static func components(
    _ a: Plane, _ b: Plane, covarianceFactor: Double = 1
  ) -> (ssim: Double, contrast: Double) {
    let window = Plane.gaussian(count: windowSide, sigma: 1.5)
    func smooth(_ plane: Plane) -> [Double] { plane.filtered(window, edge: .valid).values }
    let (meanA, meanB) = (smooth(a), smooth(b))
    let (squareA, squareB, product) = (smooth(a * a), smooth(b * b), smooth(a * b))
    let c1 = 0.01 * 255 * (0.01 * 255)
    let c2 = 0.03 * 255 * (0.03 * 255)
    var ssim = 0.0
    var contrast = 0.0
    for i in meanA.indices {
      let (ma, mb) = (meanA[i], meanB[i])
      let varianceA = covarianceFactor * (squareA[i] - ma * ma)
      let varianceB = covarianceFactor * (squareB[i] - mb * mb)
      let covariance = covarianceFactor * (product[i] - ma * mb)
      let structure = (2 * covariance + c2) / (varianceA + varianceB + c2)
      contrast += structure
      ssim += structure * (2 * ma * mb + c1) / (ma * ma + mb * mb + c1)
    }
    let count = Double(meanA.count)
    return (ssim / count, contrast / count)
  }
}
