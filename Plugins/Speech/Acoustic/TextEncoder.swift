import OneStepNetworks
import OneStepTensors

/// Glow-TTS's text encoder (Kim et al. 2020), which Grad-TTS and CoMoSpeech share: symbols to a mean mel frame each, and to
/// features that the durations are predicted from.
///
/// Letters: N batch, I tokens, C channels, M mel bins.
public struct TextEncoder: Sendable {
  public struct Configuration: Sendable, Codable, Equatable {
    /// Rows of the embedding table.
    public var symbols = 149
    public var channels = 192
    /// Channels inside a feed-forward part, whose convolutions reach over `kernel` tokens.
    public var inner = 768
    public var kernel = 3
    public var durationChannels = 256
    public var layers = 6
    public var heads = 2
    /// Distances up to which tokens know how far apart they are.
    public var window = 4
    public var dropout = 0.1
    public var prenetDropout = 0.5
    public var mels = 80

    public init() {}

    /// The published sizes: 7.2 M numbers.
    public static let paper = Configuration()
    /// Trains on two cores: 2.2 M numbers.
    public static let small: Configuration = {
      var c = Configuration()
      (c.channels, c.inner, c.durationChannels, c.layers) = (128, 512, 128, 4)
      return c
    }()

    var isSane: Bool {
      (1...100_000).contains(symbols) && (1...2048).contains(channels) && (1...8192).contains(inner)
        && (1...31).contains(kernel) && kernel % 2 == 1 && (1...2048).contains(durationChannels)
        && (1...64).contains(layers) && (1...64).contains(heads) && channels % heads == 0 && (0...64).contains(window)
        && (0..<1).contains(dropout) && (0..<1).contains(prenetDropout) && (1...1024).contains(mels)
    }
  }

  private struct Layer: Sendable {
    let attention: RelativeAttention, first: LayerNorm, second: LayerNorm
    let widening: Convolution1D, narrowing: Convolution1D
  }

  public let configuration: Configuration
  private let table: ParameterKey
  private let prenet: [(convolution: Convolution1D, norm: LayerNorm)], projection: Convolution1D
  private let layers: [Layer]
  private let mean: Convolution1D
  let durations: DurationPredictor

  /// The epsilon of its norms.
  static let epsilon: Float = 1e-4

  public init(_ scope: ParameterScope, _ configuration: Configuration) {
    let c = configuration
    self.configuration = c
    table = scope.declare(
      "emb.weight", [c.symbols, c.channels], .normal(std: 1 / Float(c.channels).squareRoot()))
    let before = scope.nested("prenet")
    prenet = (0..<3).map { i in
      (
        Convolution1D(before.nested("conv_layers").nested(i), inputs: c.channels, outputs: c.channels, kernel: 5),
        LayerNorm(before.nested("norm_layers").nested(i), channels: c.channels, epsilon: Self.epsilon)
      )
    }
    projection = Convolution1D(
      before.nested("proj"), inputs: c.channels, outputs: c.channels, kernel: 1, initialization: .zeros)
    let body = scope.nested("encoder")
    layers = (0..<c.layers).map { i in
      func norm(_ name: String) -> LayerNorm {
        LayerNorm(body.nested(name).nested(i), channels: c.channels, epsilon: Self.epsilon)
      }
      let feedForward = body.nested("ffn_layers").nested(i)
      return Layer(
        attention: RelativeAttention(
          body.nested("attn_layers").nested(i), channels: c.channels, heads: c.heads, window: c.window,
          dropout: c.dropout),
        first: norm("norm_layers_1"), second: norm("norm_layers_2"),
        widening: Convolution1D(
          feedForward.nested("conv_1"), inputs: c.channels, outputs: c.inner, kernel: c.kernel),
        narrowing: Convolution1D(
          feedForward.nested("conv_2"), inputs: c.inner, outputs: c.channels, kernel: c.kernel))
    }
    mean = Convolution1D(scope.nested("proj_m"), inputs: c.channels, outputs: c.mels, kernel: 1)
    durations = DurationPredictor(
      scope.nested("proj_w"), inputs: c.channels, channels: c.durationChannels, kernel: c.kernel, dropout: c.dropout)
  }

  /// Mean mel frames mu `[N, I, M]` and log durations in frames `[N, I, 1]`, both in f32 and 0 where there is no token.
  /// No gradient of the durations enters the encoder.
  ///
  /// - Parameter random: of dropout; `nil` switches it off.
  public func callAsFunction(
    _ tokens: TokenBatch, _ p: Parameters, dropout random: inout RandomSource?
  ) -> (mean: Tensor, logDurations: Tensor) {
    let c = configuration, type = p[table].elementType, mask = tokens.mask.cast(to: type)
    var x =
      Tensor.embedding(p[table], tokens.ids, shape: [tokens.rows, tokens.length]) * Float(c.channels).squareRoot()
    var y = x
    for part in prenet {
      y = part.norm(part.convolution(y * mask, p), p).relu().dropped(c.prenetDropout, &random)
    }
    x = (x + projection(y, p)) * mask
    let bias = ((tokens.mask - 1) * 1e4).reshaped(tokens.rows, 1, 1, tokens.length)
    for layer in layers {
      let attended = layer.attention(x, bias: bias, p, &random).dropped(c.dropout, &random)
      x = layer.first(x + attended, p)
      let inner = layer.widening(x * mask, p, activation: .relu).dropped(c.dropout, &random)
      let forward = (layer.narrowing(inner * mask, p) * mask).dropped(c.dropout, &random)
      x = layer.second(x + forward, p) * mask
    }
    let mu = mean(x, p).cast(to: .f32) * tokens.mask
    return (mu, durations(x.values, mask, p, &random).cast(to: .f32) * tokens.mask)
  }
}

/// Symbols of several utterances, padded to one length.
public struct TokenBatch: Sendable {
  /// `rows * length` symbol ids, row by row; padding is symbol 0.
  public let ids: [Int32]
  public let rows: Int, length: Int
  /// Tokens of each row.
  public let counts: [Int]
  /// `[N, I, 1]`: 1 for a token, 0 for padding.
  public let mask: Tensor

  /// - Parameter multiple: lengths are padded to a multiple of it, so that few shapes occur.
  public init(_ sequences: [[Int]], multiple: Int = 1) {
    counts = sequences.map(\.count)
    let longest = max(1, counts.max() ?? 0), length = (longest + multiple - 1) / multiple * multiple
    ids = sequences.flatMap { $0.map(Int32.init) + [Int32](repeating: 0, count: length - $0.count) }
    (rows, self.length) = (sequences.count, length)
    mask = padMask(counts, length)
  }
}

/// `[N, length, 1]`: ones up to each row's count, then zeros.
package func padMask(_ counts: [Int], _ length: Int) -> Tensor {
  Tensor(
    counts.flatMap { count in (0..<length).map { $0 < count ? 1 : 0 } }, shape: [counts.count, length, 1])
}
