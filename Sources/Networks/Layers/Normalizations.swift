import OneStepTensors

/// LayerNorm over channels, with scale and shift `[C]`.
public struct LayerNorm: Sendable {
  public let scale: ParameterKey, shift: ParameterKey
  let epsilon: Float

  public init(_ scope: ParameterScope, channels: Int, epsilon: Float = 1e-5) {
    scale = scope.declare("weight", [channels], .ones)
    shift = scope.declare("bias", [channels], .zeros)
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
    x.layerNormalized(scale: p[scale], shift: p[shift], epsilon: epsilon)
  }
}

/// RMSNorm over channels, with a scale `[C]`.
public struct RMSNorm: Sendable {
  public let scale: ParameterKey
  let epsilon: Float

  public init(_ scope: ParameterScope, channels: Int, epsilon: Float = 1e-6) {
    scale = scope.declare("weight", [channels], .ones)
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
    x.rmsNormalized(scale: p[scale], epsilon: epsilon)
  }
}

/// GroupNorm over space and a group's channels, with scale and shift `[C]`, followed by an activation in the same pass.
public struct GroupNorm: Sendable {
  public let scale: ParameterKey, shift: ParameterKey
  let groups: Int
  let epsilon: Float

  public init(_ scope: ParameterScope, channels: Int, groups: Int, epsilon: Float = 1e-5) {
    precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
    scale = scope.declare("weight", [channels], .ones)
    shift = scope.declare("bias", [channels], .zeros)
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  public func callAsFunction(_ x: Tensor, _ p: Parameters, activation: FusedActivation = .none) -> Tensor {
    x.groupNormalized(groups: groups, scale: p[scale], shift: p[shift], epsilon: epsilon, activation: activation)
  }
}

/// PReLU with a slope a channel.
public struct PReLU: Sendable {
  public let slope: ParameterKey

  public init(_ scope: ParameterScope, channels: Int, start: Float = 0.25) {
    slope = scope.declare("weight", [channels], .constant(start))
  }

  public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor { x.prelu(p[slope]) }
}

/// A condition `[N, D]` turned into a scale and a shift a channel, `x (1 + scale) + shift` (FiLM; adaLN when `x` was
/// normalised). Starts as the identity where nothing else is asked for.
public struct Modulation: Sendable {
  let linear: Linear
  let channels: Int

  public init(
    _ scope: ParameterScope, condition: Int, channels: Int, initialization: Initialization = .zeros
  ) {
    linear = Linear(scope, inputs: condition, outputs: 2 * channels, initialization: initialization)
    self.channels = channels
  }

  public func callAsFunction(_ x: Tensor, _ condition: Tensor, _ p: Parameters) -> Tensor {
    let both = linear(condition, p)
    return x.modulated(
      scale: both.sliced(axis: 1, 0..<channels), shift: both.sliced(axis: 1, channels..<2 * channels))
  }
}
