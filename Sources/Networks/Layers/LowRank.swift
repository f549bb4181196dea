import OneStepTensors

/// A low-rank addition to a frozen linear map or 1x1 convolution (LoRA, Hu et al. 2022): `y = W x + gain B C A x`.
///
/// `C` is the identity for plain LoRA; a modulated one (S3Diff) brings a matrix a sample. `B` starts at zero, so that
/// the layer starts as it was.
public struct LowRankAdapter: Sendable {
  public let down: ParameterKey, up: ParameterKey
  public let rank: Int
  let gain: Float

  /// - Parameter alpha: the addition is scaled by alpha / rank.
  public init(_ scope: ParameterScope, inputs: Int, outputs: Int, rank: Int, alpha: Float) {
    precondition(rank > 0, "a low-rank adapter of rank \(rank)")
    down = scope.declare("lora_A", [inputs, rank], .fanIn(inputs))
    up = scope.declare("lora_B", [rank, outputs], .zeros)
    (self.rank, gain) = (rank, alpha / Float(rank))
  }

  /// The addition for `x` `[N, ..., inputs]`; `modulation` is `[N, rank, rank]`.
  public func callAsFunction(_ x: Tensor, modulation: Tensor? = nil, _ p: Parameters) -> Tensor {
    var h = x.linear(p[down])
    if let modulation {
      let rows = h.reshaped(x.shape[0], -1, rank)
      h = rows.matmul(modulation.cast(to: rows.elementType)).reshaped(h.shape)
    }
    return h.linear(p[up]) * gain
  }

  /// The weight `[inputs, outputs]` with the plain addition folded in.
  public func merged(into weight: Tensor, _ p: Parameters) -> Tensor {
    weight + p[down].matmul(p[up]) * gain
  }
}
