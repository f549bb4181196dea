// Burt and Adelson's pyramid, 1983.

private let smoothing: [Double] = [1, 4, 6, 4, 1].map { $0 / 16 }

extension Plane {
  /// Differences between a plane and its smooth part, each band half as wide as the one before.
  func laplacianBands(_ count: Int) -> [Plane] {
    var bands = [Plane]()
    var current = self
    for _ in 0..<count {
      let coarse = current.filtered(smoothing, edge: .symmetric).everySecondPixel()
      var band = current
      let smooth = coarse.spread(to: current.size)
      for i in band.values.indices { band.values[i] -= smooth.values[i] }
      bands.append(band)
      current = coarse
    }
    return bands
  }

  /// Standard deviation of all values.
  var deviation: Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (square / count).squareRoot()
  }

  private func everySecondPixel() -> Plane {
    let half = PixelSize(width: (width + 1) / 2, height: (height + 1) / 2)
    var result = [Double]()
    result.reserveCapacity(half.width * half.height)
    for row in stride(from: 0, to: height, by: 2) {
      for column in stride(from: 0, to: width, by: 2) {
        result.append(values[row * width + column])
      }
    }
    return Plane(size: half, values: result)
  }

  /// The inverse: zeros between the pixels, then the kernel with its weight doubled in each
  /// direction.
  private func spread(to size: PixelSize) -> Plane {
    var result = Plane(size: size, values: [Double](repeating: 0, count: size.width * size.height))
    for row in 0..<height {
      for column in 0..<width {
        result.values[2 * row * size.width + 2 * column] = values[row * width + column]
      }
    }
    return result.filtered(smoothing.map { $0 * 2 }, edge: .symmetric)
  }
}
