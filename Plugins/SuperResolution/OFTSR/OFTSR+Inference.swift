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
/// convolutions whose activation and residual are computed inside them.
package struct FoldedOFTSR: Sendable {
  private struct Filter {
    var weight: Tensor, bias: Tensor
  }
  private let configuration: OFTSR.Configuration
  private let head: Filter, tail: Filter, up: Filter
  private let blocks: [(first: Filter, second: Filter)]
  private let type: ElementType
  private let realism: Float

  /// - Parameter realism: 0 (fidelity) to 1.
  package init(_ network: OFTSR, _ p: Parameters, realism: Double, type: ElementType) {
    let c = network.configuration
    (configuration, self.type, self.realism) = (c, type, Float(realism))
    func filter(_ layer: Convolution2D) -> Filter {
      Filter(weight: p[layer.weight].cast(to: type), bias: p[layer.bias!])
    }
    let film = network.time([1 - realism], p).reshaped(c.blocks, 2, c.width)
    (head, tail, up) = (filter(network.head), filter(network.tail), filter(network.up))
    blocks = network.blocks.enumerated().map { index, block in
      let modulation = film.sliced(axis: 0, index..<index + 1).reshaped(2, c.width)
      let scale = modulation.sliced(axis: 0, 0..<1).reshaped(c.width) + 1
      let shift = modulation.sliced(axis: 0, 1..<2).reshaped(c.width)
      let first = Filter(
        weight: (p[block.first.weight] * scale).cast(to: type), bias: p[block.first.bias!] * scale + shift)
      return (first, filter(block.second))
    }
  }

  /// The restored image: one network call. `noise` is eps at the size of the result, `[1, H, W, 3]`.
  package func callAsFunction(_ condition: OFTSR.Condition, noise: Tensor) -> Tensor {
    let sigma = configuration.sigma
    // (x - up) / sigma at the source of the path, whose anchor is scaled by sqrt(1 - sigma²), times 1 - t.
    let keep = (1 - sigma * sigma).squareRoot()
    let point = (noise + condition.upsampled * Float((keep - 1) / sigma)) * realism
    let input = Tensor.concatenated([point.pixelUnshuffled(configuration.scale), condition.low], axis: 3).cast(to: type)
    let start = input.convolved(head.weight, bias: head.bias)
    var h = start
    for block in blocks {
      let inner = h.convolved(block.first.weight, bias: block.first.bias, activation: .relu)
      h = inner.convolved(block.second.weight, bias: block.second.bias, adding: h)
    }
    h = h.convolved(tail.weight, bias: tail.bias, adding: start)
    let residual = h.convolved(up.weight, bias: up.bias).cast(to: .f32).pixelShuffled(configuration.scale)
    return condition.upsampled + residual
  }
}
