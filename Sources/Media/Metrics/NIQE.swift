import COpenBLAS

/// Natural image quality evaluator (Mittal, Soundararajan and Bovik, 2013): needs no reference;
/// lower is more natural, photographs lie at about 2...6.
///
/// The protocol is that of BasicSR: luma rounded to whole numbers, blocks of 96 × 96 pixels that
/// fit from the top left, two scales with MATLAB's bicubic between them, the distance of the block
/// statistics from those of undistorted photographs.
public enum NIQE {
  /// Side of a block at the full scale, in pixels.
  public static let blockSide = 96

  /// The score of an image less `border` pixels on every side.
  ///
  /// Throws `tooSmall` when not two blocks fit, since one has no covariance. NaN when not two
  /// blocks have any texture.
  public static func score(_ image: Image, border: Int = 0) throws(MediaError) -> Double {
    let least = blockSide + 2 * border
    let columns = (image.width - 2 * border) / blockSide
    let rows = (image.height - 2 * border) / blockSide
    guard columns * rows >= 2 else {
      throw .tooSmall(image.size, minimum: least, purpose: "NIQE (two blocks of 96x96)")
    }
    let luma = roundedLuma(image).cropped(border: border)
      .cropped(width: columns * blockSide, height: rows * blockSide)
    let half = luma.halvedByBicubic()
    let fine = blockFeatures(luma.normalised(), side: blockSide)
    let coarse = blockFeatures(half.normalised(), side: blockSide / 2)
    return distance(zip(fine, coarse).map { $0 + $1 })
  }

  /// Luma in whole numbers. Like BasicSR it passes through 32 bits, which decides how the many
  /// values that lie just at n + ½ are rounded.
  private static func roundedLuma(_ image: Image) -> Plane {
    let rgb = image.rgbFloats()
    let values: [Double] = (0..<rgb.count / 3).map { i in
      let warm: Double = 24.966 * Double(rgb[3 * i + 2]) + 128.553 * Double(rgb[3 * i + 1])
      let sum: Double = warm + 65.481 * Double(rgb[3 * i]) + 16
      return Double((Float(sum / 255) * 255).rounded(.toNearestOrEven))
    }
    return Plane(size: image.size, values: values)
  }

  private static func blockFeatures(_ plane: Plane, side: Int) -> [[Double]] {
    var result = [[Double]]()
    for row in 0..<plane.height / side {
      for column in 0..<plane.width / side {
        result.append(NIQEBlock(plane, row: row * side, column: column * side, side: side).features)
      }
    }
    return result
  }

  /// Mahalanobis distance between the two Gaussian fits, with the mean of both covariances.
  private static func distance(_ blocks: [[Double]]) -> Double {
    let count = pristineMean.count
    var mean = [Double](repeating: 0, count: count)
    for i in 0..<count {
      let known = blocks.map { $0[i] }.filter { !$0.isNaN }
      mean[i] = known.reduce(0, +) / Double(known.count)
    }
    let whole = blocks.filter { block in !block.contains { $0.isNaN } }
    let covariance = sampleCovariance(whole)
    var matrix = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<count {
        let pristine = pristineCovariance[max(i, j) * (max(i, j) + 1) / 2 + min(i, j)]
        matrix[i * count + j] = (pristine + covariance[i * count + j]) / 2
      }
    }
    let difference = (0..<count).map { pristineMean[$0] - mean[$0] }
    return inverseForm(matrix, difference).squareRoot()
  }

  private static func sampleCovariance(_ blocks: [[Double]]) -> [Double] {
    let count = pristineMean.count
    var result = [Double](repeating: 0, count: count * count)
    let blocksCount = Double(blocks.count)
    let mean = (0..<count).map { i in blocks.reduce(0) { $0 + $1[i] } / blocksCount }
    for block in blocks {
      for i in 0..<count {
        for j in 0..<count { result[i * count + j] += (block[i] - mean[i]) * (block[j] - mean[j]) }
      }
    }
    return result.map { $0 / (blocksCount - 1) }
  }

  /// vᵀ M⁺ v for a symmetric matrix, with eigenvalues below 1e-15 of the largest left out.
  private static func inverseForm(_ matrix: [Double], _ vector: [Double]) -> Double {
    guard matrix.allSatisfy({ $0.isFinite }) else { return .nan }
    oneBLASThread()
    var vectors = matrix
    var count = Int32(vector.count)
    var values = [Double](repeating: 0, count: vector.count)
    var workCount = 8 * count
    var work = [Double](repeating: 0, count: Int(workCount))
    var info: Int32 = 0
    dsyev_("V", "U", &count, &vectors, &count, &values, &work, &workCount, &info)
    if info != 0 { return .nan }  // no convergence
    let smallest = 1e-15 * (values.map { abs($0) }.max() ?? 0)
    var sum = 0.0
    for k in values.indices where abs(values[k]) > smallest {
      let projection = vector.indices.reduce(0) { $0 + vectors[k * vector.count + $1] * vector[$1] }
      sum += projection * projection / values[k]
    }
    return sum
  }
}

extension Plane {
  fileprivate func cropped(width newWidth: Int, height newHeight: Int) -> Plane {
    var result = [Double]()
    result.reserveCapacity(newWidth * newHeight)
    for row in 0..<newHeight { result += values[row * width..<row * width + newWidth] }
    return Plane(size: PixelSize(width: newWidth, height: newHeight), values: result)
  }

  fileprivate func halvedByBicubic() -> Plane {
    let half = PixelSize(width: width / 2, height: height / 2)
    let result = Resampler.matlab(from: size, to: half)(values.map { Float($0) / 255 }, channels: 1)
    return Plane(size: half, values: result.map { Double($0 * 255) })
  }

  /// (value - local mean) / (local deviation + 1).
  ///
  /// The local means are rounded to 32 bits, as in BasicSR: flat areas then give zeros, which
  /// belong to neither side of the fits below, and not the signs of rounding errors.
  fileprivate func normalised() -> Plane {
    let window = Plane.gaussian(count: 7, sigma: 7.0 / 6)
    let mean = filtered(window, edge: .nearest)
    let square = (self * self).filtered(window, edge: .nearest)
    var result = self
    for i in values.indices {
      let local = Float(mean.values[i])
      let variance = Float(square.values[i]) - local * local
      result.values[i] = Double((Float(values[i]) - local) / (abs(variance).squareRoot() + 1))
    }
    return result
  }
}
