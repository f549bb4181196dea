import CDNN
import OneStepTensors

/// A square convolution to be timed: its sizes, its work, and the code that runs it.
struct BenchConvolution: Sendable {
  let inputs: Int, outputs: Int, kernel: Int, side: Int, stride: Int, groups: Int

  init(_ inputs: Int, _ outputs: Int, kernel: Int, side: Int, stride: Int = 1, groups: Int = 1) {
    (self.inputs, self.outputs, self.kernel) = (inputs, outputs, kernel)
    (self.side, self.stride, self.groups) = (side, stride, groups)
  }

  private var outputSide: Int { (side - 1) / stride + 1 }
  private var operations: Double {
    2 * Double(outputSide * outputSide * kernel * kernel) * Double(inputs / groups) * Double(outputs)
  }

  private func tensors(_ type: ElementType) -> (x: Tensor, filter: Tensor, bias: Tensor) {
    (
      .benchInput([1, side, side, inputs], type),
      .benchInput([kernel, kernel, inputs / groups, outputs], type, seed: 2), .zeros([outputs])
    )
  }

  func row(_ name: String, isRoofline: Bool = false) -> EngineRow {
    EngineRow(name: name, operations: operations, isRoofline: isRoofline, implementation: implementation) { type in
      let (x, filter, bias) = tensors(type)
      return { _ = x.convolved(filter, bias: bias, stride: (stride, stride), groups: groups) }
    }
  }

  /// Forward and both backward passes.
  func trainingRow(_ name: String) -> EngineRow {
    EngineRow(name: name, operations: 3 * operations, implementation: implementation) { type in
      let (x, filter, bias) = tensors(type)
      let seed = Tensor.ones([1, outputSide, outputSide, outputs]).cast(to: type)
      return {
        let tape = Tape()
        defer { tape.reset() }
        let (a, b) = (tape.watch(x), tape.watch(filter))
        let y = a.convolved(b, bias: bias, stride: (stride, stride), groups: groups)
        _ = tape.gradients(of: [(y, seed: seed)], for: [a, b])
      }
    }
  }

  /// oneDNN's name for the forward pass, or "direct": the kernel of this package for f32 without AVX-512.
  func implementation(_ type: ElementType) -> String {
    if type == .f32 && groups == 1 && os_dnn_has_avx512() == 0 { return "direct" }
    let reach = Int32(kernel / 2)
    var shape = OSConvolution(
      kind: Int32(OS_CONV_FORWARD), type: type.rawValue, weights_type: type.rawValue, n: 1, h: Int32(side),
      w: Int32(side), ic: Int32(inputs), oc: Int32(outputs), kh: Int32(kernel), kw: Int32(kernel),
      oh: Int32(outputSide), ow: Int32(outputSide), stride_h: Int32(stride), stride_w: Int32(stride), dilation_h: 1,
      dilation_w: 1, pad_top: reach, pad_left: reach, pad_bottom: reach, pad_right: reach, groups: Int32(groups),
      has_bias: 1, post: 0, accumulate: 0)
    var primitive: OpaquePointer?
    guard os_dnn_convolution(&shape, &primitive) == 0, let primitive else { return "none" }
    defer { os_dnn_destroy(primitive) }
    return String(cString: os_dnn_implementation(primitive))
  }
}

/// oneDNN's name for a product of `[m, k]` and `[k, n]`.
func productImplementation(_ m: Int, _ n: Int, _ k: Int, _ type: ElementType) -> String {
  var shape = OSMatmul(
    type: type.rawValue, batch: 1, m: Int32(m), n: Int32(n), k: Int32(k), transpose_a: 0, transpose_b: 0, has_bias: 0,
    post: 0, broadcast_a: 0, broadcast_b: 0)
  var primitive: OpaquePointer?
  guard os_dnn_matmul(&shape, &primitive) == 0, let primitive else { return "none" }
  defer { os_dnn_destroy(primitive) }
  return String(cString: os_dnn_implementation(primitive))
}
