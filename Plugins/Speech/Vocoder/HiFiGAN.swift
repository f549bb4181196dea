import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// HiFi-GAN's generator (Kong et al. 2020): transposed convolutions up to the sample rate, each followed by the mean of
/// residual blocks of several kernel sizes.
///
/// A transposed convolution whose kernel is twice its stride u is here an ordinary one of two taps to u channels a sample,
/// followed by a reshape that costs nothing:  y[q u + r - u / 2] = x[q] w[r] + x[q - 1] w[r + u].
public struct HiFiGAN: Sendable {
  public struct Configuration: Sendable, Codable, Equatable {
    public enum Residual: Int, Sendable, Codable {
      /// A dilated convolution and a plain one a step.
      case double = 1
      /// One dilated convolution a step.
      case single = 2
    }
    public var features = MelSpectrogram.hifiGAN22k
    /// Channels before the first upsampling; each halves them.
    public var width = 512
    public var strides = [8, 8, 2, 2]
    public var residual = Residual.double
    public var kernels = [3, 7, 11]
    /// Of each kernel's block.
    public var dilations = [[1, 3, 5], [1, 3, 5], [1, 3, 5]]

    public init() {}

    /// The published sizes: 13.9, 0.9 and 1.5 M numbers.
    public static let v1 = Configuration()
    public static let v2: Configuration = {
      var c = Configuration()
      c.width = 128
      return c
    }()
    public static let v3: Configuration = {
      var c = Configuration()
      (c.width, c.strides, c.residual) = (256, [8, 8, 4], .single)
      (c.kernels, c.dilations) = ([3, 5, 7], [[1, 2], [2, 6], [3, 12]])
      return c
    }()
  }

  typealias Keys = (weight: ParameterKey, bias: ParameterKey)

  public let configuration: Configuration
  public let specs: [ParameterSpec]
  let first: Keys, last: Keys
  /// By stage; the residual blocks by kernel, then by step.
  let stages: [(up: Keys, blocks: [[(dilated: Keys, plain: Keys?)]])]

  /// Slope of the leaky ReLUs but the last, which has PyTorch's default.
  static let slope: Float = 0.1, lastSlope: Float = 0.01

  public init(_ configuration: Configuration = .v1) {
    let c = configuration, scope = ParameterScope()
    func keys(_ scope: ParameterScope, _ shape: [Int], bias: Int) -> Keys {
      (scope.declare("weight", shape, .normal(std: 0.01)), scope.declare("bias", [bias], .zeros))
    }
    self.configuration = c
    first = keys(scope.nested("conv_pre"), [7, c.features.bands, c.width], bias: c.width)
    let ups = c.strides.enumerated().map { i, u -> Keys in
      let w = c.width >> (i + 1)
      return keys(scope.nested("ups").nested(i), [2, c.width >> i, u * w], bias: w)
    }
    stages = c.strides.indices.map { i in
      let w = c.width >> (i + 1)
      let blocks = c.kernels.enumerated().map { j, kernel in
        let block = scope.nested("resblocks").nested(i * c.kernels.count + j)
        return c.dilations[j].indices.map { step -> (dilated: Keys, plain: Keys?) in
          func convolution(_ name: String) -> Keys {
            keys(block.nested(name).nested(step), [kernel, w, w], bias: w)
          }
          return c.residual == .single
            ? (convolution("convs"), nil) : (convolution("convs1"), convolution("convs2"))
        }
      }
      return (ups[i], blocks)
    }
    last = keys(scope.nested("conv_post"), [7, c.width >> c.strides.count, 1], bias: 1)
    specs = scope.specs
  }

  /// Frames on either side that reach a sample.
  public var reach: Int {
    let c = configuration
    var frames = 3.0, rate = 1.0
    for u in c.strides {
      frames += 1 / rate
      rate *= Double(u)
      let steps = zip(c.kernels, c.dilations).map { kernel, dilations in
        dilations.reduce(0) { $0 + kernel / 2 * ($1 + (c.residual == .double ? 1 : 0)) }
      }
      frames += Double(steps.max() ?? 0) / rate
    }
    return Int((frames + 3 / rate).rounded(.up)) + 1
  }

  /// Log-mel `[N, T, bands]` to signals `[N, T x hop]`. Differentiable in both arguments.
  public func callAsFunction(_ mel: Tensor, _ p: Parameters) -> Tensor {
    let (n, frames) = (mel.shape[0], mel.shape[1])
    func convolved(_ x: Tensor, _ keys: Keys, dilation: Int = 1, adding residual: Tensor? = nil) -> Tensor {
      x.convolved(filter(p, keys), bias: p[keys.bias], dilation: (1, dilation), adding: residual)
    }
    var x = convolved(mel.reshaped(n, 1, frames, mel.shape[2]), first)
    for (index, stage) in stages.enumerated() {
      x = raised(x.leakyReLU(slope: Self.slope), stage.up, stride: configuration.strides[index], p)
      var sum: Tensor?
      for (block, dilations) in zip(stage.blocks, configuration.dilations) {
        var y = x
        for (step, dilation) in zip(block, dilations) {
          let inner = y.leakyReLU(slope: Self.slope)
          guard let plain = step.plain else {
            y = convolved(inner, step.dilated, dilation: dilation, adding: y)
            continue
          }
          y = convolved(
            convolved(inner, step.dilated, dilation: dilation).leakyReLU(slope: Self.slope), plain, adding: y)
        }
        sum = sum.map { $0 + y } ?? y
      }
      x = sum! / Float(stage.blocks.count)
    }
    return convolved(x.leakyReLU(slope: Self.lastSlope), last).tanh().reshaped(n, -1)
  }

  private func filter(_ p: Parameters, _ keys: Keys) -> Tensor { p[keys.weight].reshaped([1] + p[keys.weight].shape) }

  /// The transposed convolution by `stride`: `[N, 1, T, C] -> [N, 1, T stride, C / 2]`.
  private func raised(_ x: Tensor, _ keys: Keys, stride: Int, _ p: Parameters) -> Tensor {
    let (n, t) = (x.shape[0], x.shape[2]), bias = p[keys.bias]
    let y = x.convolved(
      filter(p, keys), bias: Tensor.concatenated([Tensor](repeating: bias, count: stride), axis: 0),
      padding: ConvolutionPadding(top: 0, left: 1, bottom: 0, right: 1))
    return y.reshaped(n, 1, (t + 1) * stride, bias.count).sliced(axis: 2, stride / 2..<(stride / 2 + t * stride))
  }
}
