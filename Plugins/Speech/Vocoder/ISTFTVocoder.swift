import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// A vocoder that predicts magnitude and phase of every frame and ends in one inverse Fourier transform (Vocos, Siuzdak
/// 2023): nothing runs at the sample rate, so it costs about a twentieth of a network that upsamples.
///
/// Blocks are ConvNeXt's (Liu et al. 2022) in one dimension:
///
///     x + gamma W2 gelu(W1 norm(depthwise(x)))
public struct ISTFTVocoder: Sendable {
  public struct Configuration: Sendable, Codable, Equatable {
    /// What goes in; its frames are also what comes out.
    public var features = MelSpectrogram.voice16k
    /// Channels between blocks.
    public var width = 192
    /// Channels inside a block.
    public var hidden = 576
    public var blocks = 6

    public init() {}

    /// 16 kHz, trains on two cores; 1.7 M numbers.
    public static let small = Configuration()
    /// The published model at 24 kHz; 13.5 M numbers.
    public static let paper: Configuration = {
      var c = Configuration()
      (c.features, c.width, c.hidden, c.blocks) = (.vocos24k, 512, 1536, 8)
      return c
    }()
  }

  struct Block {
    let depthwise: (weight: ParameterKey, bias: ParameterKey)
    let norm: (scale: ParameterKey, shift: ParameterKey)
    let expand: (weight: ParameterKey, bias: ParameterKey)
    let contract: (weight: ParameterKey, bias: ParameterKey)
    let gamma: ParameterKey
  }

  public let configuration: Configuration
  public let specs: [ParameterSpec]
  let embed: (weight: ParameterKey, bias: ParameterKey)
  let norm: (scale: ParameterKey, shift: ParameterKey)
  let blocks: [Block]
  let finalNorm: (scale: ParameterKey, shift: ParameterKey)
  let head: (weight: ParameterKey, bias: ParameterKey)

  static let epsilon: Float = 1e-6
  static let kernel = 7
  /// Largest magnitude, which keeps a sound finite.
  static let ceiling: Float = 100

  public init(_ configuration: Configuration = .small) {
    let c = configuration, scope = ParameterScope(), backbone = scope.nested("backbone")
    func affine(_ scope: ParameterScope, _ shape: [Int]) -> (weight: ParameterKey, bias: ParameterKey) {
      (scope.declare("weight", shape, .normal(std: 0.02)), scope.declare("bias", [shape.last!], .zeros))
    }
    func layerNorm(_ scope: ParameterScope) -> (scale: ParameterKey, shift: ParameterKey) {
      (scope.declare("weight", [c.width], .ones), scope.declare("bias", [c.width], .zeros))
    }
    self.configuration = c
    embed = affine(backbone.nested("embed"), [Self.kernel, c.features.bands, c.width])
    norm = layerNorm(backbone.nested("norm"))
    blocks = (0..<c.blocks).map { index in
      let block = backbone.nested("convnext").nested(index)
      return Block(
        depthwise: affine(block.nested("dwconv"), [Self.kernel, 1, c.width]), norm: layerNorm(block.nested("norm")),
        expand: affine(block.nested("pwconv1"), [c.width, c.hidden]),
        contract: affine(block.nested("pwconv2"), [c.hidden, c.width]),
        gamma: block.declare("gamma", [c.width], .constant(1 / Float(c.blocks))))
    }
    finalNorm = layerNorm(backbone.nested("final_layer_norm"))
    head = affine(scope.nested("head").nested("out"), [c.width, 2 * c.features.spectrogram.frequencies])
    specs = scope.specs
  }

  /// Frames on either side that reach a sample: the convolutions' and those that overlap it.
  public var reach: Int {
    let s = configuration.features.spectrogram
    return Self.kernel / 2 * (1 + configuration.blocks) + (s.size + s.hop - 1) / s.hop
  }

  /// The numbers in the form the convolutions take, gamma multiplied in.
  struct Weights {
    typealias Affine = (weight: Tensor, bias: Tensor)
    let embed: Affine, norm: Affine
    let blocks: [(depthwise: Affine, norm: Affine, expand: Affine, contract: Affine)]
    let finalNorm: Affine, head: Affine
  }

  func weights(_ p: Parameters) -> Weights {
    func affine(_ keys: (weight: ParameterKey, bias: ParameterKey)) -> Weights.Affine {
      // Sequences are images of one row.
      let w = p[keys.weight], lead = [Int](repeating: 1, count: 4 - w.rank)
      return (w.reshaped(lead + w.shape), p[keys.bias])
    }
    func layerNorm(_ keys: (scale: ParameterKey, shift: ParameterKey)) -> Weights.Affine {
      (p[keys.scale], p[keys.shift])
    }
    return Weights(
      embed: affine(embed), norm: layerNorm(norm),
      blocks: blocks.map { block in
        let (gamma, contract) = (p[block.gamma], affine(block.contract))
        return (
          affine(block.depthwise), layerNorm(block.norm), affine(block.expand),
          (contract.weight * gamma.cast(to: contract.weight.elementType), contract.bias * gamma)
        )
      }, finalNorm: layerNorm(finalNorm), head: affine(head))
  }

  /// Log-mel `[N, T, bands]` to log-magnitudes and phases (radians), each `[N, T, F]`, f32.
  func polar(_ mel: Tensor, _ w: Weights) -> (logMagnitude: Tensor, phase: Tensor) {
    func normalized(_ x: Tensor, _ w: Weights.Affine) -> Tensor {
      x.layerNormalized(scale: w.weight, shift: w.bias, epsilon: Self.epsilon)
    }
    let (n, t, f) = (mel.shape[0], mel.shape[1], configuration.features.spectrogram.frequencies)
    let rows = mel.reshaped(n, 1, t, mel.shape[2]).cast(to: w.embed.weight.elementType)
    var x = normalized(rows.convolved(w.embed.weight, bias: w.embed.bias), w.norm)
    for block in w.blocks {
      let y = x.convolved(block.depthwise.weight, bias: block.depthwise.bias, groups: configuration.width)
      let inner = normalized(y, block.norm).convolved(block.expand.weight, bias: block.expand.bias).gelu()
      x = inner.convolved(block.contract.weight, bias: block.contract.bias, adding: x)
    }
    let both = normalized(x, w.finalNorm).convolved(w.head.weight, bias: w.head.bias).reshaped(n, t, 2 * f).cast(
      to: .f32)
    return (both.sliced(axis: 2, 0..<f), both.sliced(axis: 2, f..<2 * f))
  }

  /// The signal of a frame-wise polar form, `[N, L]`.
  func signal(_ polar: (logMagnitude: Tensor, phase: Tensor)) -> Tensor {
    let magnitude = Tensor.minimum(polar.logMagnitude.exp(), Tensor(Self.ceiling))
    return configuration.features.spectrogram.inverse(Tensor.polar(magnitude, phase: polar.phase))
  }

  /// Log-mel `[N, T, bands]` to signals `[N, L]`. Differentiable in both arguments.
  public func callAsFunction(_ mel: Tensor, _ p: Parameters) -> Tensor { signal(polar(mel, weights(p))) }
}
