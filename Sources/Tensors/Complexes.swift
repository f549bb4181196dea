import Kernels

/// Complex numbers as pairs (real, imaginary) in a last axis of length 2, in f32.
extension Tensor {
  /// √(re² + im² + added): `[..., 2] -> [...]`. Where it is 0 its derivative is 0.
  public func magnitude(addingToSquare added: Float = 0) -> Tensor {
    precondition(shape.last == 2, "complex numbers are pairs [..., 2], got \(shape)")
    let z = values.cast(to: .f32)
    let y = Tensor(uninitialized: shape.dropLast())
    let n = Int64(y.count)
    os_pair_magnitude(added, z.floatPointer, y.floatPointer, n)
    return y.derived(from: [self]) { [type = elementType] g, _ in
      let out = Tensor(uninitialized: z.shape)
      os_pair_magnitude_reverse(z.floatPointer, y.floatPointer, g.cast(to: .f32).floatPointer, out.floatPointer, n)
      return [out.cast(to: type)]
    } pushforward: { t in
      let out = Tensor(uninitialized: y.shape)
      os_pair_magnitude_tangent(z.floatPointer, y.floatPointer, t[0]!.cast(to: .f32).floatPointer, out.floatPointer, n)
      return out
    }
  }

  /// magnitude (cos phase + i sin phase): two tensors `[...] -> [..., 2]`; phases in radians.
  public static func polar(_ magnitude: Tensor, phase: Tensor) -> Tensor {
    precondition(
      magnitude.shape == phase.shape, "magnitudes \(magnitude.shape) and phases \(phase.shape) are not of one shape")
    let m = magnitude.values.cast(to: .f32), p = phase.values.cast(to: .f32)
    let z = Tensor(uninitialized: m.shape + [2])
    let n = Int64(m.count)
    os_polar(m.floatPointer, p.floatPointer, z.floatPointer, n)
    return z.derived(from: [magnitude, phase]) { [types = (magnitude.elementType, phase.elementType)] g, _ in
      let (dm, dp) = (Tensor(uninitialized: m.shape), Tensor(uninitialized: m.shape))
      os_polar_reverse(
        m.floatPointer, p.floatPointer, g.cast(to: .f32).floatPointer, dm.floatPointer, dp.floatPointer, n)
      return [dm.cast(to: types.0), dp.cast(to: types.1)]
    } pushforward: { t in
      let (tm, tp) = (t[0] ?? Tensor.zeros(m.shape), t[1] ?? Tensor.zeros(m.shape))
      let out = Tensor(uninitialized: m.shape + [2])
      os_polar_tangent(
        m.floatPointer, p.floatPointer, tm.cast(to: .f32).floatPointer, tp.cast(to: .f32).floatPointer,
        out.floatPointer, n)
      return out
    }
  }
}
