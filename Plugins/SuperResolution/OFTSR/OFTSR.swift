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
/// has no global operation, so any tile of an image gives the same pixels. It predicts the residual to the upsampled image,
///
///     r(x, t) = trunk(low) + (1 - t) detail(x, t, the trunk's features),    v = x - up - r,
///
/// and a network with zero heads returns `up` exactly. At the source (t = 1) a point on the path is the upsampled image and
/// noise, which say nothing that the low-resolution image does not. There fidelity is the trunk alone, a plain regression,
/// the same for every seed; the trunk is trained first and stays as it is while the detail learns the flow. The noise gains
/// weight in proportion to 1 - t, as it does in the closed form of the Gaussian case.
public struct OFTSR: RestorationNetwork {
  public struct Configuration: Sendable, Codable, Equatable {
    /// Channels of the body.
    public var width = 64
    /// Residual blocks of the trunk.
    public var blocks = 8
    /// Residual blocks of the detail, which see the point on the path and its time.
    public var detailBlocks = 4
    public var timeFeatures = 64
    public var timeHidden = 128
    /// Enlargement; the heads' channels are 3 scale².
    public var scale = 4
    /// Noise added to the upsampled image, in units of [-1, 1] (sigma_p of the paper).
    public var sigma = 0.1

    public init() {}

    /// Trains on two cores.
    public static let small = Configuration()
  }

  typealias Block = (first: Convolution2D, second: Convolution2D)

  public let configuration: Configuration
  public let specs: [ParameterSpec]
  let head: Convolution2D, tail: Convolution2D, up: Convolution2D
  let blocks: [Block]
  let detail: (head: Convolution2D, blocks: [Block], up: Convolution2D)
  let time: TimeEmbedding

  public init(_ configuration: Configuration = .small) {
    let scope = ParameterScope(), c = configuration, w = c.width, pixels = 3 * c.scale * c.scale
    self.configuration = c
    head = Convolution2D(scope.nested("head"), inputs: 3, outputs: w, kernel: 3)
    blocks = Self.blocks(scope, c.blocks, width: w)
    tail = Convolution2D(scope.nested("tail"), inputs: w, outputs: w, kernel: 3)
    up = Convolution2D(scope.nested("up"), inputs: w, outputs: pixels, kernel: 3, initialization: .zeros)
    let inner = scope.nested(Self.detailName)
    detail = (
      Convolution2D(inner.nested("head"), inputs: pixels, outputs: w, kernel: 3),
      Self.blocks(inner, c.detailBlocks, width: w),
      Convolution2D(inner.nested("up"), inputs: w, outputs: pixels, kernel: 3, initialization: .zeros)
    )
    time = TimeEmbedding(
      inner, features: .sinusoidal(width: c.timeFeatures, scale: 999), hidden: c.timeHidden,
      outputs: c.detailBlocks * 2 * w, initialization: .zeros)
    specs = scope.specs
  }

  private static let detailName = "detail"

  private static func blocks(_ scope: ParameterScope, _ count: Int, width: Int) -> [Block] {
    (0..<count).map { i in
      let block = scope.nested("blocks").nested(i)
      return (
        Convolution2D(block.nested("conv1"), inputs: width, outputs: width, kernel: 3),
        Convolution2D(
          block.nested("conv2"), inputs: width, outputs: width, kernel: 3,
          initialization: .uniform(bound: 0.5 / Float(9 * width).squareRoot()))
      )
    }
  }

  /// Low-resolution pixels by which a result's bits reach beyond its own: at most a block for each 3x3 convolution.
  public var reach: Int { alignment * (2 * (configuration.blocks + configuration.detailBlocks) + 4) }
  /// The convolutions compute blocks of so many pixels a side, whose roundings belong together.
  public var alignment: Int { 4 }
  public var largestTile: Int { .max }
  public var dropout: Double { 0 }
  public var enlargement: ResamplingKernel { .bicubic }

  public static let stages = Stage.allCases

  public func isTrained(_ spec: ParameterSpec, in stage: Stage) -> Bool {
    spec.name.hasPrefix(Self.detailName) != (stage == .fidelity)
  }

  /// What the network sees beside the point on the path, both in [-1, 1].
  public struct Condition: Sendable {
    /// The low-resolution image, `[N, h, w, 3]`.
    public let low: Tensor
    /// The same enlarged by antialiased bicubic, `[N, h scale, w scale, 3]`.
    public let upsampled: Tensor
    /// What a trunk that stays as it is made of `low`: its features `[N, h, w, C]` and residual `[N, h, w, 3 scale²]`.
    var trunk: (features: Tensor, residual: Tensor)?

    public init(low: Tensor, upsampled: Tensor) { (self.low, self.upsampled) = (low, upsampled) }

    func rows(_ range: Range<Int>) -> Condition {
      func part(_ x: Tensor) -> Tensor { x.sliced(axis: 0, range) }
      var condition = Condition(low: part(low), upsampled: part(upsampled))
      condition.trunk = trunk.map { (part($0.features), part($0.residual)) }
      return condition
    }
  }

  public func prepared(_ condition: Condition, _ p: Parameters) -> Condition {
    var result = condition
    let (features, residual) = trunk(condition.low, p)
    result.trunk = (features.values, residual.values)
    return result
  }

  /// Features `[N, h, w, C]` and the residual before its pixels are shuffled, `[N, h, w, 3 scale²]`.
  private func trunk(_ low: Tensor, _ p: Parameters) -> (features: Tensor, residual: Tensor) {
    let start = head(low.cast(to: p[head.weight].elementType), p)
    var h = start
    for block in blocks { h = block.second(block.first(h, p).relu(), p, adding: h) }
    h = tail(h, p, adding: start)
    return (h, up(h, p).cast(to: .f32))
  }

  /// The residual to the upsampled image at a point `x` `[N, H, W, 3]`, one time a row -> like x.
  public func residual(_ x: Tensor, _ times: [Double], _ condition: Condition, _ p: Parameters) -> Tensor {
    let c = configuration, w = c.width, type = p[head.weight].elementType
    let (features, plain) = condition.trunk ?? trunk(condition.low, p)
    if times.allSatisfy({ $0 == 1 }) { return plain.pixelShuffled(c.scale) }
    let film = time(times, p).reshaped(times.count, c.detailBlocks, 2, 1, 1, w).cast(to: type)
    func modulation(_ block: Int, _ part: Int) -> Tensor {
      film.sliced(axis: 1, block..<block + 1).sliced(axis: 2, part..<part + 1).reshaped(times.count, 1, 1, w)
    }
    let point = ((x - condition.upsampled) * Float(1 / c.sigma)).pixelUnshuffled(c.scale)
    var h = detail.head(point.cast(to: type), p, adding: features)
    for (index, block) in detail.blocks.enumerated() {
      let inner = block.first(h, p) * (modulation(index, 0) + 1) + modulation(index, 1)
      h = block.second(inner.relu(), p, adding: h)
    }
    let weight = perRow(times.map { 1 - $0 }, like: plain)
    return (plain + detail.up(h, p).cast(to: .f32) * weight).pixelShuffled(c.scale)
  }

  public func velocity(
    _ x: Tensor, _ times: [Double], _ condition: Condition, _ p: Parameters, dropout seed: UInt64?
  ) -> Tensor {
    x - condition.upsampled - residual(x, times, condition, p)
  }
}
