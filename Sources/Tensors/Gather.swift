import Kernels

/// Rows chosen by index along the first axis.
extension Tensor {
  /// Row `index[i]` of this tensor as row i: `[R, ...] -> [index.count, ...]`.
  public func gathered(rows index: [Int32]) -> Tensor {
    precondition(rank >= 1, "rows of a scalar")
    let rows = shape[0]
    Self.check(index, below: rows, "gather from \(shape)")
    func pick(_ x: Tensor) -> Tensor {
      let out = Tensor(uninitialized: [index.count] + x.shape.dropFirst(), x.elementType)
      let bytes = x.shape.dropFirst().reduce(1, *) * x.elementType.byteCount
      if bytes > 0 { os_gather_rows(Int64(index.count), Int64(bytes), x.pointer, index, out.pointer) }
      return out
    }
    return pick(values).derived(from: [self]) { g, _ in
      [g.scattered(index, into: rows)]
    } pushforward: { t in
      pick(t[0]!)
    }
  }

  /// Adds row i of this tensor to row `index[i]` of zeros with `count` rows: `[index.count, ...] -> [count, ...]`.
  public func scatterAdded(rows index: [Int32], into count: Int) -> Tensor {
    precondition(
      rank >= 1 && shape[0] == index.count, "scatter of shape \(shape) along \(index.count) indices")
    Self.check(index, below: count, "scatter into \(count) rows")
    return values.scattered(index, into: count).derived(from: [self]) { g, _ in
      [g.gathered(rows: index)]
    } pushforward: { t in
      t[0]!.scattered(index, into: count)
    }
  }

  /// Rows of a table `[V, D]`, one for each index, laid out as `shape + [D]`.
  public static func embedding(_ weight: Tensor, _ indices: [Int32], shape: [Int]) -> Tensor {
    precondition(weight.rank == 2, "an embedding table is [V, D], got \(weight.shape)")
    precondition(shape.reduce(1, *) == indices.count, "\(indices.count) indices do not fill shape \(shape)")
    return weight.gathered(rows: indices).reshaped(shape + [weight.shape[1]])
  }

  /// Sums are made in f32, in the order of `index`.
  private func scattered(_ index: [Int32], into count: Int) -> Tensor {
    let (x, out) = (values.cast(to: .f32), Tensor.zeros([count] + shape.dropFirst()))
    let inner = shape.dropFirst().reduce(1, *)
    os_scatter_add_rows(Int64(index.count), Int64(inner), x.floatPointer, index, out.floatPointer)
    return out.cast(to: elementType)
  }

  private static func check(_ index: [Int32], below limit: Int, _ what: @autoclosure () -> String) {
    if let at = index.firstIndex(where: { $0 < 0 || Int($0) >= limit }) {
      preconditionFailure("\(what()): index \(index[at]) at position \(at) is outside 0..<\(limit)")
    }
  }
}
