import Kernels

/// Normalisations: statistics, affine map and activation in as few passes over memory as there can be.
/// Letters: N batch, C channels (last axis), G groups.
extension Tensor {
  /// LayerNorm over the last axis: (x - mean) / sqrt(variance + epsilon) · scale + shift, with `scale` and `shift` `[C]`.
  public func layerNormalized(scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
    rowNormalized(centered: true, scale: scale, shift: shift, epsilon: epsilon)
  }

  /// RMSNorm over the last axis: x / sqrt(mean of squares + epsilon) · scale, with `scale` `[C]`.
  public func rmsNormalized(scale: Tensor? = nil, epsilon: Float = 1e-6) -> Tensor {
    rowNormalized(centered: false, scale: scale, shift: nil, epsilon: epsilon)
  }

  /// GroupNorm of `[N, ..., C]`: mean and variance over space and over each of `groups` runs of neighbouring channels,
  /// then scale, shift (`[C]`) and the activation, fused.
  public func groupNormalized(
    groups: Int, scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Float = 1e-5, activation: FusedActivation = .none
  ) -> Tensor {
    precondition(rank >= 2, "group normalisation of shape \(shape); it takes [N, ..., C]")
    let (x, type, c) = (values, elementType, shape[rank - 1])
    precondition(groups > 0 && c % groups == 0, "\(c) channels do not divide into \(groups) groups")
    let affine = Affine(scale: scale, shift: shift, channels: c)
    guard count > 0 else { return self }
    var description = OSGroupNorm(
      type: type.rawValue, activation: activation.rawValue, n: Int64(shape[0]), s: Int64(count / shape[0] / c),
      c: Int64(c), groups: Int64(groups))
    let (mean, rstd) = (Tensor(uninitialized: [shape[0], groups]), Tensor(uninitialized: [shape[0], groups]))
    let y = Tensor(uninitialized: shape, type)
    os_group_norm(
      &description, epsilon, x.pointer, affine.scale.floatPointer, affine.shift.floatPointer, y.pointer,
      mean.floatPointer, rstd.floatPointer)
    let fixed = description
    return y.derived(from: [self] + affine.inputs) { g, need in
      var description = fixed
      let g = g.cast(to: type)
      let dx = Tensor(uninitialized: x.shape, type)
      let (dscale, dshift) = (Tensor(uninitialized: [c]), Tensor(uninitialized: [c]))
      os_group_norm_reverse(
        &description, x.pointer, g.pointer, affine.scale.floatPointer, affine.shift.floatPointer,
        mean.floatPointer, rstd.floatPointer, dx.pointer, dscale.floatPointer, dshift.floatPointer)
      return affine.gradients(need, dx, dscale, dshift)
    } pushforward: { t in
      var description = fixed
      let (moved, moving) = (t[0]?.cast(to: type) ?? Tensor.zeros(x.shape).cast(to: type), affine.tangents(t))
      let out = Tensor(uninitialized: x.shape, type)
      os_group_norm_tangent(
        &description, x.pointer, moved.pointer, affine.scale.floatPointer, affine.shift.floatPointer,
        moving.scale.floatPointer, moving.shift.floatPointer, mean.floatPointer, rstd.floatPointer, out.pointer)
      return out
    }
  }

  /// x (1 + scale) + shift with `scale` and `shift` `[N, C]`: adaptive normalisation's and FiLM's per-sample map of
  /// `[N, ..., C]`.
  public func modulated(scale: Tensor, shift: Tensor) -> Tensor {
    precondition(rank >= 2, "modulation of shape \(shape); it takes [N, ..., C]")
    let (x, type, n, c) = (values, elementType, shape[0], shape[rank - 1])
    precondition(
      scale.shape == [n, c] && shift.shape == [n, c],
      "modulation of \(shape) takes scale and shift of shape \([n, c]), got \(scale.shape) and \(shift.shape)")
    guard count > 0 else { return self }
    let s = count / n / c
    let (gain, offset) = (scale.values.cast(to: .f32) + 1, shift.values.cast(to: .f32))
    func modulate(_ x: Tensor, _ shift: Tensor?) -> Tensor {
      let out = Tensor(uninitialized: x.shape, type)
      os_modulate(
        type.rawValue, x.pointer, gain.floatPointer, shift?.floatPointer, out.pointer, Int64(n), Int64(s), Int64(c))
      return out
    }
    return modulate(x, offset).derived(from: [self, scale, shift]) { g, need in
      let g = g.cast(to: type)
      let dx = need[0] ? modulate(g, nil) : nil
      guard need[1] || need[2] else { return [dx, nil, nil] }
      let (total, moment) = (Tensor(uninitialized: [n, c]), Tensor(uninitialized: [n, c]))
      os_channel_sums(
        type.rawValue, x.pointer, g.pointer, total.floatPointer, moment.floatPointer, Int64(n), Int64(s), Int64(c))
      return [dx, need[1] ? moment : nil, need[2] ? total : nil]
    } pushforward: { t in
      let moved = t[0]?.cast(to: type) ?? Tensor.zeros(x.shape).cast(to: type)
      guard t[1] != nil || t[2] != nil else { return modulate(moved, nil) }
      let (tgain, tshift) = (t[1]?.cast(to: .f32) ?? .zeros([n, c]), t[2]?.cast(to: .f32) ?? .zeros([n, c]))
      let out = Tensor(uninitialized: x.shape, type)
      os_modulate_tangent(
        type.rawValue, x.pointer, moved.pointer, gain.floatPointer, tgain.floatPointer, tshift.floatPointer,
        out.pointer, Int64(n), Int64(s), Int64(c))
      return out
    }
  }

  private func rowNormalized(centered: Bool, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor {
    precondition(rank >= 1, "normalisation of a scalar")
    let (x, type, c) = (values, elementType, shape[rank - 1])
    let affine = Affine(scale: scale, shift: shift, channels: c)
    guard count > 0 else { return self }
    let rows = count / c
    let (mean, rstd) = (Tensor(uninitialized: [rows]), Tensor(uninitialized: [rows]))
    let y = Tensor(uninitialized: shape, type)
    let centering: Int32 = centered ? 1 : 0
    os_row_norm(
      type.rawValue, centering, epsilon, x.pointer, affine.scale.floatPointer, affine.shift.floatPointer, y.pointer,
      mean.floatPointer, rstd.floatPointer, Int64(rows), Int64(c))
    return y.derived(from: [self] + affine.inputs) { g, need in
      let g = g.cast(to: type)
      let dx = Tensor(uninitialized: x.shape, type)
      let (dscale, dshift) = (Tensor(uninitialized: [c]), Tensor(uninitialized: [c]))
      os_row_norm_reverse(
        type.rawValue, centering, x.pointer, g.pointer, affine.scale.floatPointer, mean.floatPointer,
        rstd.floatPointer, dx.pointer, dscale.floatPointer, dshift.floatPointer, Int64(rows), Int64(c))
      return affine.gradients(need, dx, dscale, dshift)
    } pushforward: { t in
      let (moved, moving) = (t[0]?.cast(to: type) ?? Tensor.zeros(x.shape).cast(to: type), affine.tangents(t))
      let out = Tensor(uninitialized: x.shape, type)
      os_row_norm_tangent(
        type.rawValue, centering, x.pointer, moved.pointer, affine.scale.floatPointer, moving.scale.floatPointer,
        moving.shift.floatPointer, mean.floatPointer, rstd.floatPointer, out.pointer, Int64(rows), Int64(c))
      return out
    }
  }
}

/// The optional scale and shift of a normalisation and their places among an operator's inputs (0 is x).
private struct Affine {
  let inputs: [Tensor]
  let scale: Tensor
  let shift: Tensor
  private let scaleAt: Int?
  private let shiftAt: Int?

  init(scale: Tensor?, shift: Tensor?, channels c: Int) {
    for part in [scale, shift] {
      precondition(part.map { $0.shape == [c] } ?? true, "scale and shift must have shape [\(c)], got \(part!.shape)")
    }
    inputs = [scale, shift].compactMap { $0 }
    scaleAt = scale == nil ? nil : 1
    shiftAt = shift == nil ? nil : inputs.count
    self.scale = scale?.values.cast(to: .f32) ?? .ones([c])
    self.shift = shift?.values.cast(to: .f32) ?? .zeros([c])
  }

  func gradients(_ need: [Bool], _ dx: Tensor, _ dscale: Tensor, _ dshift: Tensor) -> [Tensor?] {
    var result: [Tensor?] = [dx] + inputs.map { _ in nil }
    if let scaleAt, need[scaleAt] { result[scaleAt] = dscale }
    if let shiftAt, need[shiftAt] { result[shiftAt] = dshift }
    return result
  }

  /// The tangents of scale and shift, zeros where nothing moves.
  func tangents(_ t: [Tensor?]) -> (scale: Tensor, shift: Tensor) {
    func part(_ at: Int?) -> Tensor { at.flatMap { t[$0] }?.cast(to: .f32) ?? .zeros(scale.shape) }
    return (part(scaleAt), part(shiftAt))
  }
}
