import OneStepNetworks
import OneStepTensors

/// A 3x3 convolution, GroupNorm and Mish, blind at padding before and after.
struct MelBlock: Sendable {
  private let convolution: Convolution2D, norm: GroupNorm

  init(_ scope: ParameterScope, inputs: Int, outputs: Int, groups: Int) {
    convolution = Convolution2D(scope.nested("block.0"), inputs: inputs, outputs: outputs, kernel: 3)
    norm = GroupNorm(scope.nested("block.1"), channels: outputs, groups: groups)
  }

  func callAsFunction(_ x: Tensor, _ mask: Tensor?, _ p: Parameters) -> Tensor {
    let y = norm(convolution(mask.map { x * $0 } ?? x, p), p).mish()
    return mask.map { y * $0 } ?? y
  }
}

/// Two blocks with the time added between them, and a shortcut.
struct MelResidualBlock: Sendable {
  private let first: MelBlock, second: MelBlock, time: Linear, shortcut: Convolution2D?

  init(_ scope: ParameterScope, inputs: Int, outputs: Int, time width: Int, groups: Int) {
    time = Linear(scope.nested("mlp.1"), inputs: width, outputs: outputs)
    first = MelBlock(scope.nested("block1"), inputs: inputs, outputs: outputs, groups: groups)
    second = MelBlock(scope.nested("block2"), inputs: outputs, outputs: outputs, groups: groups)
    shortcut =
      inputs == outputs ? nil : Convolution2D(scope.nested("res_conv"), inputs: inputs, outputs: outputs, kernel: 1)
  }

  /// - Parameter activated: Mish of the time embedding, `[N, D]`.
  func callAsFunction(_ x: Tensor, _ mask: Tensor?, _ activated: Tensor, _ p: Parameters) -> Tensor {
    let shift = time(activated, p)
    let h = first(x, mask, p) + shift.reshaped(shift.shape[0], 1, 1, shift.shape[1]).cast(to: x.elementType)
    let short = mask.map { x * $0 } ?? x
    return second(h, mask, p) + (shortcut?(short, p) ?? short)
  }
}

/// Grad-TTS's linear attention: keys are softmaxed over all positions, so that every head pools the image into one matrix
/// `Σ k vᵀ` that the plain queries read (Shen et al. 2021 softmax the queries too). It starts switched off, and is added to
/// its input. Another function than ``Tensor/linearAttention(_:_:_:epsilon:)``, whose weights are products of features.
struct PooledAttention: Sendable {
  private let gain: ParameterKey
  private let projection: Convolution2D, output: Convolution2D
  private let heads: Int, width: Int

  init(_ scope: ParameterScope, channels: Int, heads: Int, width: Int) {
    gain = scope.declare("g", [1], .zeros)
    let inner = scope.nested("fn")
    projection = Convolution2D(
      inner.nested("to_qkv"), inputs: channels, outputs: 3 * heads * width, kernel: 1, bias: false)
    output = Convolution2D(inner.nested("to_out"), inputs: heads * width, outputs: channels, kernel: 1)
    (self.heads, self.width) = (heads, width)
  }

  /// `[N, T, M, C]` -> the same.
  func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
    let (n, positions, inner) = (x.shape[0], x.shape[1] * x.shape[2], heads * width)
    let qkv = projection(x, p).reshaped(n, positions, 3 * inner)
    func part(_ k: Int) -> Tensor { qkv.sliced(axis: 2, k * inner..<(k + 1) * inner) }
    func apart(_ y: Tensor) -> Tensor { y.reshaped(n, positions, heads, width).transposed(0, 2, 1, 3) }
    let pooled = apart(part(1).softmax(axis: 1)).matmul(apart(part(2)), transposeA: true)  // [N, heads, D, D]
    let read = apart(part(0)).matmul(pooled).transposed(0, 2, 1, 3)
    return x + output(read.reshaped(n, x.shape[1], x.shape[2], inner), p) * p[gain].cast(to: x.elementType)
  }
}
