import Kernels

/// Overlapping pieces of a signal, and their sum back.
extension Tensor {
  /// Pieces of `size` samples that begin every `hop` samples: `[N, L] -> [N, (L - size) / hop + 1, size]`; a rest shorter
  /// than a piece is left out.
  public func framed(size: Int, hop: Int) -> Tensor {
    precondition(
      rank == 2 && size > 0 && hop > 0 && shape[1] >= size, "pieces of \(size) samples every \(hop) of shape \(shape)")
    let (n, length) = (shape[0], shape[1]), frames = (length - size) / hop + 1
    func cut(_ x: Tensor) -> Tensor { x.copied(shape: [n, frames, size], strides: [length, hop, 1]) }
    return cut(values).derived(from: [self]) { g, _ in
      let sum = g.overlapping(hop)
      return [sum.padded(axis: 1, before: 0, after: length - sum.shape[1])]
    } pushforward: { t in
      cut(t[0]!)
    }
  }

  /// The adjoint of ``framed(size:hop:)``: pieces added where they overlap, `[N, T, size] -> [N, (T - 1) hop + size]`.
  public func overlapAdded(hop: Int) -> Tensor {
    precondition(rank == 3 && shape[1] > 0 && hop > 0, "pieces [N, T, size] are added every \(hop), got \(shape)")
    let size = shape[2]
    return values.overlapping(hop).derived(from: [self]) { g, _ in
      [g.framed(size: size, hop: hop)]
    } pushforward: { t in
      t[0]!.overlapping(hop)
    }
  }

  private func overlapping(_ hop: Int) -> Tensor {
    let x = cast(to: .f32)
    let out = Tensor(uninitialized: [shape[0], (shape[1] - 1) * hop + shape[2]])
    os_overlap_add(Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), Int64(hop), x.floatPointer, out.floatPointer)
    return out.cast(to: elementType)
  }
}
