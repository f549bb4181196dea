import Kernels

extension Tensor {
  /// e^x over its sum along an axis. Where every element is minus infinity the result is zeros.
  public func softmax(axis: Int = -1) -> Tensor {
    let along = AxisSplit(shape, axis)
    let y = along.softmax(Int32(OS_SOFTMAX), values)
    func apply(_ g: Tensor) -> Tensor { along.derivative(Int32(OS_SOFTMAX), tangent: false, y, g) }
    return y.derived(from: [self]) { g, _ in
      [apply(g)]
    } pushforward: { t in
      apply(t[0]!)
    }
  }

  /// Logarithm of ``softmax(axis:)``, without its underflow.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let along = AxisSplit(shape, axis)
    let y = along.softmax(Int32(OS_LOG_SOFTMAX), values)
    return y.derived(from: [self]) { g, _ in
      [along.derivative(Int32(OS_LOG_SOFTMAX), tangent: false, y, g)]
    } pushforward: { t in
      along.derivative(Int32(OS_LOG_SOFTMAX), tangent: true, y, t[0]!)
    }
  }

  /// log Σ e^x along an axis, which disappears or, with `keepingAxis`, stays with length 1.
  public func logSumExp(axis: Int = -1, keepingAxis: Bool = false) -> Tensor {
    let along = AxisSplit(shape, axis)
    precondition(along.length > 0, "logSumExp of an empty axis of shape \(shape)")
    let (x, type) = (values, elementType)
    var kept = shape
    kept[along.axis] = 1
    var final = shape
    if keepingAxis { final = kept } else { final.remove(at: along.axis) }
    let y = Tensor(uninitialized: kept)
    os_log_sum_exp(type.rawValue, x.pointer, y.floatPointer, along.outer, along.length, along.inner)
    return y.cast(to: type).reshaped(final).derived(from: [self]) { g, _ in
      [x.softmax(axis: along.axis) * g.reshaped(kept)]
    } pushforward: { t in
      (x.softmax(axis: along.axis) * t[0]!).sum([along.axis]).reshaped(final)
    }
  }
}

/// A shape seen as [outer, length, inner] around one axis.
private struct AxisSplit {
  let axis: Int
  let outer: Int64, length: Int64, inner: Int64

  init(_ shape: [Int], _ axis: Int) {
    self.axis = normalizedAxis(axis, rank: shape.count)
    outer = Int64(shape[..<self.axis].reduce(1, *))
    length = Int64(shape[self.axis])
    inner = Int64(shape[(self.axis + 1)...].reduce(1, *))
  }

  func softmax(_ kind: Int32, _ x: Tensor) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.elementType)
    os_softmax(kind, x.elementType.rawValue, x.pointer, y.pointer, outer, length, inner)
    return y
  }
  func derivative(_ kind: Int32, tangent: Bool, _ y: Tensor, _ g: Tensor) -> Tensor {
    let (g, out) = (g.cast(to: y.elementType), Tensor(uninitialized: y.shape, y.elementType))
    os_softmax_derivative(
      kind, y.elementType.rawValue, tangent ? 1 : 0, y.pointer, g.pointer, out.pointer, outer, length, inner)
    return out
  }
}
