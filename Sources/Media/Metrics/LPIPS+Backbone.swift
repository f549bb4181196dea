import OneStepNetworks

extension LPIPS {
  /// A classifier whose features are compared, under the name it has in the authors' package.
  public enum Backbone: String, Sendable, CaseIterable {
    /// torchvision's AlexNet, the authors' default.
    case alex
    /// torchvision's VGG16 without batch normalisation.
    case vgg

    /// As people write it.
    public var displayName: String {
      switch self {
      case .alex: "AlexNet"
      case .vgg: "VGG16"
      }
    }

    /// Sides below this many pixels leave nothing to look at in the last stage.
    public var leastSide: Int {
      switch self {
      case .alex: 31
      case .vgg: 16
      }
    }
  }

  /// A convolution and the ReLU behind it.
  struct Layer: Sendable {
    /// Its place among the classifier's features, which names its tensors.
    let number: Int
    let inputs: Int, outputs: Int
    let kernel: Int, stride: Int, padding: Int

    init(_ number: Int, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, padding: Int? = nil) {
      (self.number, self.inputs, self.outputs) = (number, inputs, outputs)
      (self.kernel, self.stride, self.padding) = (kernel, stride, padding ?? kernel / 2)
    }

    var weightName: String { "features.\(number).weight" }
    var biasName: String { "features.\(number).bias" }
  }

  /// What lies between two places where features are compared.
  struct Stage: Sendable {
    /// Side of the windows of a max pooling of stride 2 that comes first.
    var pool: Int?
    var layers: [Layer]
  }
}

extension LPIPS.Backbone {
  typealias Stage = LPIPS.Stage
  typealias Layer = LPIPS.Layer

  /// The five stages; features are compared behind each.
  var stages: [Stage] {
    switch self {
    case .alex:
      [
        Stage(layers: [Layer(0, 3, 64, kernel: 11, stride: 4, padding: 2)]),
        Stage(pool: 3, layers: [Layer(3, 64, 192, kernel: 5)]),
        Stage(pool: 3, layers: [Layer(6, 192, 384)]),
        Stage(layers: [Layer(8, 384, 256)]),
        Stage(layers: [Layer(10, 256, 256)]),
      ]
    case .vgg:
      [
        Stage(layers: [Layer(0, 3, 64), Layer(2, 64, 64)]),
        Stage(pool: 2, layers: [Layer(5, 64, 128), Layer(7, 128, 128)]),
        Stage(pool: 2, layers: [Layer(10, 128, 256), Layer(12, 256, 256), Layer(14, 256, 256)]),
        Stage(pool: 2, layers: [Layer(17, 256, 512), Layer(19, 512, 512), Layer(21, 512, 512)]),
        Stage(pool: 2, layers: [Layer(24, 512, 512), Layer(26, 512, 512), Layer(28, 512, 512)]),
      ]
    }
  }

  /// How much each channel of each stage counts.
  var channelWeights: [[Float]] {
    switch self {
    case .alex: Self.alexNetWeights
    case .vgg: Self.vgg16Weights
    }
  }

  /// Names and shapes, in the order of the layers.
  private var tensors: [(name: String, shape: [Int])] {
    stages.flatMap(\.layers).flatMap { layer in
      [
        (layer.weightName, [layer.outputs, layer.inputs, layer.kernel, layer.kernel]),
        (layer.biasName, [layer.outputs]),
      ]
    }
  }

  /// The network whose features a checkpoint holds, told by names and shapes; reads no data.
  init(of checkpoint: Checkpoint) throws(MediaError) {
    let candidates = Self.allCases.map { network in
      let tensors = network.tensors
      let fitting = tensors.count { checkpoint.tensors[$0.name]?.shape == $0.shape }
      return (network: network, share: Double(fitting) / Double(tensors.count))
    }
    let closest = candidates.dropFirst().reduce(candidates[0]) { $1.share > $0.share ? $1 : $0 }.network
    if let fault = closest.fault(in: checkpoint) { throw .unfitBackbone(file: checkpoint.name, fault) }
    self = closest
  }

  private func fault(in checkpoint: Checkpoint) -> LPIPS.BackboneFault? {
    let missing = tensors.filter { checkpoint.tensors[$0.name] == nil }
    if let first = missing.first {
      return .missing(closest: self, tensor: first.name, count: missing.count, of: tensors.count)
    }
    for (name, shape) in tensors {
      if let found = checkpoint.tensors[name]?.shape, found != shape {
        return .misshapen(closest: self, tensor: name, shape: found, expected: shape)
      }
    }
    let known = Set(tensors.map(\.name))
    let unexpected = checkpoint.names.first { !known.contains($0) && !$0.hasPrefix("classifier.") }
    return unexpected.map { .unexpected(closest: self, tensor: $0) }
  }
}
