import OneStepNetworks
import OneStepTensors

/// Grad-TTS's two-dimensional U-Net over the mel image (Popov et al. 2021), which CoMoSpeech's denoiser is too.
///
/// The image is `[N, T, M, C]`: time runs down, frequency across. Both halve from level to level. Where frames are padding
/// the convolutions read zeros, but norms and attention count them, as in the published code.
public struct MelUNet: MelDenoiser {
  public struct Configuration: Sendable, Codable, Equatable {
    /// Channels of the first level and of the time embedding.
    public var width = 64
    public var multipliers = [1, 2, 4]
    public var groups = 8
    public var attentionHeads = 4
    public var attentionWidth = 32

    public init() {}

    /// The published sizes: 7.6 M numbers.
    public static let paper = Configuration()

    /// Frames and mel bins must be a multiple of this.
    var multiple: Int { 1 << (multipliers.count - 1) }

    var isSane: Bool {
      (4...1024).contains(width) && width % 2 == 0 && (1...6).contains(multipliers.count)
        && multipliers.allSatisfy { (1...64).contains($0) && width * $0 % groups == 0 } && (1...64).contains(groups)
        && (1...64).contains(attentionHeads) && (1...256).contains(attentionWidth)
    }
  }

  private struct Level: Sendable {
    let first: MelResidualBlock, second: MelResidualBlock, attention: PooledAttention
    /// To the next level; the last way down has none.
    var step: Convolution2D?
    /// To the level above: the adjoint's filter `[4, 4, C, C]` and its bias.
    var rise: (filter: ParameterKey, bias: ParameterKey)?
  }

  private let features: TimeFeatures
  private let time1: Linear, time2: Linear
  private let downs: [Level], ups: [Level]
  private let middle: (first: MelResidualBlock, attention: PooledAttention, second: MelResidualBlock)
  private let last: MelBlock, output: Convolution2D

  public init(_ scope: ParameterScope, _ configuration: Configuration) {
    let c = configuration, widths = c.multipliers.map { $0 * c.width }
    // The scale of the published networks; its argument may be negative.
    features = .positional(width: c.width, scale: 1000)
    time1 = Linear(scope.nested("mlp.0"), inputs: c.width, outputs: 4 * c.width)
    time2 = Linear(scope.nested("mlp.2"), inputs: 4 * c.width, outputs: c.width)
    func block(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int) -> MelResidualBlock {
      MelResidualBlock(scope, inputs: inputs, outputs: outputs, time: c.width, groups: c.groups)
    }
    func attention(_ scope: ParameterScope, _ channels: Int) -> PooledAttention {
      PooledAttention(scope.nested("fn"), channels: channels, heads: c.attentionHeads, width: c.attentionWidth)
    }
    func level(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int) -> Level {
      Level(
        first: block(scope.nested(0), inputs, outputs), second: block(scope.nested(1), outputs, outputs),
        attention: attention(scope.nested(2), outputs))
    }
    downs = widths.indices.map { i in
      let scope = scope.nested("downs").nested(i)
      var result = level(scope, i == 0 ? 2 : widths[i - 1], widths[i])
      if i < widths.count - 1 {
        result.step = Convolution2D(
          scope.nested("3.conv"), inputs: widths[i], outputs: widths[i], kernel: 3, stride: 2, padding: .all(1))
      }
      return result
    }
    let wide = widths[widths.count - 1]
    middle = (
      block(scope.nested("mid_block1"), wide, wide), attention(scope.nested("mid_attn"), wide),
      block(scope.nested("mid_block2"), wide, wide)
    )
    ups = widths.indices.dropFirst().reversed().enumerated().map { i, from in
      let scope = scope.nested("ups").nested(i), width = widths[from - 1], rise = scope.nested("3.conv")
      var result = level(scope, 2 * widths[from], width)
      result.rise = (
        rise.declare("weight", [4, 4, width, width], .fanIn(16 * width)),
        rise.declare("bias", [width], .fanIn(16 * width))
      )
      return result
    }
    last = MelBlock(scope.nested("final_block"), inputs: c.width, outputs: c.width, groups: c.groups)
    output = Convolution2D(scope.nested("final_conv"), inputs: c.width, outputs: 1, kernel: 1)
  }

  public func callAsFunction(
    _ x: Tensor, _ times: [Double], _ condition: MelCondition, _ p: Parameters
  ) -> Tensor {
    let (n, t, m) = (x.shape[0], x.shape[1], x.shape[2]), type = p[output.weight].elementType
    let time = time2(time1(features(times), p).mish(), p).mish()
    func image(_ y: Tensor) -> Tensor { y.reshaped(n, t, m, 1) }
    var h = Tensor.concatenated([image(condition.prior), image(x)], axis: 3).cast(to: type)
    // [N, T, 1, 1] of each level: every second frame's of the one before.
    var masks = [condition.mask?.cast(to: type).reshaped(n, t, 1, 1)], skips: [Tensor] = []
    func masked(_ y: Tensor, _ mask: Tensor?) -> Tensor { mask.map { y * $0 } ?? y }
    func run(_ level: Level, _ y: Tensor, _ mask: Tensor?) -> Tensor {
      level.attention(level.second(level.first(y, mask, time, p), mask, time, p), p)
    }
    for level in downs {
      let mask = masks[masks.count - 1]
      h = run(level, h, mask)
      skips.append(h)
      if let step = level.step {
        h = step(masked(h, mask), p)
        masks.append(mask.map { $0.reshaped(n, -1, 2, 1).sliced(axis: 2, 0..<1).reshaped(n, -1, 1, 1) })
      } else {
        h = masked(h, mask)
      }
    }
    let deep = masks[masks.count - 1]
    h = middle.second(middle.attention(middle.first(h, deep, time, p), p), deep, time, p)
    for level in ups {
      let mask = masks.removeLast()
      h = run(level, .concatenated([h, skips.removeLast()], axis: 3), mask)
      if let rise = level.rise {
        h = masked(h, mask).transposedConvolved(p[rise.filter], bias: p[rise.bias], stride: (2, 2), padding: .all(1))
      }
    }
    let full = masks[0]
    let result = output(masked(last(h, full, p), full), p).cast(to: .f32)
    return masked(result.reshaped(n, t, m), condition.mask)
  }
}
