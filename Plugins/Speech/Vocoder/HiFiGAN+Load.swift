import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepTensors

extension HiFiGAN: Architecture {
  public static let id = "hifi-gan"

  private static let stems = ["conv_pre.weight", "conv_pre.weight_v", "conv_pre.parametrizations.weight.original1"]
  private static let prefixes = ["", "generator."]

  /// What stands before every name, and how the first weight is called.
  private static func place(in checkpoint: Checkpoint) -> (prefix: String, stem: String)? {
    for prefix in prefixes where checkpoint.tensors[prefix + "conv_post.bias"] != nil {
      if let stem = stems.first(where: { checkpoint.tensors[prefix + $0] != nil }) { return (prefix, stem) }
    }
    return nil
  }

  public static func detects(_ checkpoint: Checkpoint) -> Bool {
    guard let place = place(in: checkpoint) else { return false }
    return checkpoint.tensors[place.prefix + "ups.0.bias"] != nil
  }

  /// Loads a file of this package, or a published generator with or without weight normalisation; its sizes are read off
  /// the shapes. Dilations, which no shape tells, are the paper's.
  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> Model {
    guard ModelCard.isPresent(in: checkpoint) else { return try loadPublished(checkpoint) }
    let card = try ModelCard(of: checkpoint)
    let configuration: Configuration = try card.decodedConfiguration(of: id, in: checkpoint, isSane: \.isSane)
    let network = HiFiGAN(configuration)
    return Model(network: network, parameters: try Parameters(network.specs, from: checkpoint), card: card)
  }

  private static func loadPublished(_ checkpoint: Checkpoint) throws(ModelError) -> Model {
    guard let place = place(in: checkpoint) else {
      throw .configuration(file: checkpoint.name, reason: "it holds no HiFi-GAN generator")
    }
    let published = PublishedTensors(checkpoint, prefix: place.prefix)
    guard let configuration = deducedConfiguration(checkpoint, place), configuration.isSane else {
      throw .configuration(file: checkpoint.name, reason: "its tensors are not shaped as HiFi-GAN's generator")
    }
    let network = HiFiGAN(configuration)
    let parameters = try published.parameters(network.specs) { spec in
      guard let tensor = published.weight(spec.name), spec.shape.count == 3, tensor.rank == 3 else {
        return published.plain(spec.name)
      }
      return spec.name.hasPrefix("ups.") ? twoTaps(tensor) : tensor.transposed(2, 1, 0)
    }
    let card = ModelCard(
      architecture: id, role: "vocoder", preset: "paper", configuration: encodedAsJSON(configuration),
      purpose: "sound at \(configuration.features.sampleRate) Hz from log-mel spectrograms; from \(checkpoint.name)",
      data: "not recorded in the file; weights of this form were published with HiFi-GAN (Kong et al. 2020)",
      steps: checkpoint.metadata["steps"].flatMap { Int($0) } ?? 0, seed: 0, figures: "")
    return Model(network: network, parameters: parameters, card: card)
  }

  /// A transposed filter `[I, O, 2 u]` as an ordinary one of two taps, `[2, I, u O]`: the first tap meets the frame before.
  private static func twoTaps(_ filter: Tensor) -> Tensor {
    let (inputs, outputs, u) = (filter.shape[0], filter.shape[1], filter.shape[2] / 2)
    let taps = filter.reshaped(inputs, outputs, 2, u).reversed(axis: 2)
    return taps.transposed(2, 0, 3, 1).reshaped(2, inputs, u * outputs)
  }

  private static func deducedConfiguration(_ checkpoint: Checkpoint, _ place: (prefix: String, stem: String))
    -> Configuration?
  {
    func shape(_ stem: String) -> [Int]? {
      let suffixes = ["weight", "weight_v", "parametrizations.weight.original1"]
      let found = suffixes.lazy.compactMap { checkpoint.tensors[place.prefix + stem + $0]?.shape }.first
      return found?.count == 3 ? found : nil
    }
    guard let first = shape("conv_pre."), first[2] == 7 else { return nil }
    var c = Configuration()
    (c.width, c.features.bands) = (first[0], first[1])
    c.strides = []
    while let up = shape("ups.\(c.strides.count).") {
      guard up[2] % 4 == 0, c.strides.count < 8 else { return nil }
      c.strides.append(up[2] / 2)
    }
    c.residual = shape("resblocks.0.convs.0.") == nil ? .double : .single
    let name = c.residual == .single ? "convs" : "convs1"
    let kernels = (0..<64).map { shape("resblocks.\($0).\(name).0.") }.prefix { $0 != nil }.map { $0![2] }
    guard !c.strides.isEmpty, !kernels.isEmpty, kernels.count % c.strides.count == 0 else { return nil }
    c.kernels = Array(kernels.prefix(kernels.count / c.strides.count))
    let single = [[1, 2], [2, 6], [3, 12]]
    guard c.kernels.count <= 3 else { return nil }
    c.dilations = c.kernels.indices.map { c.residual == .single ? single[$0] : [1, 3, 5] }
    return c
  }

  /// The network with its numbers.
  public struct Model: Vocoder {
    public let network: HiFiGAN
    public let parameters: Parameters
    public let card: ModelCard
    private let ready: Parameters

    /// - Parameter type: what to compute in.
    public init(network: HiFiGAN, parameters: Parameters, card: ModelCard, type: ElementType = .f32) {
      (self.network, self.parameters, self.card) = (network, parameters, card)
      ready = Compute.perform { parameters.cast(to: type) }
    }

    public var features: MelSpectrogram { network.configuration.features }
    public var reach: Int { network.reach }
    public func samples(frames: Int) -> Int { network.configuration.strides.reduce(frames, *) }
    public func waveform(_ mel: Tensor) -> Tensor {
      Compute.perform { network(mel.cast(to: ready[network.first.weight].elementType), ready).cast(to: .f32) }
    }
  }
}

extension HiFiGAN.Configuration {
  var isSane: Bool {
    features.isSane && (1...8).contains(strides.count) && strides.allSatisfy { (2...64).contains($0) && $0 % 2 == 0 }
      && strides.reduce(1, *) == features.spectrogram.hop && (1...8192).contains(width)
      && width % (1 << strides.count) == 0
      && !kernels.isEmpty && kernels.count == dilations.count
      && kernels.allSatisfy { (1...63).contains($0) && $0 % 2 == 1 }
      && dilations.allSatisfy { (1...8).contains($0.count) && $0.allSatisfy { (1...64).contains($0) } }
  }
}
