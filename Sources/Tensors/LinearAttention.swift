extension Tensor {
  /// Attention whose cost grows with T instead of T² (Katharopoulos et al. 2020, eq. 5): with φ(x) = elu(x) + 1,
  /// φ(q) (φ(k)ᵀ v) / (φ(q) Σ φ(k)). Not causal.
  ///
  /// - Parameters:
  ///   - q: `[N, Tq, H, D]`.
  ///   - k: `[N, Tk, H, D]`.
  ///   - v: `[N, Tk, H, Dv]`.
  ///   - epsilon: added to the denominator.
  /// - Returns: `[N, Tq, H, Dv]`.
  public static func linearAttention(_ q: Tensor, _ k: Tensor, _ v: Tensor, epsilon: Float = 1e-6) -> Tensor {
    precondition(
      q.rank == 4 && k.rank == 4 && v.rank == 4 && k.shape[2...] == q.shape[2...] && v.shape[..<3] == k.shape[..<3],
      "linear attention takes q [N, Tq, H, D], k [N, Tk, H, D], v [N, Tk, H, Dv], got \(q.shape), \(k.shape), \(v.shape)"
    )
    let features = q.positiveFeatures().transposed(0, 2, 1, 3)  // [N, H, Tq, D]
    let keys = k.positiveFeatures().transposed(0, 2, 1, 3)  // [N, H, Tk, D]
    let content = keys.matmul(v.transposed(0, 2, 1, 3), transposeA: true)  // [N, H, D, Dv]
    let total = keys.sum([2], keepingAxes: true)  // [N, H, 1, D]
    let weight = (features * total).sum([3], keepingAxes: true) + epsilon  // [N, H, Tq, 1]
    return (features.matmul(content) / weight).transposed(0, 2, 1, 3)
  }

  /// elu(x) + 1: x + 1 where positive, else e^x.
  private func positiveFeatures() -> Tensor { relu() + Tensor.minimum(self, Tensor(0)).exp() }
}
