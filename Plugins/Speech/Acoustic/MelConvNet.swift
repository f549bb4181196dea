import OneStepNetworks
import OneStepTensors

/// A residual network of dilated convolutions over frames, every one of them a large matrix product:
///
///     h + conv2( silu( conv1( norm(h) (1 + scale(c)) + shift(c) ) ) )
///
/// It has WaveNet's reach (DiffSinger, Liu et al. 2022) with adaptive normalisation (DiT, Peebles and Xie 2023) in place of gates.
/// There is nothing global in it, so padding at the end does not change a frame.
public struct MelConvNet: MelDenoiser {
  public struct Configuration: Sendable, Codable, Equatable {
    public var width = 192
    public var blocks = 8
    public var kernel = 3
    /// Of the first convolution of each block, over and over.
    public var dilations = [1, 2, 4]
    public var timeFeatures = 64
    public var timeHidden = 64

    public init() {}

    /// 2.1 M numbers; 32 frames see each other on either side.
    public static let small = Configuration()

    var isSane: Bool {
      (1...2048).contains(width) && (1...128).contains(blocks) && (1...31).contains(kernel) && kernel % 2 == 1
        && !dilations.isEmpty && dilations.allSatisfy((1...64).contains) && (2...4096).contains(timeFeatures)
        && (1...4096).contains(timeHidden)
    }
  }

  private struct Block: Sendable {
    let norm: LayerNorm, first: Convolution1D, second: Convolution1D
  }

  private let configuration: Configuration
  private let head: Convolution1D, tail: Convolution1D, norm: LayerNorm
  private let blocks: [Block]
  private let time: TimeEmbedding

  public init(_ scope: ParameterScope, _ configuration: Configuration, mels: Int) {
    let c = configuration, w = c.width
    self.configuration = c
    head = Convolution1D(scope.nested("head"), inputs: 2 * mels, outputs: w, kernel: c.kernel)
    blocks = (0..<c.blocks).map { i in
      let block = scope.nested("blocks").nested(i)
      return Block(
        norm: LayerNorm(block.nested("norm"), channels: w),
        first: Convolution1D(
          block.nested("conv1"), inputs: w, outputs: w, kernel: c.kernel, dilation: c.dilations[i % c.dilations.count]),
        second: Convolution1D(
          block.nested("conv2"), inputs: w, outputs: w, kernel: c.kernel,
          initialization: .uniform(bound: 1 / Float(c.kernel * w * c.blocks).squareRoot())))
    }
    norm = LayerNorm(scope.nested("norm"), channels: w)
    tail = Convolution1D(scope.nested("tail"), inputs: w, outputs: mels, kernel: 1, initialization: .zeros)
    time = TimeEmbedding(
      scope, features: .sinusoidal(width: c.timeFeatures, scale: 16), hidden: c.timeHidden,
      outputs: 2 * w * c.blocks, initialization: .zeros)
  }

  public func callAsFunction(
    _ x: Tensor, _ times: [Double], _ condition: MelCondition, _ p: Parameters
  ) -> Tensor {
    let type = p[head.weight].elementType, w = configuration.width
    let mask = condition.mask?.cast(to: type)
    func masked(_ y: Tensor) -> Tensor { mask.map { y * $0 } ?? y }
    let film = time(times, p)  // [N, blocks 2 C]
    var h = head(masked(Tensor.concatenated([x, condition.prior], axis: 2).cast(to: type)), p)
    for (index, block) in blocks.enumerated() {
      func part(_ k: Int) -> Tensor { film.sliced(axis: 1, (2 * index + k) * w..<(2 * index + k + 1) * w) }
      let inner = block.norm(h, p).modulated(scale: part(0), shift: part(1))
      h = block.second(masked(block.first(masked(inner), p, activation: .silu)), p, adding: h)
    }
    let output = tail(norm(h, p), p).cast(to: .f32)
    return condition.mask.map { output * $0 } ?? output
  }
}
