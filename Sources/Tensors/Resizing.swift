import Foundation

/// How the pixels of a resized image are made of the old ones; the values of PyTorch's `interpolate` with half-pixel
/// centres (`align_corners=False`).
public enum Interpolation: Sendable, Hashable {
  /// The pixel under the upper left corner of the new one.
  case nearest
  case bilinear
  /// Keys' cubic with parameter `a`; `nil` takes -0.5 with antialiasing and -0.75 without, as PyTorch does.
  case bicubic(a: Double? = nil)
  /// The mean of the old pixels that a new one touches.
  case area

  public static let bicubic = Interpolation.bicubic(a: nil)
}

/// The geometry of a resize from one image size to another, from which the whole result or a part of it is made.
///
/// A part has the same bits as in the whole: weights depend on positions in the full images only, and every pixel sums its
/// sources in the same order.
/// ```swift
/// let resizing = Resizing(from: (h, w), to: (4 * h, 4 * w), .bicubic, antialias: true)
/// let needed = resizing.source(rows: rows, columns: columns)        // what this part of the result reads
/// let crop = image.sliced(axis: 1, needed.rows).sliced(axis: 2, needed.columns)
/// let part = crop.resized(resizing, rows: rows, columns: columns, origin: (needed.rows.lowerBound, needed.columns.lowerBound))
/// ```
public struct Resizing: Sendable {
  public let source: (height: Int, width: Int)
  public let target: (height: Int, width: Int)
  public let interpolation: Interpolation
  /// Whether the kernel widens when the image shrinks. `nearest` and `area` do not change.
  public let antialias: Bool
  private let step: (Double, Double)

  /// - Parameter scale: new pixels an old one, where it is not the quotient of the sizes (PyTorch's `scale_factor`).
  public init(
    from source: (height: Int, width: Int), to target: (height: Int, width: Int), _ interpolation: Interpolation,
    antialias: Bool = false, scale: (Double, Double)? = nil
  ) {
    precondition(
      min(source.height, source.width, target.height, target.width) > 0, "resizing from \(source) to \(target)")
    (self.source, self.target, self.interpolation, self.antialias) = (source, target, interpolation, antialias)
    step =
      scale.map { (1 / $0.0, 1 / $0.1) }
      ?? (Double(source.height) / Double(target.height), Double(source.width) / Double(target.width))
  }

  /// The old pixels that a part of the result is made of.
  public func source(rows: Range<Int>, columns: Range<Int>) -> (rows: Range<Int>, columns: Range<Int>) {
    func reach(_ axis: Axis, _ range: Range<Int>) -> Range<Int> {
      let indices = range.flatMap { axis.entries($0).map(\.index) }
      guard let first = indices.min(), let last = indices.max() else { return 0..<0 }
      return first..<(last + 1)
    }
    return (reach(vertical, rows), reach(horizontal, columns))
  }

  var vertical: Axis { Axis(self, source.height, target.height, step.0) }
  var horizontal: Axis { Axis(self, source.width, target.width, step.1) }

  /// One axis: the old positions and weights of each new position.
  struct Axis {
    private let interpolation: Interpolation
    private let antialias: Bool
    private let length: Int, newLength: Int
    private let step: Double  // old pixels a new one

    init(_ resizing: Resizing, _ length: Int, _ newLength: Int, _ step: Double) {
      (interpolation, antialias) = (resizing.interpolation, resizing.antialias)
      (self.length, self.newLength, self.step) = (length, newLength, step)
    }

    /// The map of outputs `range` from inputs `crop`.
    func map(_ range: Range<Int>, from crop: Range<Int>) -> SparseMap {
      var map = SparseMap(inputs: crop.count)
      for i in range {
        map.append(
          entries(i).map { entry in
            precondition(crop.contains(entry.index), "position \(entry.index) is needed, the crop holds \(crop)")
            return (entry.index - crop.lowerBound, entry.weight)
          })
      }
      return map
    }

    func entries(_ i: Int) -> [(index: Int, weight: Float)] {
      switch interpolation {
      case .nearest:
        // In Float, as PyTorch decides which of two equally near pixels it takes.
        return [(min(Int((Float(i) * Float(step)).rounded(.down)), length - 1), 1)]
      case .area:
        let first = i * length / newLength
        let last = ((i + 1) * length + newLength - 1) / newLength
        return (first..<last).map { ($0, 1 / Float(last - first)) }
      case .bilinear:
        return antialias ? widened(i, reach: 1) { max(0, 1 - $0) } : bilinear(i)
      case .bicubic(let a):
        if antialias { return widened(i, reach: 2) { Self.cubic($0, a ?? -0.5) } }
        let x = (Double(i) + 0.5) * step - 0.5
        let base = x.rounded(.down)
        return (-1...2).map { tap in
          let weight = Self.cubic(abs(x - base - Double(tap)), a ?? -0.75)
          return (min(max(Int(base) + tap, 0), length - 1), Float(weight))
        }
      }
    }

    private func bilinear(_ i: Int) -> [(index: Int, weight: Float)] {
      let x = max(0, (Double(i) + 0.5) * step - 0.5)
      let base = min(Int(x), length - 1)
      let part = min(x - Double(base), 1)
      return [(base, Float(1 - part)), (min(base + 1, length - 1), Float(part))]
    }

    /// A kernel of half-width `reach`, stretched by the step when the image shrinks. Taps outside the image are left
    /// out and the others renormalised.
    private func widened(_ i: Int, reach: Double, _ kernel: (Double) -> Double) -> [(index: Int, weight: Float)] {
      let stretch = max(1, step)
      let centre = (Double(i) + 0.5) * step
      let first = min(length - 1, max(0, Int(centre - reach * stretch + 0.5)))
      let last = max(first + 1, min(length, Int(centre + reach * stretch + 0.5)))
      let weights = (first..<last).map { kernel(abs((Double($0) - centre + 0.5) / stretch)) }
      let total = weights.reduce(0, +)
      return zip(first..<last, weights).map { ($0, Float($1 / total)) }
    }

    /// Keys' cubic convolution kernel at distance x >= 0.
    private static func cubic(_ x: Double, _ a: Double) -> Double {
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return ((x - 5) * x + 8) * x * a - 4 * a }
      return 0
    }
  }
}

extension Tensor {
  /// An image `[N, H, W, C]` in another size, `[N, height, width, C]`.
  public func resized(
    height: Int, width: Int, _ interpolation: Interpolation, antialias: Bool = false
  ) -> Tensor {
    precondition(rank == 4, "resizing needs [N, H, W, C], got \(shape)")
    let resizing = Resizing(
      from: (shape[1], shape[2]), to: (height, width), interpolation, antialias: antialias)
    return resized(resizing, rows: 0..<height, columns: 0..<width)
  }

  /// Part `rows`, `columns` of a resized image, made from this crop of the full image whose upper left pixel is `origin`.
  public func resized(
    _ resizing: Resizing, rows: Range<Int>, columns: Range<Int>, origin: (row: Int, column: Int) = (0, 0)
  ) -> Tensor {
    precondition(rank == 4, "resizing needs [N, H, W, C], got \(shape)")
    return mapped(
      rows: resizing.vertical.map(rows, from: origin.row..<(origin.row + shape[1])),
      columns: resizing.horizontal.map(columns, from: origin.column..<(origin.column + shape[2])))
  }
}
