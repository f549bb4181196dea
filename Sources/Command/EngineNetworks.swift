import OneStepNetworks
import OneStepTensors

extension EngineRow {
  /// Rows of whole networks.
  static var networks: [EngineRow] { [chain, unet, unetTraining] }

  /// The shape of Real-ESRGAN's "Compact" network: head 3 to 64, 32 convolutions 3x3 of 64 channels, a PReLU after each
  /// of these, tail to 48, pixel shuffle; 256x256.
  private static var chain: EngineRow {
    let side = 256.0, body = 32
    let products = 3 * 64 + Double(body) * 64 * 64 + 64 * 48
    return EngineRow(
      name: "chain", operations: 2 * side * side * 9 * products,
      implementation: BenchConvolution(64, 64, kernel: 3, side: 256).implementation
    ) { type in
      let x = Tensor.benchInput([1, 256, 256, 3], type)
      let head = Tensor.benchInput([3, 3, 3, 64], type), tail = Tensor.benchInput([3, 3, 64, 48], type)
      let filters = (0..<body).map { Tensor.benchInput([3, 3, 64, 64], type, seed: UInt64($0), scale: 0.06) }
      let bias = Tensor.zeros([64]), slope = Tensor.filled(0.2, [64])
      let tailBias = Tensor.zeros([48])
      return {
        var h = x.convolved(head, bias: bias).prelu(slope)
        for filter in filters { h = h.convolved(filter, bias: bias).prelu(slope) }
        _ = h.convolved(tail, bias: tailBias).pixelShuffled(4)
      }
    }
  }

  private static let wideConvolution = BenchConvolution(128, 128, kernel: 3, side: 64)

  /// GroupNorm and SiLU, channels 32, 64, 128; 256x256.
  private static var unet: EngineRow {
    EngineRow(
      name: "unet", operations: unetOperations(pixels: 256 * 256), implementation: wideConvolution.implementation
    ) { type in
      let (network, parameters) = makeUNet()
      let frozen = parameters.cast(to: type)
      let x = Tensor.benchInput([1, 256, 256, 3], type)
      return { _ = network(x, frozen) }
    }
  }

  /// A step of Adam on eight 64x64 images; "bf16" computes in bf16 with f32 master weights.
  private static var unetTraining: EngineRow {
    EngineRow(
      name: "unet-train", operations: 3 * unetOperations(pixels: 8 * 64 * 64),
      implementation: wideConvolution.implementation
    ) { type in
      var (network, parameters) = makeUNet()
      var optimizer = Optimizer(.adam(), for: parameters)
      let x = Tensor.benchInput([8, 64, 64, 3], type), target = Tensor.benchInput([8, 64, 64, 3], .f32, seed: 2)
      return {
        let tape = Tape()
        defer { tape.reset() }
        let leaves = parameters.watched(on: tape)
        let y = network(x, type == .f32 ? leaves : leaves.cast(to: type))
        let loss = (y.cast(to: .f32) - target).squared().mean()
        let gradients = tape.gradients(of: loss, for: leaves.tensors)
        _ = optimizer.update(&parameters, gradients: gradients, rate: 1e-4, clip: nil)
      }
    }
  }

  private static func makeUNet() -> (UNet, Parameters) {
    let scope = ParameterScope()
    let network = UNet(scope, UNet.Configuration())
    return (network, scope.makeParameters(seed: 1))
  }

  /// Multiplications and additions of the convolutions of that network.
  private static func unetOperations(pixels: Double) -> Double {
    let w = UNet.Configuration().widths.map(Double.init)
    var products = 9 * (3 * w[0] + w[0] * 3)  // per pixel of the level, 3x3 unless said
    var scale = 1.0
    for level in 0..<w.count - 1 {
      products += scale * 9 * 2 * w[level] * w[level]  // encoder
      products += scale * 9 * (w[level + 1] * w[level] + 2 * w[level] * w[level] + w[level] * w[level])  // up, decoder
      products += scale * 2 * w[level] * w[level]  // 1x1 shortcut
      scale /= 4
      products += scale * 9 * w[level] * w[level + 1]  // down
    }
    products += scale * 9 * 4 * w[w.count - 1] * w[w.count - 1]
    return 2 * pixels * products
  }
}
