import OneStepTensors

/// The convolutions of torchvision's AlexNet and VGG16 under their names there, with numbers from the formula in
/// Tests/Parity/reference_lpips.py: the trained ones are too large to ship.
public enum RandomBackbone {
  public static let alexNet = tensors([
    (0, 3, 64, 11), (3, 64, 192, 5), (6, 192, 384, 3), (8, 384, 256, 3), (10, 256, 256, 3),
  ])

  public static let vgg16 = tensors([
    (0, 3, 64, 3), (2, 64, 64, 3), (5, 64, 128, 3), (7, 128, 128, 3), (10, 128, 256, 3), (12, 256, 256, 3),
    (14, 256, 256, 3), (17, 256, 512, 3), (19, 512, 512, 3), (21, 512, 512, 3), (24, 512, 512, 3), (26, 512, 512, 3),
    (28, 512, 512, 3),
  ])

  private static func tensors(
    _ layers: [(number: Int, inputs: Int, outputs: Int, kernel: Int)]
  ) -> [(name: String, tensor: Tensor)] {
    layers.enumerated().flatMap { index, layer in
      let (i, o, k) = (layer.inputs, layer.outputs, layer.kernel)
      let bound = Float((6 / Double(i * k * k)).squareRoot())  // keeps the variance through a ReLU
      return [
        ("features.\(layer.number).weight", uniform([o, i, k, k], stream: 2 * index, bound: bound)),
        ("features.\(layer.number).bias", uniform([o], stream: 2 * index + 1, bound: 0.1)),
      ]
    }
  }

  /// Multiples of 2⁻²³ in -1..<1, exact in Float, times `bound`: element i is SplitMix64's output at 2³² stream + i + 1.
  private static func uniform(_ shape: [Int], stream: Int, bound: Float) -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { i -> Float in
      var z = ((UInt64(stream) << 32) &+ UInt64(i) &+ 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return Float(Int(z >> 40) - (1 << 23)) * 0x1p-23 * bound
    }
    return Tensor(values, shape: shape)
  }
}
