import CDNN
import COpenBLAS

extension Tensor {
  /// Matrix product over the last two axes, batched over the axes before them.
  ///
  /// `[..., M, K] x [..., K, N] -> [..., M, N]`. A factor of rank 2 is shared by the whole batch; otherwise the leading
  /// axes must agree. `transposeA` and `transposeB` exchange the last two axes of a factor without moving it.
  public func matmul(_ other: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    let (a, b) = (values, other.values)
    let type = elementType
    func multiply(_ x: Tensor, _ y: Tensor, _ tx: Bool, _ ty: Bool) -> Tensor {
      let geometry = MatrixGeometry(x.shape, y.shape, tx, ty)
      return Compute.perform { geometry.product(x.cast(to: type), y.cast(to: type)) }
    }
    let product = multiply(a, b, transposeA, transposeB)
    return product.derived(from: [self, other]) { g, need in
      // With op(A) op(B) = C: dA = dC op(B)ᵀ and dB = op(A)ᵀ dC, written for the factors as they are stored.
      let left = need[0] ? (transposeA ? multiply(b, g, transposeB, true) : multiply(g, b, false, !transposeB)) : nil
      let right = need[1] ? (transposeB ? multiply(g, a, true, transposeA) : multiply(a, g, !transposeA, false)) : nil
      return [left?.summedBatch(to: a.shape), right?.summedBatch(to: b.shape)]
    } pushforward: { t in
      let parts = [
        t[0].map { multiply($0, b, transposeA, transposeB) }, t[1].map { multiply(a, $0, transposeA, transposeB) },
      ].compactMap { $0 }
      return parts.dropFirst().reduce(parts[0], +)
    }
  }

  /// `x W + b` over the last axis: `[..., I] x [I, O] -> [..., O]`.
  public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    let rows = reshaped([-1, shape[rank - 1]])
    let y = rows.matmul(weight).reshaped(shape.dropLast() + [weight.shape[1]])
    return bias.map { y + $0.cast(to: y.elementType) } ?? y
  }

  /// A factor shared by the batch collects the sum of the batch's gradients.
  private func summedBatch(to target: [Int]) -> Tensor {
    target.count == rank ? self : summed(to: target)
  }
}

/// Shapes of one (batched) matrix product.
private struct MatrixGeometry {
  let lead: [Int]
  let batch: Int, m: Int, n: Int, k: Int
  let transposeA: Bool, transposeB: Bool, sharedA: Bool, sharedB: Bool

  init(_ a: [Int], _ b: [Int], _ transposeA: Bool, _ transposeB: Bool) {
    precondition(a.count >= 2 && b.count >= 2, "a matrix product takes matrices, got shapes \(a) and \(b)")
    let (ra, rb) = (a.count, b.count)
    (m, k) = transposeA ? (a[ra - 1], a[ra - 2]) : (a[ra - 2], a[ra - 1])
    n = transposeB ? b[rb - 2] : b[rb - 1]
    let inner = transposeB ? b[rb - 1] : b[rb - 2]
    precondition(k == inner, "matrix product of \(a) and \(b): inner lengths \(k) and \(inner) differ")
    precondition(
      ra == 2 || rb == 2 || a.dropLast(2) == b.dropLast(2), "matrix product of \(a) and \(b): batches differ")
    lead = Array((ra >= rb ? a : b).dropLast(2))
    batch = lead.reduce(1, *)
    (sharedA, sharedB) = (ra == 2 && rb > 2, rb == 2 && ra > 2)
    (self.transposeA, self.transposeB) = (transposeA, transposeB)
  }

  func product(_ a: Tensor, _ b: Tensor) -> Tensor {
    let type = a.elementType
    if type == .bf16 && !Compute.hasFastBF16 {
      return product(a.cast(to: .f32), b.cast(to: .f32)).cast(to: .bf16)
    }
    guard batch * m * n * k > 0 else { return Tensor.zeros(lead + [m, n]).cast(to: type) }
    let out = Tensor(uninitialized: lead + [m, n], type)
    // A call into oneDNN costs more than a tiny product.
    if type == .f32 && batch == 1 && m * n * k <= 1 << 15 {
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, blasint(m),
        blasint(n), blasint(k), 1, a.floatPointer, blasint(transposeA ? m : k), b.floatPointer,
        blasint(transposeB ? k : n), 0, out.floatPointer, blasint(n))
      return out
    }
    let primitive = Primitive.matmul(
      OSMatmul(
        type, batch: batch, m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, sharedA: sharedA,
        sharedB: sharedB))
    primitive.execute(a.pointer, b.pointer, nil, out.pointer)
    return out
  }
}
