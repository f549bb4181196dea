import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// The small network of the lab: three hidden layers over a point x, as `[x, sin kx, cos kx]` for k = 1, 2, 4, and its clocks,
/// each as `[t, sin πt, cos πt, sin 2πt, cos 2πt]`. Without the waves so small a network is too smooth to part the modes.
public struct PointNetwork: Sendable {
  private static let waves: [Float] = [1, 2, 4]
  public let specs: [ParameterSpec]
  private let layers: [Linear]

  /// - Parameters:
  ///   - dimension: coordinates of a point.
  ///   - clocks: times that it reads.
  ///   - outputs: numbers a point.
  ///   - extra: numbers of a condition, beside the point.
  public init(dimension: Int = 2, clocks: Int, outputs: Int = 2, extra: Int = 0, width: Int = 64) {
    let scope = ParameterScope(), inputs = dimension * (1 + 2 * Self.waves.count) + extra + 5 * clocks
    let widths = [inputs, width, width, width, outputs]
    layers = zip(widths, widths.dropFirst()).enumerated().map { index, pair in
      let last = index == 3, std = (1 / Float(pair.0)).squareRoot() * (last ? 0.1 : 1)
      return Linear(
        scope.nested("layers").nested(index), inputs: pair.0, outputs: pair.1, initialization: .normal(std: std))
    }
    specs = scope.specs
  }

  /// Points `[N, D]`, clocks `[N]` each, and further numbers `[N, E]` -> `[N, outputs]`.
  public func callAsFunction(_ x: Tensor, _ clocks: [Tensor], extra: Tensor? = nil, _ p: Parameters) -> Tensor {
    let n = x.shape[0]
    let d = x.shape[1], k = Self.waves.count
    let waves = (x.reshaped(n, d, 1) * Tensor(Self.waves, shape: [k])).reshaped(n, d * k)
    var parts = [x, waves.sin(), waves.cos()] + (extra.map { [$0] } ?? [])
    for clock in clocks { parts += Self.features(clock.reshaped(n, 1)) }
    var h = Tensor.concatenated(parts, axis: 1)
    for layer in layers.dropLast() { h = layer(h, p).silu() }
    return layers[layers.count - 1](h, p)
  }

  private static func features(_ t: Tensor) -> [Tensor] {
    let angle = t * Float.pi
    return [t, angle.sin(), angle.cos(), (angle * 2).sin(), (angle * 2).cos()]
  }

  /// The five features of times, `[N, 5]`.
  static func features(_ times: [Double]) -> Tensor {
    .concatenated(features(Tensor(times.map(Float.init), shape: [times.count, 1])), axis: 1)
  }

  /// What a method's group needs for points of the plane.
  public static func make(for group: Method<Void>.Group) -> FlowNetwork<Void> { make(for: group, width: 64) }

  /// The same with another width of the hidden layers.
  public static func make(for group: Method<Void>.Group, width: Int) -> FlowNetwork<Void> {
    switch group.output {
    case .points(let clocks):
      let network = PointNetwork(clocks: clocks, width: width)
      return FlowNetwork(network.specs) { x, clocks, _, p in network(x, clocks, p) }
    case .scores(let count):
      let network = PointNetwork(clocks: 0, outputs: count, width: width)
      return FlowNetwork(network.specs) { x, _, _, p in network(x, [], p) }
    case .logit:
      let network = PointNetwork(clocks: 1, outputs: 1, width: width)
      return FlowNetwork(network.specs) { x, clocks, _, p in network(x, clocks, p).reshaped(x.shape[0]) }
    }
  }
}
