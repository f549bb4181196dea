import Kernels

/// Pooling over windows of pixels or samples.
extension Tensor {
  /// Means over windows of `[N, H, W, C]`; windows that would cross the far edge (after padding) are dropped.
  ///
  /// - Parameters:
  ///   - stride: distance of windows; `nil` is their size.
  ///   - countingPadding: whether padded zeros take part in the mean, as in PyTorch.
  public func averagePooled(
    _ size: (Int, Int), stride: (Int, Int)? = nil, padding: ConvolutionPadding = .none, countingPadding: Bool = true
  ) -> Tensor {
    let window = PoolingWindow(shape, size, stride ?? size, padding)
    func map(_ length: Int, _ out: Int, _ size: Int, _ stride: Int, _ before: Int) -> SparseMap {
      var map = SparseMap(inputs: length)
      for o in 0..<out {
        let start = o * stride - before
        let inside = max(0, start)..<max(0, min(length, start + size))
        let weight = 1 / Float(countingPadding ? size : max(1, inside.count))
        map.append(inside.map { ($0, weight) })
      }
      return map
    }
    let s = window.kernel
    return mapped(
      rows: map(Int(s.h), Int(s.oh), Int(s.kh), Int(s.sh), Int(s.pt)),
      columns: map(Int(s.w), Int(s.ow), Int(s.kw), Int(s.sw), Int(s.pl)))
  }

  /// Means over windows of `[N, T, C]`.
  public func averagePooled(_ size: Int, stride: Int? = nil, padding: Int = 0, countingPadding: Bool = true) -> Tensor {
    asRow {
      $0.averagePooled(
        (1, size), stride: (1, stride ?? size), padding: .init(top: 0, left: padding, bottom: 0, right: padding),
        countingPadding: countingPadding)
    }
  }

  /// Largest elements over windows of `[N, H, W, C]`. Padding never wins; of equal elements the first has the derivative.
  public func maxPooled(_ size: (Int, Int), stride: (Int, Int)? = nil, padding: ConvolutionPadding = .none) -> Tensor {
    let window = PoolingWindow(shape, size, stride ?? size, padding)
    let kernel = window.kernel
    let type = elementType
    let out = Tensor(uninitialized: window.output, type)
    let winners = Tensor.isDifferentiated([self]) ? Storage(byteCount: out.count) : nil
    let at = winners?.pointer.assumingMemoryBound(to: UInt8.self)
    os_max_pool(type.rawValue, kernel, pointer, out.pointer, at)
    let full = shape
    return out.derived(from: [self]) { g, _ in
      let gx = Tensor(uninitialized: full)
      os_max_pool_gradient(
        kernel, g.cast(to: .f32).floatPointer, winners!.pointer.assumingMemoryBound(to: UInt8.self), gx.floatPointer)
      return [gx.cast(to: type)]
    } pushforward: { t in
      let moved = Tensor(uninitialized: window.output)
      os_max_pool_pick(
        kernel, t[0]!.cast(to: .f32).floatPointer, winners!.pointer.assumingMemoryBound(to: UInt8.self),
        moved.floatPointer)
      return moved.cast(to: type)
    }
  }

  /// Largest elements over windows of `[N, T, C]`.
  public func maxPooled(_ size: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
    asRow {
      $0.maxPooled(
        (1, size), stride: (1, stride ?? size), padding: .init(top: 0, left: padding, bottom: 0, right: padding))
    }
  }

  /// Means over `height` by `width` nearly equal windows that cover `[N, H, W, C]`.
  public func averagePooled(height: Int, width: Int) -> Tensor { resized(height: height, width: width, .area) }

  /// The mean of all pixels, `[N, H, W, C]` to `[N, 1, 1, C]`, or of all samples, `[N, T, C]` to `[N, 1, C]`.
  public func globalAveragePooled() -> Tensor { mean(Array(1..<(rank - 1)), keepingAxes: true) }

  /// A sequence treated as an image of one row.
  private func asRow(_ body: (Tensor) -> Tensor) -> Tensor {
    precondition(rank == 3, "pooling in one dimension needs [N, T, C], got \(shape)")
    let y = body(reshaped(shape[0], 1, shape[1], shape[2]))
    return y.reshaped(y.shape[0], y.shape[2], y.shape[3])
  }
}

/// Where the windows lie.
private struct PoolingWindow {
  let kernel: OSPool
  let output: [Int]

  init(_ shape: [Int], _ size: (Int, Int), _ stride: (Int, Int), _ padding: ConvolutionPadding) {
    precondition(
      shape.count == 4 && min(size.0, size.1, stride.0, stride.1) > 0,
      "pooling by \(size), stride \(stride), needs [N, H, W, C], got \(shape)")
    precondition(size.0 * size.1 <= 256, "a pooling window of \(size) has more than 256 pixels")
    let p = padding
    precondition(
      min(p.top, p.left, p.bottom, p.right) >= 0 && max(p.top, p.bottom) < size.0 && max(p.left, p.right) < size.1,
      "padding \(p) must be smaller than the window \(size)")
    let (oh, ow) = (
      (shape[1] + p.top + p.bottom - size.0) / stride.0 + 1, (shape[2] + p.left + p.right - size.1) / stride.1 + 1
    )
    precondition(
      shape[1] + p.top + p.bottom >= size.0 && shape[2] + p.left + p.right >= size.1,
      "a window of \(size) does not fit an image of shape \(shape) with padding \(p)")
    output = [shape[0], oh, ow, shape[3]]
    kernel = OSPool(
      n: Int64(shape[0]), h: Int64(shape[1]), w: Int64(shape[2]), c: Int64(shape[3]), oh: Int64(oh), ow: Int64(ow),
      kh: Int64(size.0), kw: Int64(size.1), sh: Int64(stride.0), sw: Int64(stride.1), pt: Int64(p.top),
      pl: Int64(p.left))
  }
}
