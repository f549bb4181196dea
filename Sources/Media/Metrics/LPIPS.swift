import OneStepNetworks
import OneStepTensors

/// Learned perceptual image patch similarity, version 0.1 (Zhang, Isola, Efros, Shechtman and Wang, "The Unreasonable
/// Effectiveness of Deep Features as a Perceptual Metric", 2018): 0 for equal images, larger for those that look less
/// alike. Figures of different backbones cannot be compared.
///
/// The features are those of a classifier that the user supplies; the weights of their channels come with this package.
///
/// ```swift
/// let metric = try LPIPS(backbone: Checkpoint(contentsOf: "alexnet.pth"))
/// let distance = try metric.distance(restored, original)
/// ```
public struct LPIPS: Sendable {
  /// The network that looks at the images.
  public let backbone: Backbone
  private let stages: [FeatureStage]

  /// Takes the convolutions of torchvision's AlexNet or VGG16; tensors named `classifier.` are left alone.
  ///
  /// Throws `unfitBackbone` when a tensor is missing, mis-shaped, not finite, or of another network.
  public init(backbone checkpoint: Checkpoint) throws(MediaError) {
    backbone = try Backbone(of: checkpoint)
    var stages: [FeatureStage] = []
    for (plan, weights) in zip(backbone.stages, backbone.channelWeights) {
      stages.append(try FeatureStage(plan, channelWeights: weights, from: checkpoint))
    }
    self.stages = stages
  }

  /// The distance between two whole images, which does not depend on their order. Grey counts as R = G = B; alpha is
  /// ignored.
  ///
  /// Memory, measured: about 1.3 kB a pixel with VGG16, 0.1 kB with AlexNet. Throws `sizesDiffer`, or `tooSmall` below
  /// ``Backbone/leastSide``.
  public func distance(_ a: Image, _ b: Image) throws(MediaError) -> Double {
    if a.size != b.size { throw .sizesDiffer(a.size, b.size) }
    let least = backbone.leastSide
    if min(a.width, a.height) < least {
      throw .tooSmall(a.size, minimum: least, purpose: "LPIPS with \(backbone.displayName)")
    }
    return Compute.perform {
      var (x, y) = (Self.input(a), Self.input(b))
      var sum = 0.0
      for stage in stages {
        x = stage(x)
        y = stage(y)
        sum += stage.distance(x, y)
      }
      return sum
    }
  }

  // The colours' mean and deviation in the training photographs, on the scale -1...1 (the authors' ScalingLayer).
  private static let shift = Tensor([-0.030, -0.088, -0.188], shape: [3])
  private static let scale = Tensor([0.458, 0.448, 0.450], shape: [3])

  /// What the network sees -> [1, H, W, 3]
  private static func input(_ image: Image) -> Tensor {
    let rgb = Tensor(image.rgbFloats(), shape: [1, image.height, image.width, 3])
    return (rgb.affine(2, -1) - shift) / scale
  }
}

/// A stretch of the backbone with its numbers, and what its channels count.
private struct FeatureStage: Sendable {
  private struct Filter: Sendable {
    let layer: LPIPS.Layer
    let weight: Tensor  // [K, K, inputs, outputs]
    let bias: Tensor  // [outputs]
  }

  private let pool: Int?
  private let filters: [Filter]
  private let channelWeights: Tensor  // [C]

  /// `checkpoint` has every tensor of the plan.
  init(_ plan: LPIPS.Stage, channelWeights: [Float], from checkpoint: Checkpoint) throws(MediaError) {
    func numbers(_ name: String) throws(MediaError) -> Tensor {
      let tensor = checkpoint.tensors[name]!.tensor()
      guard tensor.absolute().sum().item.isFinite else {
        throw .unfitBackbone(file: checkpoint.name, .notFinite(tensor: name))
      }
      return tensor
    }
    pool = plan.pool
    filters = try plan.layers.map { (layer) throws(MediaError) in
      Filter(
        layer: layer, weight: try numbers(layer.weightName).transposed(2, 3, 1, 0), bias: try numbers(layer.biasName))
    }
    self.channelWeights = Tensor(channelWeights, shape: [channelWeights.count])
  }

  /// [1, H, W, inputs] -> [1, H', W', C], after the last ReLU
  func callAsFunction(_ x: Tensor) -> Tensor {
    filters.reduce(pool.map { x.maxPooled(($0, $0), stride: (2, 2)) } ?? x) { x, filter in
      let layer = filter.layer
      return x.convolved(
        filter.weight, bias: filter.bias, stride: (layer.stride, layer.stride), padding: .all(layer.padding),
        activation: .relu)
    }
  }

  /// The mean over pixels of Σ w (x / |x| - y / |y|)² over channels, for two of this stage's results.
  func distance(_ x: Tensor, _ y: Tensor) -> Double {
    let (height, width) = (x.shape[1], x.shape[2])
    var sum = 0.0
    // In bands of rows, so that the intermediate tensors stay small beside the features.
    for top in stride(from: 0, to: height, by: 32) {
      let rows = top..<min(top + 32, height)
      let difference = Self.unit(x.sliced(axis: 1, rows)) - Self.unit(y.sliced(axis: 1, rows))
      sum += Double((difference.squared() * channelWeights).sum().item)
    }
    return sum / Double(height * width)
  }

  /// Every pixel's channels over their Euclidean norm; a pixel of zeros stays one.
  private static func unit(_ x: Tensor) -> Tensor {
    x / (x.squared().sum([3], keepingAxes: true).squareRoot() + 1e-10)
  }
}
