import Kernels

extension Tensor {
  /// x where positive, else `slope` x, with one slope per channel (`[C]`, last axis) or one for all (`[1]`).
  public func prelu(_ slope: Tensor) -> Tensor {
    precondition(rank >= 1, "prelu of a scalar")
    let (x, type, c) = (values, elementType, shape[rank - 1])
    precondition(slope.shape == [c] || slope.shape == [1], "prelu of \(shape) with slopes of shape \(slope.shape)")
    guard count > 0 else { return self }
    let rows = Int64(count / c)
    let a = slope.values.cast(to: .f32).broadcast(to: [c])
    func along(_ g: Tensor) -> Tensor {
      let (g, out) = (g.cast(to: type), Tensor(uninitialized: x.shape, type))
      os_prelu_input(type.rawValue, x.pointer, a.floatPointer, g.pointer, out.pointer, rows, Int64(c))
      return out
    }
    let shape = slope.shape
    return along(x).derived(from: [self, slope]) { g, need in
      guard need[1] else { return [along(g), nil] }
      let (g, dslope) = (g.cast(to: type), Tensor(uninitialized: [c]))
      os_prelu_slope(type.rawValue, x.pointer, g.pointer, dslope.floatPointer, rows, Int64(c))
      return [need[0] ? along(g) : nil, dslope.summed(to: shape)]
    } pushforward: { t in
      let moved = t[0].map(along)
      let bent = t[1].map { Tensor.minimum(x, Tensor(0)) * $0.cast(to: type) }
      guard let moved, let bent else { return moved ?? bent }
      return moved + bent
    }
  }
}
