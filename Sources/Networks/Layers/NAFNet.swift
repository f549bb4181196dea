import OneStepTensors

/// A block of NAFNet (Chen et al. 2022) without its global channel attention, so that tiles of an image stay exact:
/// LayerNorm, 1x1, depthwise 3x3, gate, 1x1, scaled residual; LayerNorm, 1x1, gate, 1x1, scaled residual.
public struct NAFBlock: Sendable {
  let norm1: LayerNorm, norm2: LayerNorm
  let expand1: Convolution2D, depthwise: Convolution2D, reduce1: Convolution2D
  let expand2: Convolution2D, reduce2: Convolution2D
  let gain1: ParameterKey, gain2: ParameterKey
  let modulation1: Modulation?, modulation2: Modulation?

  public init(_ scope: ParameterScope, channels c: Int, condition: Int? = nil) {
    norm1 = LayerNorm(scope.nested("norm1"), channels: c, epsilon: 1e-6)
    expand1 = Convolution2D(scope.nested("expand1"), inputs: c, outputs: 2 * c, kernel: 1)
    depthwise = Convolution2D(scope.nested("depthwise"), inputs: 2 * c, outputs: 2 * c, kernel: 3, groups: 2 * c)
    reduce1 = Convolution2D(scope.nested("reduce1"), inputs: c, outputs: c, kernel: 1)
    norm2 = LayerNorm(scope.nested("norm2"), channels: c, epsilon: 1e-6)
    expand2 = Convolution2D(scope.nested("expand2"), inputs: c, outputs: 2 * c, kernel: 1)
    reduce2 = Convolution2D(scope.nested("reduce2"), inputs: c, outputs: c, kernel: 1)
    gain1 = scope.declare("gain1", [c], .zeros)
    gain2 = scope.declare("gain2", [c], .zeros)
    modulation1 = condition.map { Modulation(scope.nested("modulation1"), condition: $0, channels: c) }
    modulation2 = condition.map { Modulation(scope.nested("modulation2"), condition: $0, channels: c) }
  }

  public func callAsFunction(_ x: Tensor, _ condition: Tensor?, _ p: Parameters) -> Tensor {
    func prepare(_ x: Tensor, _ norm: LayerNorm, _ modulation: Modulation?) -> Tensor {
      let y = norm(x, p)
      guard let modulation, let condition else { return y }
      return modulation(y, condition, p)
    }
    /// Half of the channels gates the other half.
    func gated(_ x: Tensor) -> Tensor {
      let halves = x.split(axis: 3, into: 2)
      return halves[0] * halves[1]
    }
    let first = reduce1(gated(depthwise(expand1(prepare(x, norm1, modulation1), p), p)), p)
    let y = x + first * p[gain1].cast(to: x.elementType)
    let second = reduce2(gated(expand2(prepare(y, norm2, modulation2), p)), p)
    return y + second * p[gain2].cast(to: x.elementType)
  }
}

/// An encoder and decoder of NAF blocks with additive skips.
public struct NAFNet: Sendable {
  public struct Configuration: Sendable, Codable, Equatable {
    public var inputs = 3
    public var outputs = 3
    /// Channels of the finest level; each coarser one has twice as many.
    public var width = 32
    /// Blocks a level on the way down and on the way up, the finest first.
    public var encoder = [2, 2]
    public var middle = 4
    public var decoder = [2, 2]
    /// Width of the time condition; 0 is none.
    public var condition = 0

    public init() {}
  }

  public let configuration: Configuration
  let input: Convolution2D, output: Convolution2D
  let encoder: [[NAFBlock]], middle: [NAFBlock], decoder: [[NAFBlock]]
  let down: [Convolution2D], up: [Convolution2D]

  public init(_ scope: ParameterScope, _ configuration: Configuration) {
    let c = configuration
    precondition(c.encoder.count == c.decoder.count, "as many levels down as up")
    self.configuration = c
    func blocks(_ name: String, _ count: Int, _ channels: Int) -> [NAFBlock] {
      (0..<count).map {
        NAFBlock(scope.nested(name).nested($0), channels: channels, condition: c.condition > 0 ? c.condition : nil)
      }
    }
    let levels = c.encoder.count
    func width(_ level: Int) -> Int { c.width << level }
    input = Convolution2D(scope.nested("input"), inputs: c.inputs, outputs: c.width, kernel: 3)
    encoder = (0..<levels).map { blocks("encoder\($0)", c.encoder[$0], width($0)) }
    down = (0..<levels).map {
      Convolution2D(
        scope.nested("down\($0)"), inputs: width($0), outputs: width($0 + 1), kernel: 2, stride: 2, padding: ConvolutionPadding.none)
    }
    middle = blocks("middle", c.middle, width(levels))
    up = (0..<levels).map {
      Convolution2D(scope.nested("up\($0)"), inputs: width($0 + 1), outputs: 4 * width($0), kernel: 1, bias: false)
    }
    decoder = (0..<levels).map { blocks("decoder\($0)", c.decoder[$0], width($0)) }
    output = Convolution2D(scope.nested("output"), inputs: c.width, outputs: c.outputs, kernel: 3, initialization: .zeros)
  }

  /// `x` is `[N, H, W, inputs]` with sides that are multiples of 2 to the power of the number of levels.
  public func callAsFunction(_ x: Tensor, condition: Tensor? = nil, _ p: Parameters) -> Tensor {
    var h = input(x, p)
    var skips: [Tensor] = []
    for level in encoder.indices {
      for block in encoder[level] { h = block(h, condition, p) }
      skips.append(h)
      h = down[level](h, p)
    }
    for block in middle { h = block(h, condition, p) }
    for level in decoder.indices.reversed() {
      h = up[level](h, p).pixelShuffled(2) + skips[level]
      for block in decoder[level] { h = block(h, condition, p) }
    }
    return output(h, p)
  }
}
