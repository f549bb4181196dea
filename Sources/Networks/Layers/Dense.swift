import OneStepTensors

/// `x W + b` over the last axis; weight `[inputs, outputs]`.
public struct Linear: Sendable {
  public let weight: ParameterKey
  public let bias: ParameterKey?

  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, bias: Bool = true, initialization: Initialization? = nil
  ) {
    let start = initialization ?? .fanIn(inputs)
    weight = scope.declare("weight", [inputs, outputs], start)
    self.bias = bias ? scope.declare("bias", [outputs], start == .zeros ? .zeros : .fanIn(inputs)) : nil
  }

  public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
    x.linear(p[weight], bias: bias.map { p[$0] })
  }

  /// With a function after it, in fewer passes than one after the other.
  public func callAsFunction(_ x: Tensor, _ p: Parameters, activation: Activation) -> Tensor {
    guard let bias else { preconditionFailure("an activated layer needs a bias") }
    return x.linear(p[weight], bias: p[bias], activation: activation)
  }
}

/// Convolution of `[N, H, W, Cin]` with a filter `[K, K, Cin / groups, Cout]`.
public struct Convolution2D: Sendable {
  public let weight: ParameterKey
  public let bias: ParameterKey?
  let stride: Int, dilation: Int, groups: Int
  let padding: ConvolutionPadding?

  /// - Parameter padding: `nil` keeps the size at stride 1.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1,
    padding: ConvolutionPadding? = nil,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, initialization: Initialization? = nil
  ) {
    let fan = kernel * kernel * inputs / groups
    let start = initialization ?? .fanIn(fan)
    weight = scope.declare("weight", [kernel, kernel, inputs / groups, outputs], start)
    self.bias = bias ? scope.declare("bias", [outputs], start == .zeros ? .zeros : .fanIn(fan)) : nil
    (self.stride, self.dilation, self.groups, self.padding) = (stride, dilation, groups, padding)
  }

  public func callAsFunction(
    _ x: Tensor, _ p: Parameters, activation: FusedActivation = .none, adding residual: Tensor? = nil
  ) -> Tensor {
    x.convolved(
      p[weight], bias: bias.map { p[$0] }, stride: (stride, stride), padding: padding, dilation: (dilation, dilation),
      groups: groups, activation: activation, adding: residual)
  }
}

/// Convolution of `[N, T, Cin]` with a filter `[K, Cin / groups, Cout]`.
public struct Convolution1D: Sendable {
  public let weight: ParameterKey
  public let bias: ParameterKey?
  let stride: Int, dilation: Int, groups: Int
  let padding: (Int, Int)?

  /// - Parameter padding: samples before and after; `nil` keeps the length at stride 1.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: (Int, Int)? = nil,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, initialization: Initialization? = nil
  ) {
    let fan = kernel * inputs / groups
    let start = initialization ?? .fanIn(fan)
    weight = scope.declare("weight", [kernel, inputs / groups, outputs], start)
    self.bias = bias ? scope.declare("bias", [outputs], start == .zeros ? .zeros : .fanIn(fan)) : nil
    (self.stride, self.dilation, self.groups, self.padding) = (stride, dilation, groups, padding)
  }

  public func callAsFunction(
    _ x: Tensor, _ p: Parameters, activation: FusedActivation = .none, adding residual: Tensor? = nil
  ) -> Tensor {
    x.convolved1D(
      p[weight], bias: bias.map { p[$0] }, stride: stride, padding: padding, dilation: dilation, groups: groups,
      activation: activation, adding: residual)
  }
}
