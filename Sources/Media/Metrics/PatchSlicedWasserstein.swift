import COpenBLAS

/// How far the small-scale texture of an image is from that of a reference: the sliced Wasserstein
/// distance between their patches (after Karras, Aila, Laine and Lehtinen, 2018). 0 is the same.
///
/// Protocol: RGB on the scale 0...255. Laplacian pyramid of three bands: the image less its smooth
/// part, where smoothing is the kernel [1 4 6 4 1]/16 both ways (mirrored edges), every second
/// pixel kept for the next band, and put back by the same kernel times 2. In each band all patches
/// of 7 × 7 pixels on a regular grid, its spacing the smallest that gives at most 8192 patches.
/// Each channel of a band is divided by the reference's standard deviation there (1 when that is
/// below 0.001); so missing detail counts, which dividing each image by its own would hide. Patches
/// are projected on 128 unit vectors, drawn once from a fixed seed; along each, the distance is the
/// mean absolute difference of the sorted projections. The result is the mean over directions and
/// bands. It does not depend on where in the image a texture is.
public enum PatchSlicedWasserstein {
  static let patchSide = 7
  static let mostPatches = 8192
  static let directions = 128
  static let bands = 3

  /// The smallest side for which the coarsest band holds a patch.
  public static let minimumSide = patchSide * 4

  /// The distance between two images of one size.
  ///
  /// Throws `sizesDiffer`, or `tooSmall` below 28 pixels a side.
  public static func distance(_ image: Image, reference: Image) throws(MediaError) -> Double {
    let purpose = "patch statistics"
    let planes = try PlanePairs.colours(image, reference, border: 0)
      .requiring(minimumSide, for: purpose)
    let a = planes.pairs.map { $0.0.laplacianBands(bands) }
    let b = planes.pairs.map { $0.1.laplacianBands(bands) }
    let unitVectors = randomUnitVectors(length: planes.pairs.count * patchSide * patchSide)
    oneBLASThread()
    var sum = 0.0
    for band in 0..<bands {
      let scales = b.map { planes in planes[band].deviation }.map { $0 < 0.001 ? 1 : 1 / $0 }
      let first = projections(a.map { $0[band] }, scales, unitVectors)
      let second = projections(b.map { $0[band] }, scales, unitVectors)
      sum += meanDistance(first, second)
    }
    return sum / Double(bands)
  }

  /// Sorted projections of all patches: `directions` rows.
  private static func projections(
    _ planes: [Plane], _ scales: [Double], _ unitVectors: [Float]
  ) -> [[Float]] {
    let (patches, count) = gatherPatches(planes, scales)
    let length = planes.count * patchSide * patchSide
    var result = [Float](repeating: 0, count: directions * count)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(directions), Int32(count), Int32(length), 1,
      unitVectors, Int32(length), patches, Int32(length), 0, &result, Int32(count))
    return (0..<directions).map { sortedFloats(result[$0 * count..<($0 + 1) * count]) }
  }

  private static func gatherPatches(
    _ planes: [Plane], _ scales: [Double]
  ) -> (values: [Float], count: Int) {
    let across = planes[0].width - patchSide + 1
    let down = planes[0].height - patchSide + 1
    var step = 1
    while ((across + step - 1) / step) * ((down + step - 1) / step) > mostPatches { step += 1 }
    var values = [Float]()
    values.reserveCapacity(mostPatches * planes.count * patchSide * patchSide)
    var count = 0
    for row in stride(from: 0, to: down, by: step) {
      for column in stride(from: 0, to: across, by: step) {
        count += 1
        for (plane, scale) in zip(planes, scales) {
          for y in row..<row + patchSide {
            let start = y * plane.width + column
            for x in start..<start + patchSide { values.append(Float(plane.values[x] * scale)) }
          }
        }
      }
    }
    return (values, count)
  }

  private static func meanDistance(_ a: [[Float]], _ b: [[Float]]) -> Double {
    var sum = 0.0
    for (first, second) in zip(a, b) {
      for i in first.indices { sum += Double(abs(first[i] - second[i])) }
    }
    return sum / Double(a.count * a[0].count)
  }

  /// `directions` rows of Gaussian numbers (SplitMix64 and Box-Muller), each scaled to length 1.
  private static func randomUnitVectors(length: Int) -> [Float] {
    var state: UInt64 = 0x4F6E_6553_7465_7001
    func uniform() -> Double {  // in (0, 1)
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return (Double((z ^ (z >> 31)) >> 11) + 0.5) / 9_007_199_254_740_992
    }
    return (0..<directions).flatMap { _ in
      let row = (0..<length).map { _ in
        (-2 * logarithm(uniform())).squareRoot() * cosine(2 * .pi * uniform())
      }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { Float($0 / norm) }
    }
  }
}
