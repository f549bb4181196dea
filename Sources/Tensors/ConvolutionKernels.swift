import CDNN
import Kernels

/// Where a convolution reads: the shapes and steps that its three passes share.
///
/// The passes are adjoint to each other, so a transposed convolution is the backward-data pass of an ordinary one.
struct ConvolutionGeometry {
  var batch: Int
  var height: Int, width: Int, inputs: Int
  var outputHeight: Int, outputWidth: Int, outputs: Int
  var kernelHeight: Int, kernelWidth: Int
  var stride: (Int, Int), dilation: (Int, Int)
  var top: Int, left: Int, bottom: Int, right: Int
  var groups: Int

  var inputShape: [Int] { [batch, height, width, inputs] }
  var outputShape: [Int] { [batch, outputHeight, outputWidth, outputs] }
  var filterShape: [Int] { [kernelHeight, kernelWidth, inputs / groups, outputs] }

  /// Our direct kernel serves f32 on processors without AVX-512 (see convolve.h).
  private func isDirect(_ type: ElementType) -> Bool {
    type == .f32 && groups == 1 && !Self.hasAVX512 && dilation.0 * (kernelHeight - 1) >= top
      && dilation.1 * (kernelWidth - 1) >= left
  }
  private static let hasAVX512 = os_dnn_has_avx512() != 0

  /// Winograd's minimal filtering serves 3x3 convolutions in either type. Which kernel computes a convolution depends on
  /// its channels alone, so that a tile of an image gets the image's bits. Beyond 128 x 128 channels the transformed
  /// filters no longer stay in a cache.
  private var isWinograd: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride == (1, 1) && dilation == (1, 1) && groups == 1
      && inputs % OS_WINOGRAD_LANES == 0 && outputs % OS_WINOGRAD_LANES == 0 && inputs * outputs <= 128 * 128
      && (0...2).contains(top) && (0...2).contains(left)
  }

  private func winogradShape(_ type: ElementType, backward: Bool, post: FusedActivation = .none) -> OSWinograd {
    let (from, to) = backward ? (outputShape, inputShape) : (inputShape, outputShape)
    return OSWinograd(
      type: type.rawValue, n: Int64(batch), h: Int64(from[1]), w: Int64(from[2]), ic: Int64(from[3]), oc: Int64(to[3]),
      oh: Int64(to[1]), ow: Int64(to[2]), pt: Int64(backward ? 2 - top : top), pl: Int64(backward ? 2 - left : left),
      post: post.rawValue)
  }

  private func winogradWeights(_ x: Tensor, _ gradient: Tensor) -> Tensor {
    let out = Tensor(uninitialized: filterShape)
    let partial = Tensor(uninitialized: [OS_WINOGRAD_PARTS * OS_WINOGRAD_POINTS * inputs * outputs])
    var shape = winogradShape(x.elementType, backward: false)
    os_winograd_weights(&shape, x.pointer, gradient.pointer, partial.floatPointer, out.floatPointer)
    return out
  }

  private func winograd(
    _ x: Tensor, _ filter: Tensor, backward: Bool, bias: Tensor? = nil, post: FusedActivation = .none,
    adding residual: Tensor? = nil
  ) -> Tensor {
    let out = Tensor(uninitialized: backward ? inputShape : outputShape, x.elementType)
    guard out.count > 0 else { return out }
    let (i, o) = (Int64(inputs), Int64(outputs))
    var shape = winogradShape(x.elementType, backward: backward, post: post)
    let packed = filter.packed(key: backward ? 4 : 3, byteCount: OS_WINOGRAD_POINTS * inputs * outputs * 4) {
      os_winograd_pack(
        filter.cast(to: .f32).floatPointer, i, o, backward ? 1 : 0, $0.assumingMemoryBound(to: Float.self))
    }
    os_winograd(
      &shape, x.pointer, packed.assumingMemoryBound(to: Float.self), bias?.floatPointer,
      residual.map { UnsafeRawPointer($0.pointer) },
      out.pointer)
    return out
  }

  private func direct(backward: Bool) -> OSDirect {
    if backward {
      return OSDirect(
        n: Int64(batch), h: Int64(outputHeight), w: Int64(outputWidth), ic: Int64(outputs), oc: Int64(inputs),
        kh: Int64(kernelHeight), kw: Int64(kernelWidth), oh: Int64(height), ow: Int64(width), sh: 1, sw: 1,
        dh: Int64(dilation.0), dw: Int64(dilation.1), pt: Int64(dilation.0 * (kernelHeight - 1) - top),
        pl: Int64(dilation.1 * (kernelWidth - 1) - left), up_h: Int64(stride.0), up_w: Int64(stride.1))
    }
    return OSDirect(
      n: Int64(batch), h: Int64(height), w: Int64(width), ic: Int64(inputs), oc: Int64(outputs),
      kh: Int64(kernelHeight), kw: Int64(kernelWidth), oh: Int64(outputHeight), ow: Int64(outputWidth),
      sh: Int64(stride.0), sw: Int64(stride.1), dh: Int64(dilation.0), dw: Int64(dilation.1), pt: Int64(top),
      pl: Int64(left), up_h: 1, up_w: 1)
  }

  private func describe(
    _ kind: Int, _ type: ElementType, bias: Bool = false, post: FusedActivation = .none, accumulate: Bool = false
  ) -> OSConvolution {
    let weights: ElementType = kind == OS_CONV_BACKWARD_WEIGHTS ? .f32 : type
    return OSConvolution(
      kind: Int32(kind), type: type.rawValue, weights_type: weights.rawValue, n: Int32(batch), h: Int32(height),
      w: Int32(width), ic: Int32(inputs), oc: Int32(outputs), kh: Int32(kernelHeight), kw: Int32(kernelWidth),
      oh: Int32(outputHeight), ow: Int32(outputWidth), stride_h: Int32(stride.0), stride_w: Int32(stride.1),
      dilation_h: Int32(dilation.0), dilation_w: Int32(dilation.1), pad_top: Int32(top), pad_left: Int32(left),
      pad_bottom: Int32(bottom), pad_right: Int32(right), groups: Int32(groups), has_bias: bias ? 1 : 0,
      post: post.rawValue, accumulate: accumulate ? 1 : 0)
  }

  private func packed(_ filter: Tensor, adjoint: Bool) -> UnsafePointer<Float> {
    let (i, o) = (Int64(inputs), Int64(outputs))
    let (kh, kw) = (Int64(kernelHeight), Int64(kernelWidth))
    let count = os_direct_packed_count(adjoint ? o : i, adjoint ? i : o, kh, kw)
    return filter.packed(key: adjoint ? 2 : 1, byteCount: count * 4) {
      os_direct_pack(
        filter.floatPointer, i, o, kh, kw, adjoint ? 1 : 0, $0.assumingMemoryBound(to: Float.self))
    }.assumingMemoryBound(to: Float.self)
  }

  // MARK: The three passes, on plain values; primitives and packed filters belong to the compute thread

  /// post(conv(x, filter) + bias) [+ residual] -> [N, OH, OW, Cout]
  func forward(
    _ x: Tensor, _ filter: Tensor, bias: Tensor?, post: FusedActivation = .none, adding residual: Tensor? = nil
  ) -> Tensor {
    Compute.perform { computeForward(x, filter, bias, post, residual) }
  }

  /// Gradient of the output to the gradient of the input -> [N, H, W, Cin]
  func backwardData(_ gradient: Tensor, _ filter: Tensor) -> Tensor {
    Compute.perform { computeBackwardData(gradient, filter) }
  }

  /// Gradient of the output to the gradient of the filter, in f32 -> [KH, KW, Cin / groups, Cout]
  func backwardWeights(_ x: Tensor, _ gradient: Tensor) -> Tensor {
    Compute.perform { computeBackwardWeights(x, gradient) }
  }

  private func computeForward(
    _ x: Tensor, _ filter: Tensor, _ bias: Tensor?, _ post: FusedActivation, _ residual: Tensor?
  ) -> Tensor {
    let type = x.elementType
    if isWinograd {
      return winograd(
        x, filter, backward: false, bias: bias?.cast(to: .f32), post: post, adding: residual?.cast(to: type))
    }
    if type == .bf16 && !Compute.hasFastBF16 {
      return computeForward(x.cast(to: .f32), filter.cast(to: .f32), bias, post, residual?.cast(to: .f32))
        .cast(to: .bf16)
    }
    let w = filter.cast(to: type), b = bias?.cast(to: .f32), residual = residual?.cast(to: type)
    precondition(residual.map { $0.shape == outputShape } ?? true, "a residual of another shape than the result")
    if isDirect(type) {
      let out = Tensor(uninitialized: outputShape)
      var shape = direct(backward: false)
      os_direct_forward(
        &shape, x.floatPointer, packed(w, adjoint: false), b?.floatPointer, residual?.floatPointer, out.floatPointer,
        post.rawValue)
      return out
    }
    // oneDNN adds to what the target holds.
    let out = residual?.duplicated() ?? Tensor(uninitialized: outputShape, type)
    if out.count > 0 {
      let primitive = Primitive.convolution(
        describe(OS_CONV_FORWARD, type, bias: b != nil, post: post, accumulate: residual != nil))
      primitive.execute(x.pointer, primitive.packed(w), b.map { UnsafeRawPointer($0.pointer) }, out.pointer)
    }
    return out
  }

  private func computeBackwardData(_ gradient: Tensor, _ filter: Tensor) -> Tensor {
    let type = gradient.elementType
    if isWinograd { return winograd(gradient, filter, backward: true) }
    if type == .bf16 && !Compute.hasFastBF16 {
      return backwardData(gradient.cast(to: .f32), filter.cast(to: .f32)).cast(to: .bf16)
    }
    let out = Tensor(uninitialized: inputShape, type)
    guard out.count > 0 else { return out }
    let w = filter.cast(to: type)
    if isDirect(type) {
      var shape = direct(backward: true)
      os_direct_forward(
        &shape, gradient.floatPointer, packed(w, adjoint: true), nil, nil, out.floatPointer, 0)
    } else {
      let primitive = Primitive.convolution(describe(OS_CONV_BACKWARD_DATA, type))
      primitive.execute(out.pointer, primitive.packed(w), nil, gradient.pointer)
    }
    return out
  }

  private func computeBackwardWeights(_ x: Tensor, _ gradient: Tensor) -> Tensor {
    let type = gradient.elementType
    if isWinograd {
      guard x.count > 0 && gradient.count > 0 else { return Tensor.zeros(filterShape) }
      return winogradWeights(x.cast(to: type), gradient)
    }
    if type == .bf16 && !Compute.hasFastBF16 {
      return backwardWeights(x.cast(to: .f32), gradient.cast(to: .f32))
    }
    let out = Tensor(uninitialized: filterShape)
    guard x.count > 0 && gradient.count > 0 else { return Tensor.zeros(filterShape) }
    let source = x.cast(to: type)
    if isDirect(type) {
      var shape = direct(backward: false)
      os_direct_weights(&shape, source.floatPointer, gradient.floatPointer, out.floatPointer)
    } else {
      let primitive = Primitive.convolution(describe(OS_CONV_BACKWARD_WEIGHTS, type))
      primitive.execute(source.pointer, out.pointer, nil, gradient.pointer)
    }
    return out
  }

  /// The implementation's name for the forward pass, as `bench engine` reports it.
  func implementation(_ type: ElementType) -> String {
    if isWinograd { return "winograd" }
    return isDirect(type) ? "direct" : Primitive.convolution(describe(OS_CONV_FORWARD, type)).implementation
  }
}

extension Tensor {
  /// A copy in memory of its own.
  func duplicated() -> Tensor { copied(shape: shape, strides: rowMajorStrides(shape)) }
}
