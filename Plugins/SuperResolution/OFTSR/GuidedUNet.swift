import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// The network of OFTSR's published weights: guided diffusion's U-Net (Dhariwal & Nichol, NeurIPS 2021) on the point of
/// the path and the upsampled image, both at the size of the result.
///
/// Time: t_ours = 1 - t_paper and u = -v. Parameters are declared in the order in which the published files registered
/// them, under the same names, in this package's layouts: filters `[KH, KW, I, O]`, matrices `[I, O]`.
public struct GuidedUNet: RestorationNetwork {
  public struct Configuration: Sendable, Codable, Equatable {
    /// What enlarges the low-resolution image.
    public enum Upsampling: String, Sendable, Codable { case bicubic, nearest }

    /// Width of the time features; their embedding is four times as wide.
    public var channels: Int
    /// Channels of every level, the finest first; each level halves the sides.
    public var widths: [Int]
    /// Residual blocks of a level on the way down; there is one more on the way up.
    public var blocks: Int
    /// The levels whose residual blocks are followed by self-attention.
    public var attention: [Bool]
    public var headChannels = 64
    /// Groups of the normalisations.
    public var groups = 32
    /// Share of a residual block's inner values that training zeroes.
    public var dropout = 0.1
    public var scale = 4
    /// Noise added to the upsampled image, in units of [-1, 1] (sigma_p of the paper).
    public var sigma = 0.1
    public var upsampling = Upsampling.bicubic

    public init(channels: Int, widths: [Int], blocks: Int, attention: [Bool]) {
      (self.channels, self.widths, self.blocks, self.attention) = (channels, widths, blocks, attention)
    }

    /// Six levels of 1, 1, 2, 2, 4 and 4 times `channels`, as all published models have.
    public static func sixLevels(channels: Int, blocks: Int, attention: [Bool]) -> Configuration {
      Configuration(
        channels: channels, widths: [1, 1, 2, 2, 4, 4].map { $0 * channels }, blocks: blocks, attention: attention)
    }

    /// FFHQ and DIV2K: 93,567,366 parameters, attention where a 256x256 image has become 16x16.
    public static let paper = sixLevels(channels: 128, blocks: 1, attention: [false, false, false, false, true, false])

    /// ImageNet: 552,820,998 parameters, attention at 32x32, 16x16 and 8x8 of 256x256.
    public static var imageNet: Configuration {
      var c = sixLevels(channels: 256, blocks: 2, attention: [false, false, false, true, true, true])
      c.sigma = 0.2
      return c
    }
  }

  /// The paper's smallest time: nothing was trained below it, and one step goes from it to 1.
  static let firstTime = 1e-3

  public let configuration: Configuration
  public let specs: [ParameterSpec]
  private let features: TimeFeatures
  private let time: (first: Linear, second: Linear)
  private let head: Convolution2D, tail: Convolution2D
  private let norm: GroupNorm
  private let encoder: [GuidedStage], decoder: [GuidedStage]
  private let middle: GuidedStage

  public init(_ configuration: Configuration = .paper) {
    let c = configuration, scope = ParameterScope()
    self.configuration = c
    features = .sinusoidal(width: c.channels, scale: 999)
    let embedding = scope.nested("time_embed")
    time = (
      Linear(embedding.nested(0), inputs: c.channels, outputs: 4 * c.channels),
      Linear(embedding.nested(2), inputs: 4 * c.channels, outputs: 4 * c.channels)
    )
    let input = scope.nested("input_blocks")
    head = Convolution2D(input.nested(0).nested(0), inputs: 6, outputs: c.widths[0], kernel: 3)
    var width = c.widths[0], skips = [width], down: [GuidedStage] = []
    for level in c.widths.indices {
      for _ in 0..<c.blocks {
        down.append(
          GuidedStage(
            input.nested(skips.count), c, inputs: width, outputs: c.widths[level], attends: c.attention[level]))
        width = c.widths[level]
        skips.append(width)
      }
      guard level < c.widths.count - 1 else { continue }
      down.append(GuidedStage(input.nested(skips.count), c, inputs: width, outputs: width, first: .half))
      skips.append(width)
    }
    encoder = down
    middle = GuidedStage(
      scope.nested("middle_block"), c, inputs: width, outputs: width, attends: true, last: .same)
    let output = scope.nested("output_blocks")
    var up: [GuidedStage] = []
    for level in c.widths.indices.reversed() {
      for index in 0...c.blocks {
        up.append(
          GuidedStage(
            output.nested(up.count), c, inputs: width + skips.removeLast(), outputs: c.widths[level],
            attends: c.attention[level], last: level > 0 && index == c.blocks ? .double : nil))
        width = c.widths[level]
      }
    }
    decoder = up
    norm = GroupNorm(scope.nested("out").nested(0), channels: width, groups: c.groups)
    // The second half of the channels, diffusion's variance, has no use here; the published files have it.
    tail = Convolution2D(
      scope.nested("out").nested(2), inputs: width, outputs: 6, kernel: 3, initialization: .zeros)
    specs = scope.specs
  }

  /// 64 pixels of the result: far less than what the network sees, enough that seams do not show.
  public var reach: Int { max(1, 64 / configuration.scale) }
  /// Where a tile begins so does a pixel of the coarsest level.
  public var alignment: Int { multiple % configuration.scale == 0 ? multiple / configuration.scale : multiple }
  /// The sides of the coarsest level's pixels.
  private var multiple: Int { 1 << (configuration.widths.count - 1) }
  /// A tile of 512 pixels a side of the result, twice what the published networks were trained on.
  public var largestTile: Int { 512 / configuration.scale }
  public var dropout: Double { configuration.dropout }
  public var enlargement: ResamplingKernel { configuration.upsampling == .nearest ? .nearest : .bicubic }

  public func velocity(
    _ x: Tensor, _ times: [Double], _ condition: OFTSR.Condition, _ p: Parameters, dropout seed: UInt64?
  ) -> Tensor {
    let (height, width) = (x.shape[1], x.shape[2])
    func extra(_ n: Int) -> Int { (multiple - n % multiple) % multiple }
    let input = Tensor.concatenated([x, condition.upsampled], axis: 3)
      .padded2D(top: 0, left: 0, bottom: extra(height), right: extra(width), mode: .replicate)
    let v = output(input.cast(to: p[head.weight].elementType), times.map { max(Self.firstTime, 1 - $0) }, p, seed)
    return -v.sliced(axis: 1, 0..<height).sliced(axis: 2, 0..<width).sliced(axis: 3, 0..<3)
  }

  /// All six channels for `[N, H, W, 6]`, sides multiples of 2 to the power of levels - 1, at the paper's times.
  package func output(_ x: Tensor, _ times: [Double], _ p: Parameters, _ seed: UInt64? = nil) -> Tensor {
    // Every block reads the embedding through the same SiLU.
    let embedding = time.second(time.first(features(times), p).silu(), p).silu()
    let call = GuidedCall(embedding: embedding, parameters: p, dropout: Float(configuration.dropout), seed: seed)
    var h = head(x, p)
    var skips = [h]
    for stage in encoder {
      h = stage(h, call)
      skips.append(h)
    }
    h = middle(h, call)
    for stage in decoder { h = stage(.concatenated([h, skips.removeLast()], axis: 3), call) }
    return tail(norm(h, p, activation: .silu), p).cast(to: .f32)
  }
}
