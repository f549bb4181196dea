import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

/// OFTSR (Zhu et al., ICLR 2026): one-step flow super-resolution with a knob between fidelity and realism.
///
/// Time: t_ours = 1 - t_paper and u = -v, so t = 1 is the upsampled low-resolution image with a little noise and t = 0 the
/// photograph; the student's target time s is 1 - realism.
///
/// The small network works at low resolution, where a 3x3 convolution of 64 channels runs at the machine's full rate, and
/// has no global operation, so any tile of an image gives the same pixels. It predicts the residual `r` to the upsampled
/// image: `v = r + up - x`, and a network with a zero head returns `up` exactly.
///
/// The point on the path enters multiplied by 1 - t. At the source it is the upsampled image and noise, which say nothing
/// that the low-resolution image does not; so fidelity (t = 1) is a plain regression, the same for every seed, and the
/// noise gains weight in proportion to 1 - t, as it does in the closed form of the Gaussian case.
public struct OFTSR: RestorationNetwork {
  public struct Configuration: Sendable, Codable, Equatable {
    /// Channels of the body.
    public var width = 64
    /// Residual blocks.
    public var blocks = 6
    public var timeFeatures = 64
    public var timeHidden = 128
    /// Enlargement; the head's channels are 3 scale².
    public var scale = 4
    /// Noise added to the upsampled image, in units of [-1, 1] (sigma_p of the paper).
    public var sigma = 0.1

    public init() {}

    /// Trains on two cores.
    public static let small = Configuration()
  }

  public let configuration: Configuration
  public let specs: [ParameterSpec]
  let head: Convolution2D, tail: Convolution2D, up: Convolution2D
  let blocks: [(first: Convolution2D, second: Convolution2D)]
  let time: TimeEmbedding

  public init(_ configuration: Configuration = .small) {
    let scope = ParameterScope(), c = configuration, w = c.width
    self.configuration = c
    head = Convolution2D(scope.nested("head"), inputs: 3 * c.scale * c.scale + 3, outputs: w, kernel: 3)
    blocks = (0..<c.blocks).map { i in
      let block = scope.nested("blocks").nested(i)
      return (
        Convolution2D(block.nested("conv1"), inputs: w, outputs: w, kernel: 3),
        Convolution2D(
          block.nested("conv2"), inputs: w, outputs: w, kernel: 3,
          initialization: .uniform(bound: 0.5 / Float(9 * w).squareRoot()))
      )
    }
    tail = Convolution2D(scope.nested("tail"), inputs: w, outputs: w, kernel: 3)
    up = Convolution2D(
      scope.nested("up"), inputs: w, outputs: 3 * c.scale * c.scale, kernel: 3, initialization: .zeros)
    time = TimeEmbedding(
      scope, features: .sinusoidal(width: c.timeFeatures, scale: 999), hidden: c.timeHidden,
      outputs: c.blocks * 2 * w, initialization: .zeros)
    specs = scope.specs
  }

  /// Low-resolution pixels by which a result's bits reach beyond its own: at most a block for each 3x3 convolution.
  public var reach: Int { alignment * (2 * configuration.blocks + 3) }
  /// The convolutions compute blocks of so many pixels a side, whose roundings belong together.
  public var alignment: Int { 4 }
  public var largestTile: Int { .max }
  public var dropout: Double { 0 }
  public var enlargement: ResamplingKernel { .bicubic }

  /// What the network sees beside the point on the path, both in [-1, 1].
  public struct Condition: Sendable {
    /// The low-resolution image, `[N, h, w, 3]`.
    public let low: Tensor
    /// The same enlarged by antialiased bicubic, `[N, h scale, w scale, 3]`.
    public let upsampled: Tensor

    public init(low: Tensor, upsampled: Tensor) { (self.low, self.upsampled) = (low, upsampled) }

    func rows(_ range: Range<Int>) -> Condition {
      Condition(low: low.sliced(axis: 0, range), upsampled: upsampled.sliced(axis: 0, range))
    }
  }

  /// The residual to the upsampled image at a point `x` `[N, H, W, 3]`, one time a row -> like x.
  public func residual(_ x: Tensor, _ times: [Double], _ condition: Condition, _ p: Parameters) -> Tensor {
    let c = configuration, w = c.width, type = p[head.weight].elementType
    let film = time(times, p).reshaped(times.count, c.blocks, 2, 1, 1, w).cast(to: type)
    func modulation(_ block: Int, _ part: Int) -> Tensor {
      film.sliced(axis: 1, block..<block + 1).sliced(axis: 2, part..<part + 1).reshaped(times.count, 1, 1, w)
    }
    let point = (x - condition.upsampled) * perRow(times.map { (1 - $0) / c.sigma }, like: x)
    let noise = point.pixelUnshuffled(c.scale)
    let start = head(Tensor.concatenated([noise, condition.low], axis: 3).cast(to: type), p)
    var h = start
    for (index, block) in blocks.enumerated() {
      let inner = block.first(h, p) * (modulation(index, 0) + 1) + modulation(index, 1)
      h = block.second(inner.relu(), p, adding: h)
    }
    h = tail(h, p, adding: start)
    return up(h, p).cast(to: .f32).pixelShuffled(c.scale)
  }

  public func velocity(
    _ x: Tensor, _ times: [Double], _ condition: Condition, _ p: Parameters, dropout seed: UInt64?
  ) -> Tensor {
    x - condition.upsampled - residual(x, times, condition, p)
  }
}
