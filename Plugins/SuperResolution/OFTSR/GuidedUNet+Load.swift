import OneStepFlow
import OneStepNetworks
import OneStepTensors

extension GuidedUNet {
  public static let id = "oftsr-unet"

  /// The paper's training in smaller batches (32 there): a constant rate after the warm-up, times uniform.
  public static let recipe = OFTSR.Recipe(
    preset: "paper", rule: .adam(), rates: [.teacher: 1e-4, .student: 1e-5], shares: [.teacher: 1, .student: 0.2],
    warmUp: 500, shape: .constant, averageDecay: 0.9999, rows: 2, side: 64)

  public static func detects(_ checkpoint: Checkpoint) -> Bool { PublishedUNet(checkpoint) != nil }

  /// Loads a file of this package, or published weights: a list of tensors without names, or a state dictionary.
  public static func load(_ checkpoint: Checkpoint) throws(ModelError) -> RestorationModel<GuidedUNet> {
    guard !ModelCard.isPresent(in: checkpoint), let published = PublishedUNet(checkpoint) else {
      return try loadOwn(checkpoint)
    }
    let facts = PublishedName(checkpoint.name)
    var configuration = published.configuration
    (configuration.sigma, configuration.scale) = (facts.sigma, facts.scale)
    configuration.upsampling = facts.upsampling
    let network = GuidedUNet(configuration)
    let parameters = try published.parameters(of: network)
    let card = ModelCard(
      architecture: id, role: facts.role, preset: recipe.preset, configuration: configuration.json,
      purpose: "\(facts.scale)x enlargement of images made small by \(facts.shrinking); from \(checkpoint.name)",
      data: "not recorded in the file; weights of this form were published with OFTSR (Zhu et al., ICLR 2026)",
      steps: checkpoint.metadata["step"].flatMap { Int($0) } ?? 0, seed: 0, figures: "")
    return RestorationModel(network: network, parameters: parameters, card: card)
  }

  public func restoration(_ p: Parameters, realism: Double, type: ElementType) -> Restoration {
    let (ready, keep) = (p.cast(to: type), 1 - configuration.sigma * configuration.sigma)
    return { condition, noise in
      let x0 = condition.upsampled * Float(keep.squareRoot()) + noise() * Float(configuration.sigma)
      let u = velocity(x0, [1 - realism], condition, ready)
      return x0 - u * Float(1 - Self.firstTime)
    }
  }
}

extension GuidedUNet.Configuration: RestorationConfiguration {
  public var isSane: Bool {
    guard (2...4096).contains(channels), channels % 2 == 0, (1...10).contains(widths.count), (1...16).contains(blocks),
      attention.count == widths.count, groups > 0, headChannels > 0, (0..<1).contains(dropout),
      (1...8).contains(scale), sigma > 0, sigma <= 1
    else { return false }
    // The middle always attends.
    return widths.indices.allSatisfy { level in
      let width = widths[level], attends = attention[level] || level == widths.count - 1
      return (1...8192).contains(width) && width % groups == 0 && (!attends || width % headChannels == 0)
    }
  }
}

/// What the name of a published file says, such as "sr_bicubic-sf4-guided_unet-sigma0.1-...-distil-...-checkpoint_2.pth".
package struct PublishedName {
  /// sigma_p; 0.1, the paper's first choice, where the name does not say.
  package private(set) var sigma = 0.1
  package private(set) var role = "student"
  package private(set) var scale = 4
  /// The networks for noisy images were trained on 4x4 means, enlarged by repeating pixels.
  package private(set) var upsampling = GuidedUNet.Configuration.Upsampling.bicubic

  var shrinking: String { upsampling == .nearest ? "averaging, with some noise" : "bicubic" }

  package init(_ name: String) {
    let sigma = name.firstMatch(of: /-sigma([0-9]+(?:\.[0-9]+)?)/).flatMap { Double($0.1) }
    if let sigma, sigma > 0, sigma <= 1 { self.sigma = sigma }
    let scale = name.firstMatch(of: /-sf([1-8])-/).flatMap { Int($0.1) }
    if let scale { self.scale = scale }
    if name.contains("guided_unet") && !name.contains("distil") { role = "teacher" }
    if name.contains("sr_avp") { upsampling = .nearest }
  }
}
