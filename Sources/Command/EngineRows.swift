import OneStepTensors

extension EngineRow {
  static var all: [EngineRow] { networks + convolutions + products + passes }

  // MARK: Operators

  private static var convolutions: [EngineRow] {
    let conv3x3 = BenchConvolution(64, 64, kernel: 3, side: 256)
    return [
      conv3x3.row("conv3x3", isRoofline: true),
      BenchConvolution(256, 256, kernel: 1, side: 128).row("conv1x1"),
      BenchConvolution(128, 128, kernel: 3, side: 128, stride: 2).row("conv3x3-stride2"),
      BenchConvolution(64, 64, kernel: 3, side: 256, groups: 64).row("depthwise"),
      conv3x3.trainingRow("conv3x3-train"),
    ]
  }

  private static var products: [EngineRow] {
    func row(_ name: String, _ m: Int, _ n: Int, _ k: Int, isRoofline: Bool = false) -> EngineRow {
      EngineRow(
        name: name, operations: 2 * Double(m) * Double(n) * Double(k), isRoofline: isRoofline, isProduct: true,
        implementation: { Compute.productImplementation(m, n, k, $0) }
      ) { type in
        let a = Tensor.benchInput([m, k], type), b = Tensor.benchInput([k, n], type, seed: 2)
        return { _ = a.matmul(b) }
      }
    }
    return [row("matmul", 1024, 1024, 1024, isRoofline: true), row("matmul-tall", 16384, 256, 256)]
  }

  /// Passes over memory; an operation is one multiply or add, so that rates compare between runs only.
  private static var passes: [EngineRow] {
    let shape = [1, 256, 256, 64], count = 256.0 * 256 * 64
    func row(_ name: String, _ operations: Double, _ body: @escaping (Tensor) -> Tensor) -> EngineRow {
      EngineRow(name: name, operations: operations * count) { type in
        let x = Tensor.benchInput(shape, type, scale: 1)
        return { _ = body(x) }
      }
    }
    let scale = Tensor.ones([64]), shift = Tensor.zeros([64]), slope = Tensor.filled(0.2, [64])
    return [
      row("add", 1) { $0 + $0 },
      row("prelu", 2) { $0.prelu(slope) },
      row("silu", 4) { $0.silu() },
      row("groupnorm", 8) { $0.groupNormalized(groups: 8, scale: scale, shift: shift) },
      row("layernorm", 8) { $0.layerNormalized(scale: scale, shift: shift) },
      row("pixelshuffle", 1) { $0.pixelShuffled(4) },
    ]
  }
}
