import OneStepNetworks
import OneStepTensors

/// Multi-head self-attention in which near tokens know their distance (Shaw et al. 2018): for |j - i| <= window the key's
/// and the value's sides have a vector for each distance, shared by the heads.
///
///     score(i, j) = (q_i k_j + q_i e^k_{j-i}) / sqrt(D),   output_i = Σ_j p_ij v_j + Σ_{|j-i| <= window} p_ij e^v_{j-i}
///
/// Letters: N batch, T tokens, H heads, D width of a head, W = 2 window + 1 distances.
struct RelativeAttention: Sendable {
  private let query: Convolution1D, key: Convolution1D, value: Convolution1D, output: Convolution1D
  private let keyTable: ParameterKey, valueTable: ParameterKey
  private let heads: Int, window: Int, dropout: Double

  init(_ scope: ParameterScope, channels: Int, heads: Int, window: Int, dropout: Double) {
    precondition(channels % heads == 0, "\(channels) channels for \(heads) heads")
    let xavier = Initialization.uniform(bound: (3 / Float(channels)).squareRoot())
    func projection(_ name: String, _ start: Initialization?) -> Convolution1D {
      Convolution1D(scope.nested(name), inputs: channels, outputs: channels, kernel: 1, initialization: start)
    }
    (query, key) = (projection("conv_q", xavier), projection("conv_k", xavier))
    (value, output) = (projection("conv_v", xavier), projection("conv_o", nil))
    let width = channels / heads, near = Initialization.normal(std: 1 / Float(width).squareRoot())
    keyTable = scope.declare("emb_rel_k", [2 * window + 1, width], near)
    valueTable = scope.declare("emb_rel_v", [2 * window + 1, width], near)
    (self.heads, self.window, self.dropout) = (heads, window, dropout)
  }

  /// - Parameters:
  ///   - x: `[N, T, C]`.
  ///   - bias: `[N, 1, 1, T]`, added to the scores: 0, or -1e4 for a key that is padding.
  func callAsFunction(_ x: Tensor, bias: Tensor, _ p: Parameters, _ random: inout RandomSource?) -> Tensor {
    let (n, t, c) = (x.shape[0], x.shape[1], x.shape[2]), width = c / heads
    func apart(_ y: Tensor) -> Tensor { y.reshaped(n, t, heads, width).transposed(0, 2, 1, 3) }  // [N, H, T, D]
    let q = apart(query(x, p)) * (1 / Float(width).squareRoot())
    let (k, v) = (apart(key(x, p)), apart(value(x, p)))
    let near = q.reshaped(-1, width).matmul(p[keyTable], transposeB: true).reshaped(n, heads, t, 2 * window + 1)
    let scores = q.matmul(k, transposeB: true) + near.spreadAlongDiagonal() + bias
    let weights = scores.softmax().dropped(dropout, &random).cast(to: x.elementType)  // [N, H, T, T]
    let close = weights.gatheredFromDiagonal(window: window).reshaped(-1, 2 * window + 1)
    let sum = weights.matmul(v) + close.matmul(p[valueTable]).reshaped(n, heads, t, width)
    return output(sum.transposed(0, 2, 1, 3).reshaped(n, t, c), p)
  }
}

extension Tensor {
  /// `[..., T, W]`, a number for each distance -window...window, to `[..., T, T]` with number j - i + window of row i at
  /// (i, j), and 0 beyond the window. Rows of T + W numbers read as rows of T + W - 1 move one further each.
  fileprivate func spreadAlongDiagonal() -> Tensor {
    let lead = Array(shape.dropLast(2)), (t, w) = (shape[rank - 2], shape[rank - 1]), window = w / 2
    return padded(axis: -1, before: 0, after: t).reshaped(lead + [t * (t + w)])
      .sliced(axis: -1, 0..<t * (t + w - 1)).reshaped(lead + [t, t + w - 1])
      .sliced(axis: -1, window..<t + window)
  }

  /// The adjoint: `[..., T, T]` to `[..., T, W]`.
  fileprivate func gatheredFromDiagonal(window: Int) -> Tensor {
    let lead = Array(shape.dropLast(2)), t = shape[rank - 1], w = 2 * window + 1
    return padded(axis: -1, before: window, after: window).reshaped(lead + [t * (t + w - 1)])
      .padded(axis: -1, before: 0, after: t).reshaped(lead + [t, t + w])
      .sliced(axis: -1, 0..<w)
  }

  /// Dropout with a seed of its own from `random`; nothing without one.
  func dropped(_ rate: Double, _ random: inout RandomSource?) -> Tensor {
    guard rate > 0, let seed = random?.next() else { return self }
    return dropout(rate: Float(rate), seed: seed)
  }
}
