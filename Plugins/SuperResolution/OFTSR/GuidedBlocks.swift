import OneStepNetworks
import OneStepTensors

/// What the blocks of one evaluation share.
struct GuidedCall {
  /// SiLU of the embedded time, `[N, D]`.
  let embedding: Tensor
  let parameters: Parameters
  let dropout: Float
  /// `nil` switches dropout off.
  let seed: UInt64?
}

/// One entry of the U-Net: a residual block, then perhaps self-attention, then perhaps a second block.
struct GuidedStage: Sendable {
  private let first: GuidedBlock
  private let attention: HeadMajorAttention?
  private let last: GuidedBlock?

  init(
    _ scope: ParameterScope, _ c: GuidedUNet.Configuration, inputs: Int, outputs: Int, attends: Bool = false,
    first: GuidedBlock.Sides = .same, last: GuidedBlock.Sides? = nil
  ) {
    self.first = GuidedBlock(scope.nested(0), c, inputs: inputs, outputs: outputs, sides: first)
    attention = attends ? HeadMajorAttention(scope.nested(1), c, channels: outputs) : nil
    self.last = last.map {
      GuidedBlock(scope.nested(attends ? 2 : 1), c, inputs: outputs, outputs: outputs, sides: $0)
    }
  }

  func callAsFunction(_ x: Tensor, _ call: GuidedCall) -> Tensor {
    var h = first(x, call)
    if let attention { h = attention(h, call.parameters) }
    return last?(h, call) ?? h
  }
}

/// Two 3x3 convolutions with normalisation and SiLU before each, and a shortcut; time modulates the second
/// normalisation's result, and where the sides change, both branches change them before the first convolution.
struct GuidedBlock: Sendable {
  enum Sides: Sendable { case same, half, double }

  private let norm1: GroupNorm, norm2: GroupNorm
  private let conv1: Convolution2D, conv2: Convolution2D
  private let modulation: Modulation
  private let skip: Convolution2D?
  private let sides: Sides
  /// The places of this block's parameters, in order of declaration.
  private let own: Range<Int>

  init(_ scope: ParameterScope, _ c: GuidedUNet.Configuration, inputs: Int, outputs: Int, sides: Sides) {
    let (before, after, start) = (scope.nested("in_layers"), scope.nested("out_layers"), scope.specs.count)
    norm1 = GroupNorm(before.nested(0), channels: inputs, groups: c.groups)
    conv1 = Convolution2D(before.nested(2), inputs: inputs, outputs: outputs, kernel: 3)
    modulation = Modulation(
      scope.nested("emb_layers").nested(1), condition: 4 * c.channels, channels: outputs,
      initialization: .fanIn(4 * c.channels))
    norm2 = GroupNorm(after.nested(0), channels: outputs, groups: c.groups)
    conv2 = Convolution2D(after.nested(3), inputs: outputs, outputs: outputs, kernel: 3, initialization: .zeros)
    skip =
      inputs == outputs
      ? nil : Convolution2D(scope.nested("skip_connection"), inputs: inputs, outputs: outputs, kernel: 1)
    self.sides = sides
    own = start..<scope.specs.count
  }

  /// `[N, H, W, inputs]` -> `[N, H', W', outputs]`. A recorded call keeps its input alone: at 256x256 pixels the inner
  /// values of all blocks would take gigabytes an image.
  func callAsFunction(_ x: Tensor, _ call: GuidedCall) -> Tensor {
    call.parameters.checkpointed(own, [x, call.embedding]) { inputs, p in
      body(inputs[0], inputs[1], p, dropout: call.dropout, call.seed)
    }
  }

  private func body(_ x: Tensor, _ embedding: Tensor, _ p: Parameters, dropout: Float, _ seed: UInt64?) -> Tensor {
    let first = conv1(resized(norm1(x, p, activation: .silu)), p)
    var h = modulation(norm2(first, p), embedding, p).silu()
    // The block's place makes its mask differ from the others'.
    if let seed { h = h.dropout(rate: dropout, seed: seed, stream: UInt64(own.lowerBound)) }
    let shortcut = resized(x)
    return conv2(h, p, adding: skip?(shortcut, p) ?? shortcut)
  }

  private func resized(_ x: Tensor) -> Tensor {
    switch sides {
    case .same: x
    case .half: x.averagePooled((2, 2))
    case .double: x.resized(height: 2 * x.shape[1], width: 2 * x.shape[2], .nearest)
    }
  }
}

/// Multi-head self-attention over pixels, with a residual. Channels of the joint projection are ordered by head, then
/// query, key, value: the order of the published weights.
struct HeadMajorAttention: Sendable {
  private let norm: GroupNorm
  private let qkv: Linear, projection: Linear
  private let headChannels: Int

  init(_ scope: ParameterScope, _ c: GuidedUNet.Configuration, channels: Int) {
    norm = GroupNorm(scope.nested("norm"), channels: channels, groups: c.groups)
    qkv = Linear(scope.nested("qkv"), inputs: channels, outputs: 3 * channels)
    projection = Linear(scope.nested("proj_out"), inputs: channels, outputs: channels, initialization: .zeros)
    headChannels = c.headChannels
  }

  func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
    let (n, tokens, c) = (x.shape[0], x.shape[1] * x.shape[2], x.shape[3])
    let heads = c / headChannels
    let parts = qkv(norm(x, p).reshaped(n, tokens, c), p).reshaped(n, tokens, heads, 3, headChannels)
      .split(axis: 3, into: 3).map { $0.reshaped(n, tokens, heads, headChannels) }
    let mixed = Tensor.attention(parts[0], parts[1], parts[2]).reshaped(n, tokens, c)
    return x + projection(mixed, p).reshaped(x.shape)
  }
}
