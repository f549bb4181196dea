import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Sizes of a policy's networks.
public struct ControlSizes: Sendable, Codable, Equatable {
  public var observationSize: Int
  public var actionSize: Int
  /// Of the three hidden layers.
  public var width: Int
  /// Of the embedding of a time.
  public var timeWidth: Int
  /// Whether the critics' hidden layers are normalised (LayerNorm before Mish), which keeps values of unseen actions from
  /// running away (Ball et al. 2023). Not so in the paper.
  public var normalizesCritics: Bool

  public init(
    observationSize: Int, actionSize: Int, width: Int = 256, timeWidth: Int = 64, normalizesCritics: Bool = false
  ) {
    (self.observationSize, self.actionSize) = (observationSize, actionSize)
    (self.width, self.timeWidth, self.normalizesCritics) = (width, timeWidth, normalizesCritics)
  }

  /// As published, or small enough that two cores make fifty thousand steps in minutes.
  public static func paper(observationSize: Int, actionSize: Int) -> ControlSizes {
    ControlSizes(observationSize: observationSize, actionSize: actionSize)
  }
  public static func small(observationSize: Int, actionSize: Int) -> ControlSizes {
    ControlSizes(observationSize: observationSize, actionSize: actionSize, width: 128, timeWidth: 16)
  }
}

/// Diffusion Q-learning's network (Wang et al. 2023) with an embedding for each clock: an action on its path, the times and the
/// observation through three layers of Mish -> like the action.
public struct PolicyNetwork: Sendable {
  public let sizes: ControlSizes
  public let clocks: Int
  public let specs: [ParameterSpec]
  let times: [(first: Linear, second: Linear)]
  let layers: [Linear]

  public init(_ sizes: ControlSizes, clocks: Int) {
    let scope = ParameterScope(), d = sizes.timeWidth
    times = ["time_mlp", "time_mlp_r"].prefix(clocks).map { name in
      let inner = scope.nested(name)
      return (
        Linear(inner.nested(1), inputs: d, outputs: 2 * d), Linear(inner.nested(3), inputs: 2 * d, outputs: d)
      )
    }
    let widths = [sizes.actionSize + clocks * d + sizes.observationSize, sizes.width, sizes.width, sizes.width]
    let middle = scope.nested("mid_layer")
    let hidden = zip(widths, widths.dropFirst()).enumerated().map { index, pair in
      Linear(middle.nested(2 * index), inputs: pair.0, outputs: pair.1)
    }
    layers = hidden + [Linear(scope.nested("final_layer"), inputs: sizes.width, outputs: sizes.actionSize)]
    (self.sizes, self.clocks, specs) = (sizes, clocks, scope.specs)
  }

  /// Actions `[B, A]`, times `[B]` each and observations `[B, S]` -> `[B, A]`.
  public func callAsFunction(_ x: Tensor, _ clocks: [Tensor], _ observations: Tensor, _ p: Parameters) -> Tensor {
    let embedded = zip(clocks, times).map { embed($0, $1, p) }, n = x.shape[0]
    guard n > 1, !embedded.isEmpty, embedded.allSatisfy({ $0.shape[0] == 1 }) else {
      let rows = embedded.map { $0.broadcast(to: [n, sizes.timeWidth]) }
      return p.layers(layers, .concatenated([x] + rows + [observations], axis: 1))
    }
    // What the times add to the first layer is the same for all rows: a bias.
    let weight = p[layers[0].weight], a = sizes.actionSize, end = a + embedded.count * sizes.timeWidth
    func inputs(_ range: Range<Int>) -> Tensor { weight.sliced(axis: 0, range) }
    let times = Tensor.concatenated(embedded, axis: 1).cast(to: weight.elementType).matmul(inputs(a..<end))
    let bias = p[layers[0].bias!] + times.cast(to: .f32).reshaped(sizes.width)
    let first = Tensor.concatenated([inputs(0..<a), inputs(end..<weight.shape[0])], axis: 0)
    let h = Tensor.concatenated([x, observations], axis: 1).cast(to: weight.elementType)
      .linear(first, bias: bias, activation: .mish)
    return p.layers(Array(layers.dropFirst()), h)
  }

  /// `[sin(t f), cos(t f)]` with f from 1 down to 1 / 10000, and a small network of it. The time is not scaled: its
  /// derivative is part of what is learnt. One row where all times are the same, as when an action is made.
  func embed(_ time: Tensor, _ layers: (first: Linear, second: Linear), _ p: Parameters) -> Tensor {
    let n = time.count, half = sizes.timeWidth / 2
    let f = (0..<half).map { Float(exp(-log(10000.0) * Double($0) / Double(max(1, half - 1)))) }
    let isSame = !time.hasDerivative && time.withUnsafeFloats { t in t.allSatisfy { $0 == t[0] } }
    let t = isSame && n > 1 ? time.sliced(axis: 0, 0..<1) : time
    let angle = t.reshaped(t.count, 1) * Tensor(f, shape: [1, half])
    return p.layers([layers.first, layers.second], .concatenated([angle.sin(), angle.cos()], axis: 1))
  }
}

/// Several critics of an action in a situation, each three layers of Mish, as diffusion Q-learning has two.
public struct CriticNetwork: Sendable {
  public let specs: [ParameterSpec]
  let heads: [[Linear]]
  /// After each hidden layer of each head; empty where the layers are plain.
  let norms: [[LayerNorm]]

  public init(_ sizes: ControlSizes, heads: Int = 2) {
    let scope = ParameterScope()
    let widths = [sizes.observationSize + sizes.actionSize, sizes.width, sizes.width, sizes.width, 1]
    self.heads = (1...heads).map { head in
      let own = scope.nested("q\(head)_model")
      return zip(widths, widths.dropFirst()).enumerated().map { index, pair in
        Linear(own.nested(2 * index), inputs: pair.0, outputs: pair.1)
      }
    }
    norms = (1...heads).map { head in
      guard sizes.normalizesCritics else { return [] }
      let own = scope.nested("q\(head)_model")
      return (0..<3).map { LayerNorm(own.nested("norm\($0)"), channels: sizes.width) }
    }
    specs = scope.specs
  }

  /// Actions `[B, A]` and observations `[B, S]` -> values `[B, heads]`, or `[B, 1]` of the only head that is asked.
  public func callAsFunction(
    _ actions: Tensor, _ observations: Tensor, only head: Int? = nil, _ p: Parameters
  ) -> Tensor {
    let input = Tensor.concatenated([observations, actions], axis: 1)
    let asked = head.map { $0..<$0 + 1 } ?? 0..<heads.count
    return .concatenated(asked.map { p.layers(heads[$0], input, norms: norms[$0]) }, axis: 1)
  }
}

extension Parameters {
  /// Dense layers with Mish between them, in the precision of these parameters; f32 comes out.
  fileprivate func layers(_ layers: [Linear], _ x: Tensor, norms: [LayerNorm] = []) -> Tensor {
    var h = x.cast(to: self[layers[0].weight].elementType)
    for (index, layer) in layers.dropLast().enumerated() {
      h = norms.isEmpty ? layer(h, self, activation: .mish) : norms[index](layer(h, self), self).mish()
    }
    return layers[layers.count - 1](h, self).cast(to: .f32)
  }
}

extension ControlSizes {
  /// What a method's group needs.
  public func makeNetwork(for group: Method<TransitionBatch>.Group) -> FlowNetwork<TransitionBatch> {
    switch group.output {
    case .points(let clocks):
      let network = PolicyNetwork(self, clocks: clocks)
      return FlowNetwork(network.specs) { x, clocks, batch, p in network(x, clocks, batch.observations, p) }
    case .logit:
      let network = CriticNetwork(self, heads: 1)
      return FlowNetwork(network.specs) { x, _, batch, p in network(x, batch.observations, p).reshaped(x.shape[0]) }
    case .scores(let heads):
      let network = CriticNetwork(self, heads: heads)
      return FlowNetwork(network.specs) { x, _, batch, p in network(x, batch.observations, only: batch.critic, p) }
    }
  }
}
