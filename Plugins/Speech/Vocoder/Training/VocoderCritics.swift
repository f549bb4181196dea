import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// Small discriminators of sound: multi-period ones as in HiFi-GAN (Kong et al. 2020) and multi-resolution ones as in Vocos
/// (Siuzdak 2023), with a few per cent of the published channels.
struct VocoderCritics {
  static let periods = [2, 3, 5]
  static let periodChannels = [8, 16, 64, 128, 128]
  static let resolutions = SpectralLosses.resolutions.map {
    Spectrogram(size: $0.size, hop: $0.hop, window: .rectangular)
  }
  static let resolutionChannels = 16
  static let slope: Float = 0.1
  /// Weight of the multi-resolution ones beside the multi-period ones.
  static let resolutionWeight = 0.1

  /// A filter, its steps and the zeros around it.
  private struct Layer {
    let weight: ParameterKey, bias: ParameterKey
    let stride: (Int, Int), padding: ConvolutionPadding

    init(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int, kernel: (Int, Int), stride: (Int, Int)) {
      let fan = kernel.0 * kernel.1 * inputs
      weight = scope.declare("weight", [kernel.0, kernel.1, inputs, outputs], .fanIn(fan))
      bias = scope.declare("bias", [outputs], .fanIn(fan))
      self.stride = stride
      padding = ConvolutionPadding(top: kernel.0 / 2, left: kernel.1 / 2, bottom: kernel.0 / 2, right: kernel.1 / 2)
    }

    func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
      x.convolved(p[weight], bias: p[bias], stride: stride, padding: padding)
    }
  }

  private let byPeriod: [[Layer]], byResolution: [[Layer]]
  let specs: [ParameterSpec]

  init() {
    let scope = ParameterScope()
    byPeriod = Self.periods.map { period in
      let own = scope.nested("period\(period)")
      var inputs = 1
      var layers = Self.periodChannels.enumerated().map { index, channels -> Layer in
        defer { inputs = channels }
        return Layer(own.nested(index), inputs, channels, kernel: (5, 1), stride: (index < 4 ? 3 : 1, 1))
      }
      layers.append(Layer(own.nested(layers.count), inputs, 1, kernel: (3, 1), stride: (1, 1)))
      return layers
    }
    // Images of time by frequency.
    let shapes = [((5, 7), (2, 2)), ((3, 5), (1, 2)), ((3, 5), (2, 2)), ((3, 3), (1, 2)), ((3, 3), (2, 2))]
    byResolution = Self.resolutions.map { resolution in
      let own = scope.nested("resolution\(resolution.size)"), c = Self.resolutionChannels
      return shapes.enumerated().map { index, shape in
        Layer(own.nested(index), index == 0 ? 1 : c, c, kernel: shape.0, stride: shape.1)
      } + [Layer(own.nested(shapes.count), c, 1, kernel: (3, 3), stride: (1, 1))]
    }
    specs = scope.specs
  }

  /// Every discriminator's layers on signals `[N, L]`; the last layer is its verdict.
  private func verdicts(_ sound: Tensor, _ p: Parameters) -> [(weight: Double, layers: [Tensor])] {
    let (n, length) = (sound.shape[0], sound.shape[1])
    func run(_ layers: [Layer], _ x: Tensor) -> [Tensor] {
      var x = x
      return layers.enumerated().map { index, layer in
        x = layer(x, p)
        if index < layers.count - 1 { x = x.leakyReLU(slope: Self.slope) }
        return x
      }
    }
    let periods = zip(Self.periods, byPeriod).map { period, layers in
      let whole = length / period
      let image = sound.sliced(axis: 1, 0..<whole * period).reshaped(n, whole, period, 1)
      return (1 / Double(Self.periods.count), run(layers, image))
    }
    let resolutions = zip(Self.resolutions, byResolution).map { resolution, layers in
      let magnitudes = resolution.magnitudes(sound, addingToSquare: 1e-9)
      return (
        Self.resolutionWeight / Double(Self.resolutions.count), run(layers, magnitudes.reshaped(magnitudes.shape + [1]))
      )
    }
    return periods + resolutions
  }

  /// The critics' own loss (hinge): real sound above 1, made sound below -1.
  func losses(real: Tensor, made: Tensor, _ p: Parameters) -> Losses {
    var losses = Losses()
    for (index, (a, b)) in zip(verdicts(real, p), verdicts(made, p)).enumerated() {
      let (yes, no) = (a.layers.last!, b.layers.last!)
      losses.add("critic\(index)", weight: a.weight, (1 - yes).relu().mean() + (1 + no).relu().mean())
    }
    return losses
  }

  /// What the vocoder is told: to be taken for real, and to look alike in every layer but the first and the verdict.
  func generatorLosses(real: Tensor, made: Tensor, _ p: Parameters) -> Losses {
    var adversarial: Tensor?, matching: Tensor?
    for (a, b) in zip(verdicts(real, p), verdicts(made, p)) {
      let doubt = (1 - b.layers.last!).relu().mean() * Float(a.weight)
      adversarial = adversarial.map { $0 + doubt } ?? doubt
      for (x, y) in zip(a.layers, b.layers).dropFirst().dropLast() {
        let distance = (x.values - y).absolute().mean() * Float(a.weight)
        matching = matching.map { $0 + distance } ?? distance
      }
    }
    var losses = Losses()
    losses.add("adversarial", adversarial!)
    losses.add("matching", matching!)
    return losses
  }
}
