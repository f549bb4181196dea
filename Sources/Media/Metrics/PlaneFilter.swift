extension Plane {
  /// What a filter sees outside the plane.
  enum Edge {
    /// Nothing: the result shrinks by kernel.count - 1 in both directions.
    case valid
    /// The edge value repeated.
    case nearest
    /// The plane mirrored, edge values twice.
    case symmetric
  }

  /// Convolution with a symmetric kernel of odd length along both directions.
  func filtered(_ kernel: [Double], edge: Edge) -> Plane {
    let reach = kernel.count / 2
    if edge == .valid { return filteredInside(kernel) }
    return extended(by: reach, edge).filteredInside(kernel)
  }

  /// A Gaussian sampled at whole distances, with the sum 1.
  static func gaussian(count: Int, sigma: Double) -> [Double] {
    let weights = (0..<count).map { i in
      let distance = Double(i - count / 2)
      return exponential(-distance * distance / (2 * sigma * sigma))
    }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  private func filteredInside(_ kernel: [Double]) -> Plane {
    let inner = PixelSize(width: width - kernel.count + 1, height: height - kernel.count + 1)
    precondition(inner.width > 0 && inner.height > 0, "Plane: \(size) is smaller than the kernel")
    var line = [Double](repeating: 0, count: width)
    var result = [Double](repeating: 0, count: inner.height * inner.width)
    values.withUnsafeBufferPointer { source in
      line.withUnsafeMutableBufferPointer { line in
        result.withUnsafeMutableBufferPointer { result in
          for row in 0..<inner.height {  // one row at a time stays in the cache
            line.update(repeating: 0)
            for (tap, weight) in kernel.enumerated() {
              let from = (row + tap) * width
              for i in 0..<line.count { line[i] += weight * source[from + i] }
            }
            let to = row * inner.width
            for (tap, weight) in kernel.enumerated() {
              for i in 0..<inner.width { result[to + i] += weight * line[i + tap] }
            }
          }
        }
      }
    }
    return Plane(size: inner, values: result)
  }

  private func extended(by reach: Int, _ edge: Edge) -> Plane {
    func inside(_ position: Int, _ count: Int) -> Int {
      if edge == .nearest { return min(max(position, 0), count - 1) }
      let phase = ((position % (2 * count)) + 2 * count) % (2 * count)
      return phase < count ? phase : 2 * count - 1 - phase
    }
    let columns = (-reach..<width + reach).map { inside($0, width) }
    let outer = PixelSize(width: width + 2 * reach, height: height + 2 * reach)
    var result = [Double]()
    result.reserveCapacity(outer.width * outer.height)
    for row in -reach..<height + reach {
      let start = inside(row, height) * width
      for column in columns { result.append(values[start + column]) }
    }
    return Plane(size: outer, values: result)
  }
}
