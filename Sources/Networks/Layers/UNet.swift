import OneStepTensors

/// What a residual block normalises with.
public enum BlockNormalization: Sendable, Equatable, Codable {
  case none
  case group(count: Int)
}

/// Two 3x3 convolutions with normalisation and SiLU before each, and a shortcut; a condition, where there is one,
/// modulates the second normalisation's result.
public struct ResidualBlock: Sendable {
  let norm1: GroupNorm?, norm2: GroupNorm?
  let conv1: Convolution2D, conv2: Convolution2D
  let skip: Convolution2D?
  let modulation: Modulation?

  /// - Parameter condition: width of the condition `[N, D]`, or `nil` for a block without one.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, normalization: BlockNormalization, condition: Int? = nil
  ) {
    func norm(_ name: String, _ channels: Int) -> GroupNorm? {
      guard case .group(let count) = normalization else { return nil }
      return GroupNorm(scope.nested(name), channels: channels, groups: count)
    }
    norm1 = norm("norm1", inputs)
    conv1 = Convolution2D(scope.nested("conv1"), inputs: inputs, outputs: outputs, kernel: 3)
    norm2 = norm("norm2", outputs)
    modulation = condition.map { Modulation(scope.nested("modulation"), condition: $0, channels: outputs) }
    conv2 = Convolution2D(scope.nested("conv2"), inputs: outputs, outputs: outputs, kernel: 3)
    skip = inputs == outputs ? nil : Convolution2D(scope.nested("skip"), inputs: inputs, outputs: outputs, kernel: 1)
  }

  public func callAsFunction(_ x: Tensor, _ condition: Tensor?, _ p: Parameters) -> Tensor {
    let first = conv1(norm1?(x, p, activation: .silu) ?? x.silu(), p)
    let second: Tensor
    if let modulation, let condition {
      second = modulation(norm2?(first, p) ?? first, condition, p).silu()
    } else {
      second = norm2?(first, p, activation: .silu) ?? first.silu()
    }
    return conv2(second, p, adding: skip?(x, p) ?? x)
  }
}

/// Multi-head self-attention over the pixels of `[N, H, W, C]`, with a residual.
public struct SelfAttention2D: Sendable {
  let norm: GroupNorm
  let qkv: Linear, projection: Linear
  let heads: Int

  public init(_ scope: ParameterScope, channels: Int, heads: Int, groups: Int) {
    precondition(channels % heads == 0, "\(channels) channels for \(heads) heads")
    norm = GroupNorm(scope.nested("norm"), channels: channels, groups: groups)
    qkv = Linear(scope.nested("qkv"), inputs: channels, outputs: 3 * channels)
    projection = Linear(scope.nested("projection"), inputs: channels, outputs: channels, initialization: .zeros)
    self.heads = heads
  }

  public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
    let (n, tokens, c) = (x.shape[0], x.shape[1] * x.shape[2], x.shape[3])
    let all = qkv(norm(x, p).reshaped(n, tokens, c), p)
    let parts = all.split(axis: 2, into: 3).map { $0.reshaped(n, tokens, heads, c / heads) }
    let mixed = Tensor.attention(parts[0], parts[1], parts[2]).reshaped(n, tokens, c)
    return x + projection(mixed, p).reshaped(x.shape)
  }
}

/// An encoder and a decoder with skip connections, channels last.
///
/// Per level one residual block on the way down and one on the way up, two at the bottom; a strided convolution goes
/// down, nearest-neighbour enlargement and a convolution go up, and a skip is joined by its channels.
public struct UNet: Sendable {
  public struct Configuration: Sendable, Codable, Equatable {
    public var inputs = 3
    public var outputs = 3
    /// Channels a level, the finest first.
    public var widths = [32, 64, 128]
    public var groups = 8
    /// Heads of self-attention at the bottom; 0 is none.
    public var heads = 0
    /// Width of the time condition; 0 is none.
    public var condition = 0

    public init() {}
  }

  public let configuration: Configuration
  let input: Convolution2D, output: Convolution2D
  let norm: GroupNorm
  let encoder: [ResidualBlock], decoder: [ResidualBlock], middle: [ResidualBlock]
  let down: [Convolution2D], up: [Convolution2D]
  let attention: SelfAttention2D?

  public init(_ scope: ParameterScope, _ configuration: Configuration) {
    let c = configuration, w = c.widths, deepest = w.count - 1
    precondition(!w.isEmpty, "a U-Net has at least one level")
    self.configuration = c
    func block(_ name: String, _ inputs: Int, _ outputs: Int) -> ResidualBlock {
      ResidualBlock(
        scope.nested(name), inputs: inputs, outputs: outputs, normalization: .group(count: c.groups),
        condition: c.condition > 0 ? c.condition : nil)
    }
    input = Convolution2D(scope.nested("input"), inputs: c.inputs, outputs: w[0], kernel: 3)
    encoder = (0..<deepest).map { block("encoder\($0)", w[$0], w[$0]) }
    down = (0..<deepest).map {
      Convolution2D(
        scope.nested("down\($0)"), inputs: w[$0], outputs: w[$0 + 1], kernel: 3, stride: 2, padding: .all(1))
    }
    middle = (0..<2).map { block("middle\($0)", w[deepest], w[deepest]) }
    attention = c.heads > 0
      ? SelfAttention2D(scope.nested("attention"), channels: w[deepest], heads: c.heads, groups: c.groups) : nil
    up = (0..<deepest).map {
      Convolution2D(scope.nested("up\($0)"), inputs: w[$0 + 1], outputs: w[$0], kernel: 3)
    }
    decoder = (0..<deepest).map { block("decoder\($0)", 2 * w[$0], w[$0]) }
    norm = GroupNorm(scope.nested("norm"), channels: w[0], groups: c.groups)
    output = Convolution2D(scope.nested("output"), inputs: w[0], outputs: c.outputs, kernel: 3)
  }

  /// `x` is `[N, H, W, inputs]` with sides that are multiples of 2 to the power of levels - 1.
  public func callAsFunction(_ x: Tensor, condition: Tensor? = nil, _ p: Parameters) -> Tensor {
    var h = input(x, p)
    var skips: [Tensor] = []
    for level in encoder.indices {
      h = encoder[level](h, condition, p)
      skips.append(h)
      h = down[level](h, p)
    }
    h = middle[0](h, condition, p)
    if let attention { h = attention(h, p) }
    h = middle[1](h, condition, p)
    for level in decoder.indices.reversed() {
      h = up[level](h.resized(height: skips[level].shape[1], width: skips[level].shape[2], .nearest), p)
      h = decoder[level](.concatenated([h, skips[level]], axis: 3), condition, p)
    }
    return output(norm(h, p, activation: .silu), p)
  }
}
