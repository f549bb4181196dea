/// An activation computed inside a convolution, before its result is written.
public enum FusedActivation: Int32, Sendable {
  case none = 0  // OS_POST_NONE
  case relu = 1
  case silu = 2
}

/// Zeros around an image before a convolution: pixels (or samples) above, left, below and right.
public struct ConvolutionPadding: Sendable, Equatable {
  public var top: Int, left: Int, bottom: Int, right: Int

  public init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }
  public static let none = ConvolutionPadding(top: 0, left: 0, bottom: 0, right: 0)
  /// The same amount on every side.
  public static func all(_ n: Int) -> ConvolutionPadding {
    ConvolutionPadding(top: n, left: n, bottom: n, right: n)
  }
}

extension Tensor {
  /// Two-dimensional convolution (cross-correlation) of `[N, H, W, Cin]` with a filter `[KH, KW, Cin / groups, Cout]`.
  ///
  /// - Parameters:
  ///   - bias: `[Cout]`.
  ///   - padding: zeros around the image; `nil` keeps the size at stride 1 ("same", odd kernels).
  ///   - activation: applied to the result before `residual` is added.
  ///   - residual: a tensor of the result's shape that is added last.
  /// - Returns: `[N, OH, OW, Cout]`.
  public func convolved(
    _ filter: Tensor, bias: Tensor? = nil, stride: (Int, Int) = (1, 1), padding: ConvolutionPadding? = nil,
    dilation: (Int, Int) = (1, 1), groups: Int = 1, activation: FusedActivation = .none, adding residual: Tensor? = nil
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      input: shape, filter: filter.shape, stride: stride, padding: padding, dilation: dilation, groups: groups)
    let inputs = [self, filter] + (bias.map { [$0] } ?? []) + (residual.map { [$0] } ?? [])
    // The derivative of SiLU needs its input, which fusing would lose.
    if activation == .silu && Tensor.isDifferentiated(inputs) {
      let y = convolved(
        filter, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups
      ).silu()
      return residual.map { y + $0 } ?? y
    }
    let (x, w) = (values, filter.values)
    let type = elementType
    let y = geometry.forward(x, w, bias: bias?.values, post: activation, adding: residual?.values)
    // ReLU's derivative is read off its result, which the residual hides.
    let relu = activation == .relu && Tensor.isDifferentiated(inputs)
    let mask = relu ? Tensor.less(Tensor(0), residual.map { y - $0.values } ?? y) : nil
    let biasAt = bias == nil ? nil : 2
    let residualAt = residual == nil ? nil : inputs.count - 1
    return y.derived(from: inputs) { incoming, need in
      let g = mask.map { incoming * $0 } ?? incoming
      var result = [Tensor?](repeating: nil, count: need.count)
      if need[0] { result[0] = geometry.backwardData(g.cast(to: type), w) }
      if need[1] { result[1] = geometry.backwardWeights(x, g.cast(to: type)) }
      if let biasAt, need[biasAt] { result[biasAt] = g.reducedToChannels() }
      if let residualAt, need[residualAt] { result[residualAt] = incoming }
      return result
    } pushforward: { t in
      var moved: Tensor?
      func add(_ part: Tensor?) { if let part { moved = moved.map { $0 + part } ?? part } }
      add(t[0].map { geometry.forward($0.cast(to: type), w, bias: nil) })
      add(t[1].map { geometry.forward(x, $0, bias: nil) })
      if let biasAt { add(t[biasAt].map { $0.cast(to: type).broadcast(to: geometry.outputShape) }) }
      if let mask { moved = moved.map { $0 * mask } }
      if let residualAt { add(t[residualAt]) }
      return moved
    }
  }

  /// One-dimensional convolution of `[N, T, Cin]` with `[K, Cin / groups, Cout]`; padding is (before, after), `nil` keeps
  /// the length at stride 1.
  public func convolved1D(
    _ filter: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: (Int, Int)? = nil, dilation: Int = 1,
    groups: Int = 1, activation: FusedActivation = .none, adding residual: Tensor? = nil
  ) -> Tensor {
    let y = reshaped([shape[0], 1, shape[1], shape[2]]).convolved(
      filter.reshaped([1] + filter.shape), bias: bias, stride: (1, stride),
      padding: padding.map { ConvolutionPadding(top: 0, left: $0.0, bottom: 0, right: $0.1) }, dilation: (1, dilation),
      groups: groups, activation: activation,
      adding: residual.map { $0.reshaped([$0.shape[0], 1, $0.shape[1], $0.shape[2]]) })
    return y.reshaped([y.shape[0], y.shape[2], y.shape[3]])
  }

  /// Transposed convolution: the adjoint of ``convolved(_:bias:stride:padding:dilation:groups:activation:adding:)``.
  ///
  /// - Parameters:
  ///   - filter: `[KH, KW, Cout / groups, Cin]`, the layout of the convolution it is the adjoint of.
  ///   - padding: what that convolution would pad.
  ///   - outputPadding: rows and columns added below and to the right.
  /// - Returns: `[N, (H - 1) stride - top - bottom + dilation (KH - 1) + 1 + extra, ..., Cout]`.
  public func transposedConvolved(
    _ filter: Tensor, bias: Tensor? = nil, stride: (Int, Int) = (1, 1), padding: ConvolutionPadding = .none,
    outputPadding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1
  ) -> Tensor {
    precondition(rank == 4 && filter.rank == 4, "a transposed convolution of shapes \(shape) and \(filter.shape)")
    func length(_ n: Int, _ k: Int, _ s: Int, _ d: Int, _ p: Int, _ extra: Int) -> Int {
      (n - 1) * s - p + d * (k - 1) + 1 + extra
    }
    let size = (
      length(shape[1], filter.shape[0], stride.0, dilation.0, padding.top + padding.bottom, outputPadding.0),
      length(shape[2], filter.shape[1], stride.1, dilation.1, padding.left + padding.right, outputPadding.1)
    )
    var wide = padding
    wide.bottom -= outputPadding.0
    wide.right -= outputPadding.1
    let geometry = ConvolutionGeometry(
      input: [shape[0], size.0, size.1, filter.shape[2] * groups], filter: filter.shape, stride: stride, padding: wide,
      dilation: dilation, groups: groups)
    precondition(
      geometry.outputShape == shape, "input \(shape) does not fit a transposed filter \(filter.shape)")
    let (x, w) = (values, filter.values)
    let type = elementType
    let y = geometry.backwardData(x, w).derived(from: [self, filter]) { g, need in
      [
        need[0] ? geometry.forward(g.cast(to: type), w, bias: nil) : nil,
        need[1] ? geometry.backwardWeights(g.cast(to: type), x) : nil,
      ]
    } pushforward: { t in
      let parts = [
        t[0].map { geometry.backwardData($0.cast(to: type), w) }, t[1].map { geometry.backwardData(x, $0) },
      ].compactMap { $0 }
      return parts.dropFirst().reduce(parts[0], +)
    }
    return bias.map { y + $0.cast(to: type) } ?? y
  }

  /// Sum over every axis but the last, in f32.
  fileprivate func reducedToChannels() -> Tensor {
    values.cast(to: .f32).summed(to: [shape[rank - 1]])
  }
}

extension ConvolutionGeometry {
  /// Checks an ordinary convolution's shapes and works out its result.
  init(
    input: [Int], filter: [Int], stride: (Int, Int), padding: ConvolutionPadding?, dilation: (Int, Int), groups: Int
  ) {
    precondition(
      input.count == 4 && filter.count == 4,
      "a convolution takes [N, H, W, C] and [KH, KW, I, O], got \(input), \(filter)")
    precondition(
      filter[2] * groups == input[3] && filter[3] % groups == 0,
      "filter \(filter) with \(groups) groups does not fit \(input[3]) channels")
    let reach = (dilation.0 * (filter[0] - 1), dilation.1 * (filter[1] - 1))
    let pad =
      padding
      ?? ConvolutionPadding(
        top: reach.0 / 2, left: reach.1 / 2, bottom: reach.0 - reach.0 / 2, right: reach.1 - reach.1 / 2)
    let (h, w) = (input[1] + pad.top + pad.bottom - reach.0 - 1, input[2] + pad.left + pad.right - reach.1 - 1)
    precondition(h >= 0 && w >= 0, "a filter \(filter) does not fit an image \(input)")
    self.init(
      batch: input[0], height: input[1], width: input[2], inputs: input[3], outputHeight: h / stride.0 + 1,
      outputWidth: w / stride.1 + 1, outputs: filter[3], kernelHeight: filter[0], kernelWidth: filter[1],
      stride: stride, dilation: dilation, top: pad.top, left: pad.left, bottom: pad.bottom, right: pad.right,
      groups: groups)
  }
}
