import COpenBLAS

/// Natural image quality evaluator (Mittal, Soundararajan and Bovik, 2013): needs no reference; lower is
/// more natural, photographs lie at about 2...6.
///
/// The protocol is that of BasicSR: rounded luma, blocks of 96 × 96 pixels that fit from the top left, two
/// scales with MATLAB's bicubic between them, the distance of the block statistics from those of
/// undistorted photographs.
public enum NIQE {
  /// Side of a block at the full scale, in pixels.
  public static let blockSide = 96

  /// The score of an image less `border` pixels on every side.
  ///
  /// Throws `tooSmall` when not two blocks fit, since one has no covariance.
  public static func score(_ image: Image, border: Int = 0) throws(MediaError) -> Double {
    let least = blockSide + 2 * border
    let columns = (image.width - 2 * border) / blockSide
    let rows = (image.height - 2 * border) / blockSide
    guard columns * rows >= 2 else {
      throw .tooSmall(image.size, minimum: least, purpose: "NIQE (two blocks of 96x96)")
    }
    var luma = Plane(luma: image).cropped(border: border)
    luma = luma.cropped(width: columns * blockSide, height: rows * blockSide)
    for i in luma.values.indices { luma.values[i].round(.toNearestOrEven) }
    let half = luma.halvedByBicubic()
    let fine = blockFeatures(luma.normalised(), side: blockSide)
    let coarse = blockFeatures(half.normalised(), side: blockSide / 2)
    return distance(zip(fine, coarse).map { $0 + $1 })
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
    var vectors = matrix
    var count = Int32(vector.count)
    var values = [Double](repeating: 0, count: vector.count)
    var workCount = 8 * count
    var work = [Double](repeating: 0, count: Int(workCount))
    var info: Int32 = 0
    dsyev_("V", "U", &count, &vectors, &count, &values, &work, &workCount, &info)
    if info != 0 { return .nan }   // the matrix held a NaN
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
    let result = Resampler.matlab(from: size, to: half)(values.map { Float($0) }, channels: 1)
    return Plane(size: half, values: result.map { Double($0) })
  }

  /// (value - local mean) / (local deviation + 1).
  fileprivate func normalised() -> Plane {
    let window = Plane.gaussian(count: 7, sigma: 7.0 / 6)
    let mean = filtered(window, edge: .nearest)
    let square = (self * self).filtered(window, edge: .nearest)
    var result = self
    for i in values.indices {
      let variance = square.values[i] - mean.values[i] * mean.values[i]
      result.values[i] = (values[i] - mean.values[i]) / (abs(variance).squareRoot() + 1)
    }
    return result
  }
}
