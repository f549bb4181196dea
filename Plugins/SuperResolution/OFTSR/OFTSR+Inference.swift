import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension OFTSR {
  public func restoration(_ p: Parameters, realism: Double, type: ElementType) -> Restoration {
    let folded = FoldedOFTSR(self, p, realism: realism, type: type)
    return { folded($0, noise: $1) }
  }
}

/// An OFTSR student at one position of its knob.
///
/// The time modulation is constant then, so it is folded into the filters, and an evaluation is a plain chain of
/// convolutions whose activation and residual are computed inside them. At realism 0 the detail has no part in it.
package struct FoldedOFTSR: Sendable {
  private struct Filter {
    var weight: Tensor, bias: Tensor
  }
  private typealias Block = (first: Filter, second: Filter)
  private let configuration: OFTSR.Configuration
  private let head: Filter, tail: Filter, up: Filter
  private let blocks: [Block]
  private let detail: (head: Filter, blocks: [Block], up: Filter)?
  private let type: ElementType

  /// - Parameter realism: 0 (fidelity) to 1.
  package init(_ network: OFTSR, _ p: Parameters, realism: Double, type: ElementType) {
    let c = network.configuration
    (configuration, self.type) = (c, type)
    func filter(_ layer: Convolution2D, scale: Tensor = .ones([1]), shift: Tensor = .zeros([1])) -> Filter {
      Filter(weight: (p[layer.weight] * scale).cast(to: type), bias: p[layer.bias!] * scale + shift)
    }
    (head, tail, up) = (filter(network.head), filter(network.tail), filter(network.up))
    blocks = network.blocks.map { (filter($0.first), filter($0.second)) }
    guard realism > 0 else {
      detail = nil
      return
    }
    let film = network.time([1 - realism], p).reshaped(c.detailBlocks, 2, c.width)
    let modulated = network.detail.blocks.enumerated().map { index, block in
      let modulation = film.sliced(axis: 0, index..<index + 1).reshaped(2, c.width)
      let scale = modulation.sliced(axis: 0, 0..<1).reshaped(c.width) + 1
      return (
        filter(block.first, scale: scale, shift: modulation.sliced(axis: 0, 1..<2).reshaped(c.width)),
        filter(block.second)
      )
    }
    detail = (
      filter(network.detail.head), modulated, filter(network.detail.up, scale: .filled(Float(realism), [1]))
    )
  }

  /// The restored image: one network call. `noise` is eps at the size of the result, `[1, H, W, 3]`.
  package func callAsFunction(_ condition: OFTSR.Condition, noise: () -> Tensor) -> Tensor {
    // First of all, so that images of the result's size do not stay beside the features.
    let input = detail.map { _ in point(condition, noise()).cast(to: type) }
    let start = condition.low.cast(to: type).convolved(head.weight, bias: head.bias)
    let features = chain(start, blocks).convolved(tail.weight, bias: tail.bias, adding: start)
    var residual = features.convolved(up.weight, bias: up.bias).cast(to: .f32)
    if let detail, let input {
      let h = input.convolved(detail.head.weight, bias: detail.head.bias, adding: features)
      residual = residual + chain(h, detail.blocks).convolved(detail.up.weight, bias: detail.up.bias).cast(to: .f32)
    }
    return condition.upsampled + residual.pixelShuffled(configuration.scale)
  }

  /// (x - up) / sigma at the source of the path, whose anchor is scaled by sqrt(1 - sigma²), a pixel's block in channels.
  private func point(_ condition: OFTSR.Condition, _ noise: Tensor) -> Tensor {
    let sigma = configuration.sigma, keep = (1 - sigma * sigma).squareRoot()
    return (noise + condition.upsampled * Float((keep - 1) / sigma)).pixelUnshuffled(configuration.scale)
  }

  private func chain(_ input: Tensor, _ blocks: [Block]) -> Tensor {
    blocks.reduce(input) { h, block in
      h.convolved(block.first.weight, bias: block.first.bias, activation: .relu)
        .convolved(block.second.weight, bias: block.second.bias, adding: h)
    }
  }
}
