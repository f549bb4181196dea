import Foundation
import Kernels
import OneStepNetworks
import OneStepTensors

/// Sizes of the networks of soft actor-critic.
public struct BehaviourSizes: Sendable, Codable, Equatable {
  public var observationSize: Int
  public var actionSize: Int
  /// Of the two hidden layers.
  public var width: Int

  public init(observationSize: Int, actionSize: Int, width: Int = 256) {
    (self.observationSize, self.actionSize, self.width) = (observationSize, actionSize, width)
  }

  /// Whether networks of such sizes can exist.
  var isSane: Bool {
    (1...100_000).contains(observationSize) && (1...10_000).contains(actionSize) && (1...16384).contains(width)
  }
}

/// The policy of soft actor-critic (Haarnoja et al. 2018): an observation through two layers of ReLU -> a ``TanhGaussian``.
public struct BehaviourNetwork: Sendable {
  public let sizes: BehaviourSizes
  public let specs: [ParameterSpec]
  private let hidden: [Linear]
  /// Means, then logarithms of deviations.
  private let head: Linear
  /// Limits of the logarithm of a deviation.
  private static let range: ClosedRange<Float> = -20...2

  public init(_ sizes: BehaviourSizes) {
    let scope = ParameterScope().nested("behaviour"), inner = scope.nested("hidden")
    hidden = [
      Linear(inner.nested(0), inputs: sizes.observationSize, outputs: sizes.width),
      Linear(inner.nested(1), inputs: sizes.width, outputs: sizes.width),
    ]
    head = Linear(scope.nested("head"), inputs: sizes.width, outputs: 2 * sizes.actionSize)
    (self.sizes, specs) = (sizes, scope.specs)
  }

  /// Observations `[B, S]` -> distributions of `[B, A]`.
  public func callAsFunction(_ observations: Tensor, _ p: Parameters) -> TanhGaussian {
    let h = hidden.reduce(observations) { $1($0, p, activation: .relu) }
    let y = head(h, p), a = sizes.actionSize
    return TanhGaussian(
      mean: y.sliced(axis: 1, 0..<a), logDeviation: y.sliced(axis: 1, a..<2 * a).clamped(to: Self.range))
  }

  /// One action for one observation, on the caller's thread.
  ///
  /// - Parameter noise: A numbers from N(0, 1); `nil` gives the squashed mean.
  package func act(_ observation: [Float], noise: [Float]?, _ p: Parameters) -> [Float] {
    let h = hidden.reduce(observation) { dense($1, $0, p, OS_RELU) }
    let y = dense(head, h, p, OS_IDENTITY), a = sizes.actionSize
    return (0..<a).map { j in
      guard let noise else { return tanh(y[j]) }
      return tanh(y[j] + exp(min(max(y[a + j], Self.range.lowerBound), Self.range.upperBound)) * noise[j])
    }
  }

  private func dense(_ layer: Linear, _ x: [Float], _ p: Parameters, _ operation: Int) -> [Float] {
    p[layer.weight].withUnsafeFloats { weight in
      p[layer.bias!].withUnsafeFloats { bias in
        [Float](unsafeUninitializedCapacity: bias.count) { y, count in
          os_dense_rows(
            Int32(operation), x, 1, Int64(x.count), weight.baseAddress, bias.baseAddress, y.baseAddress,
            Int64(bias.count))
          count = bias.count
        }
      }
    }
  }
}

/// Two critics of an action in a situation, each two layers of ReLU.
struct TwinCritics: Sendable {
  let specs: [ParameterSpec]
  private let heads: [[Linear]]

  init(_ sizes: BehaviourSizes) {
    let scope = ParameterScope()
    let widths = [sizes.observationSize + sizes.actionSize, sizes.width, sizes.width, 1]
    heads = (1...2).map { head in
      zip(widths, widths.dropFirst()).enumerated().map { index, pair in
        Linear(scope.nested("q\(head)").nested(index), inputs: pair.0, outputs: pair.1)
      }
    }
    specs = scope.specs
  }

  /// Observations `[B, S]` and actions `[B, A]` -> the values of both critics, each `[B]`.
  func callAsFunction(_ observations: Tensor, _ actions: Tensor, _ p: Parameters) -> (Tensor, Tensor) {
    let input = Tensor.concatenated([observations, actions], axis: 1)
    func value(_ layers: [Linear]) -> Tensor {
      let h = layers.dropLast().reduce(input) { $1($0, p, activation: .relu) }
      return layers[layers.count - 1](h, p).reshaped(input.shape[0])
    }
    return (value(heads[0]), value(heads[1]))
  }
}
