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
    isDirect(type) ? "direct" : Primitive.convolution(describe(OS_CONV_FORWARD, type)).implementation
  }
}

extension Tensor {
  /// A copy in memory of its own.
  func duplicated() -> Tensor { copied(shape: shape, strides: rowMajorStrides(shape)) }
}
