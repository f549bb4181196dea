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
    Compute.convolutionImplementation(
      input: [1, side, side, inputs], filter: [kernel, kernel, inputs / groups, outputs], stride: stride,
      groups: groups, type)
  }
}
