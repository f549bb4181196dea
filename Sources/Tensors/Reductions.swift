import Kernels

/// Sums, means, extremes and running sums. Sums are made in f32 over fixed blocks, whatever the element type.
extension Tensor {
  /// Sum over `axes` (all when `nil`), which disappear or, with `keepingAxes`, stay with length 1.
  public func sum(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let axes = resolve(axes)
    let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    let final = keepingAxes ? kept : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    let (full, type) = (shape, elementType)
    func reduce(_ x: Tensor) -> Tensor { x.reduced(OS_SUM, axes).cast(to: type).reshaped(final) }
    return reduce(values).derived(from: [self]) { g, _ in
      [g.reshaped(kept).broadcast(to: full)]
    } pushforward: { t in
      reduce(t[0]!)
    }
  }

  public func mean(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let n = resolve(axes).reduce(1) { $0 * shape[$1] }
    return sum(axes, keepingAxes: keepingAxes) / Float(max(1, n))
  }

  /// Population variance: the mean squared distance to the mean.
  public func variance(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    (self - mean(axes, keepingAxes: true)).squared().mean(axes, keepingAxes: keepingAxes)
  }

  /// Largest element over `axes`; equal elements share the derivative.
  public func maximum(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    extreme(OS_MAXIMUM, axes, keepingAxes)
  }
  /// Smallest element over `axes`; equal elements share the derivative.
  public func minimum(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    extreme(OS_MINIMUM, axes, keepingAxes)
  }

  private func extreme(_ operation: Int, _ axes: [Int]?, _ keepingAxes: Bool) -> Tensor {
    let axes = resolve(axes)
    let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    let final = keepingAxes ? kept : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    let x = values
    let best = x.reduced(operation, axes).cast(to: elementType).reshaped(kept)
    func share() -> Tensor {
      let hits = Tensor.equal(x, best)
      return hits / hits.sum(axes, keepingAxes: true)
    }
    return best.reshaped(final).derived(from: [self]) { g, _ in
      [share() * g.reshaped(kept)]
    } pushforward: { t in
      (share() * t[0]!).sum(axes).reshaped(final)
    }
  }

  /// Running sum along an axis.
  public func cumulativeSum(axis: Int) -> Tensor {
    let axis = normalizedAxis(axis, rank: rank)
    func run(_ x: Tensor, reversed: Bool) -> Tensor {
      let x32 = x.cast(to: .f32)
      let out = Tensor(uninitialized: x.shape)
      os_cumulative_sum(
        x32.floatPointer, out.floatPointer, Int64(x.shape[..<axis].reduce(1, *)), Int64(x.shape[axis]),
        Int64(x.shape[(axis + 1)...].reduce(1, *)), reversed ? 1 : 0)
      return out.cast(to: x.elementType)
    }
    return run(values, reversed: false).derived(from: [self]) { g, _ in
      [run(g, reversed: true)]
    } pushforward: { t in
      run(t[0]!, reversed: false)
    }
  }

  // MARK: The kernel

  private func resolve(_ axes: [Int]?) -> [Int] {
    axes.map { Set($0.map { normalizedAxis($0, rank: rank) }).sorted() } ?? Array(0..<rank)
  }

  /// Reduces plain values over sorted `axes`; the result is f32 with those axes of length 1.
  func reduced(_ operation: Int, _ axes: [Int]) -> Tensor {
    guard !axes.isEmpty else { return operation == OS_SUM_SQUARES ? squared().cast(to: .f32) : cast(to: .f32) }
    var current = self
    // Runs of neighbouring axes are reduced together, the last run first.
    var remaining = axes
    while let last = remaining.popLast() {
      var first = last
      while let previous = remaining.last, previous == first - 1 { first = remaining.removeLast() }
      var shape = current.shape
      for axis in first...last { shape[axis] = 1 }
      let out = Tensor(uninitialized: shape)
      os_reduce(
        Int32(operation), current.elementType.rawValue, current.pointer, out.floatPointer,
        Int64(current.shape[..<first].reduce(1, *)), Int64(current.shape[first...last].reduce(1, *)),
        Int64(current.shape[(last + 1)...].reduce(1, *)))
      current = out
    }
    return current
  }

  /// Sums away the axes that broadcasting added, giving back `target`. Plain values only.
  func summed(to target: [Int]) -> Tensor {
    guard shape != target else { return self }
    let lead = rank - target.count
    let axes = shape.indices.filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
    return values.reduced(OS_SUM, axes).cast(to: elementType).reshaped(target)
  }
}
