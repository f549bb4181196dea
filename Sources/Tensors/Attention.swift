import Kernels

/// Letters: N batch, H heads, T tokens (Tq queries, Tk keys), D width of a head.
extension Tensor {
  /// Multi-head attention, softmax(scale · q kᵀ + bias) v for every head, in blocks that never hold all scores.
  ///
  /// - Parameters:
  ///   - q: `[N, Tq, H, D]`.
  ///   - k: `[N, Tk, H, D]`.
  ///   - v: `[N, Tk, H, Dv]`.
  ///   - bias: added to the scores: `[H, Tq, Tk]`, `[1, H, Tq, Tk]` or `[N, H, Tq, Tk]`.
  ///   - mask: 0 hides a key, anything else shows it; broadcasts to `[N, H, Tq, Tk]`, such as `[N, 1, 1, Tk]`.
  ///   - causal: query i sees keys up to i + Tk - Tq.
  ///   - scale: `nil` is 1 / sqrt(D).
  /// - Returns: `[N, Tq, H, Dv]`; zeros for a query that sees no key.
  public static func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, bias: Tensor? = nil, mask: Tensor? = nil, causal: Bool = false,
    scale: Float? = nil
  ) -> Tensor {
    let plan = AttentionPlan(q, k, v, bias: bias, mask: mask, causal: causal, scale: scale)
    let inputs = [q, k, v] + (bias.map { [$0] } ?? [])
    guard plan.outputShape.reduce(1, *) > 0 else { return Tensor.zeros(plan.outputShape).cast(to: plan.type) }
    let (y, normaliser) = plan.forward()
    return y.derived(from: inputs) { g, need in
      plan.reverse(y, normaliser, g, need)
    } pushforward: { t in
      plan.tangent(y, normaliser, t)
    }
  }
}

/// The operands of one attention, checked and of one element type.
private struct AttentionPlan {
  let q: Tensor, k: Tensor, v: Tensor, bias: Tensor?, mask: Tensor?
  let type: ElementType
  let outputShape: [Int]
  private let biasShape: [Int]
  private let geometry: OSAttention

  init(_ q: Tensor, _ k: Tensor, _ v: Tensor, bias: Tensor?, mask: Tensor?, causal: Bool, scale: Float?) {
    precondition(
      q.rank == 4 && k.rank == 4 && v.rank == 4 && k.shape[0] == q.shape[0] && k.shape[2...] == q.shape[2...]
        && v.shape[..<3] == k.shape[..<3],
      "attention takes q [N, Tq, H, D], k [N, Tk, H, D], v [N, Tk, H, Dv], got \(q.shape), \(k.shape), \(v.shape)")
    let (n, tq, h, d) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
    let (tk, dv) = (k.shape[1], v.shape[3])
    let type = q.elementType
    self.type = type
    (self.q, self.k, self.v) = (q.values, k.values.cast(to: type), v.values.cast(to: type))
    self.bias = bias?.values.cast(to: .f32)
    biasShape = bias?.shape ?? []
    if let bias {
      precondition(
        [[h, tq, tk], [1, h, tq, tk], [n, h, tq, tk]].contains(bias.shape),
        "an attention bias of shape \(bias.shape) where \([h, tq, tk]) or \([n, h, tq, tk]) is needed")
    }
    var strides = [0, 0, 0]
    if let mask {
      let full = [n, h, tq, tk]
      precondition(
        mask.rank <= 4 && Tensor.broadcastShape(mask.shape, full) == full,
        "an attention mask of shape \(mask.shape) does not broadcast to \(full)")
      // Keys stay contiguous; the other axes may repeat.
      var shape = [Int](repeating: 1, count: 4 - mask.rank) + mask.shape
      shape[3] = tk
      let plain = mask.values.cast(to: .f32).broadcast(to: shape)
      strides = zip(shape, rowMajorStrides(shape)).prefix(3).map { $0 == 1 ? 0 : $1 }
      self.mask = plain
    } else {
      self.mask = nil
    }
    outputShape = [n, tq, h, dv]
    geometry = OSAttention(
      type: type.rawValue, causal: causal ? 1 : 0, n: Int64(n), h: Int64(h), tq: Int64(tq), tk: Int64(tk), d: Int64(d),
      dv: Int64(dv), scale: scale ?? 1 / Float(d).squareRoot(), bias: nil,
      bias_n: bias.map { $0.rank == 4 && $0.shape[0] > 1 } == true ? Int64(h * tq * tk) : 0, bias_h: Int64(tq * tk),
      mask: nil, mask_n: Int64(strides[0]), mask_h: Int64(strides[1]), mask_q: Int64(strides[2]))
  }

  func forward() -> (Tensor, normaliser: Tensor) {
    let (y, normaliser) = (Tensor(uninitialized: outputShape, type), Tensor(uninitialized: [q.count / q.shape[3]]))
    withGeometry(OS_ATTENTION_FORWARD) { shape, scratch in
      os_attention_forward(shape, q.pointer, k.pointer, v.pointer, y.pointer, normaliser.floatPointer, scratch)
    }
    return (y, normaliser)
  }

  func reverse(_ y: Tensor, _ normaliser: Tensor, _ g: Tensor, _ need: [Bool]) -> [Tensor?] {
    let (dq, dk) = (Tensor(uninitialized: q.shape, type), Tensor(uninitialized: k.shape, type))
    let dv = Tensor(uninitialized: v.shape, type)
    let dbias = need.count > 3 && need[3] ? Tensor.zeros(biasShape) : nil
    let g = g.cast(to: type)
    withGeometry(OS_ATTENTION_REVERSE) { shape, scratch in
      os_attention_reverse(
        shape, q.pointer, k.pointer, v.pointer, y.pointer, normaliser.floatPointer, g.pointer, dq.pointer, dk.pointer,
        dv.pointer, dbias?.floatPointer, scratch)
    }
    return [dq, dk, dv] + (need.count > 3 ? [dbias] : [])
  }

  func tangent(_ y: Tensor, _ normaliser: Tensor, _ t: [Tensor?]) -> Tensor {
    let moving = t.prefix(3).map { $0?.cast(to: type) }
    let tbias = t.count > 3 ? t[3]?.cast(to: .f32) : nil
    let out = Tensor(uninitialized: outputShape, type)
    withGeometry(OS_ATTENTION_TANGENT) { shape, scratch in
      os_attention_tangent(
        shape, q.pointer, k.pointer, v.pointer, y.pointer, normaliser.floatPointer, moving[0]?.pointer,
        moving[1]?.pointer, moving[2]?.pointer, tbias?.floatPointer, out.pointer, scratch)
    }
    return out
  }

  private func withGeometry(_ pass: Int, _ body: (UnsafePointer<OSAttention>, UnsafeMutablePointer<Float>) -> Void) {
    var shape = geometry
    shape.bias = bias.map { UnsafePointer($0.floatPointer) }
    shape.mask = mask.map { UnsafePointer($0.floatPointer) }
    let scratch = Tensor(uninitialized: [os_attention_scratch(&shape, Int32(pass))])
    withExtendedLifetime((self, scratch)) { body(&shape, scratch.floatPointer) }
  }
}
