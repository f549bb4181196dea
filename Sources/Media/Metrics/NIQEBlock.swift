/// The 18 features of one block at one scale: generalised Gaussian fits of the normalised luma and
/// of its products with four neighbours.
struct NIQEBlock {
  private let values: [Double]
  private let side: Int

  init(_ plane: Plane, row: Int, column: Int, side: Int) {
    self.side = side
    values = (row..<row + side).flatMap { y in
      plane.values[y * plane.width + column..<y * plane.width + column + side]
    }
  }

  var features: [Double] {
    let fit = AsymmetricGaussian(fitting: values)
    var result = [fit.shape, (fit.left + fit.right) / 2]
    for (down, right) in [(0, 1), (1, 0), (1, 1), (1, -1)] {
      let fit = AsymmetricGaussian(fitting: productsWithNeighbour(down, right))
      result += [fit.shape, fit.mean, fit.left, fit.right]
    }
    return result
  }

  /// Each value times the one `down` rows above and `right` columns before it, wrapping around.
  private func productsWithNeighbour(_ down: Int, _ right: Int) -> [Double] {
    var result = [Double]()
    result.reserveCapacity(values.count)
    for y in 0..<side {
      let other = (y - down + side) % side * side
      for x in 0..<side {
        result.append(values[y * side + x] * values[other + (x - right + side) % side])
      }
    }
    return result
  }
}

/// An asymmetric generalised Gaussian, fitted by moments (Lasmar, Stitou and Berthoumieu, 2009).
struct AsymmetricGaussian {
  let shape: Double
  let left: Double
  let right: Double

  var mean: Double { (right - left) * gamma(2 / shape) / gamma(1 / shape) }

  init(fitting values: [Double]) {
    var below = (sum: 0.0, count: 0)
    var above = (sum: 0.0, count: 0)
    var absolute = 0.0
    for value in values {
      absolute += abs(value)
      if value < 0 { below = (below.sum + value * value, below.count + 1) }
      if value > 0 { above = (above.sum + value * value, above.count + 1) }
    }
    let leftDeviation = (below.sum / Double(below.count)).squareRoot()
    let rightDeviation = (above.sum / Double(above.count)).squareRoot()
    let ratio = leftDeviation / rightDeviation
    let count = Double(values.count)
    let flatness = absolute * absolute / count / (below.sum + above.sum)
    let skewed = (ratio * ratio * ratio + 1) * (ratio + 1)
    let even = (ratio * ratio + 1) * (ratio * ratio + 1)
    shape = ShapeTable.shared.shape(for: flatness * skewed / even)
    let scale = (gamma(1 / shape) / gamma(3 / shape)).squareRoot()
    left = leftDeviation * scale
    right = rightDeviation * scale
  }
}

/// Γ(2/a)² / (Γ(1/a) Γ(3/a)) for the shapes 0.2, 0.201 ... 10; it rises with a.
private struct ShapeTable {
  static let shared = ShapeTable()
  private let ratios: [Double]

  private init() {
    ratios = (0...9800).map { step in
      let inverse = 1 / ShapeTable.shape(step)
      let middle = gamma(2 * inverse)
      return middle * middle / (gamma(inverse) * gamma(3 * inverse))
    }
  }

  private static func shape(_ step: Int) -> Double { 0.2 + 0.001 * Double(step) }

  /// The shape whose ratio is nearest; the first one when the ratio is not a number.
  func shape(for ratio: Double) -> Double {
    if ratio.isNaN { return ShapeTable.shape(0) }
    var (low, high) = (0, ratios.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if ratios[middle] < ratio { low = middle } else { high = middle }
    }
    return ShapeTable.shape(ratio - ratios[low] <= ratios[high] - ratio ? low : high)
  }
}
