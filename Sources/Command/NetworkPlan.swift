import ArgumentParser
import OneStepFlow
import OneStepSuperResolution

/// Which of OFTSR's networks a run trains.
enum Preset: String, Codable, CaseIterable, ExpressibleByArgument {
  /// Trains on two cores.
  case small
  /// The published size.
  case paper

  var recipe: OFTSR.Recipe { self == .small ? OFTSR.recipe : GuidedUNet.recipe }
}

/// The network of a run: the entries "preset" and "configuration" of training.json.
enum NetworkPlan: Codable {
  case small(OFTSR.Configuration)
  case paper(GuidedUNet.Configuration)

  /// - Parameters:
  ///   - width: channels of the small network's body, or of the U-Net's finest level.
  ///   - blocks: residual blocks in all, or of a level.
  init(_ preset: Preset, width: Int?, blocks: Int?) {
    switch preset {
    case .small:
      var c = OFTSR.Configuration.small
      if let width { c.width = width }
      if let blocks { c.blocks = blocks }
      self = .small(c)
    case .paper:
      let c = GuidedUNet.Configuration.paper
      self = .paper(.sixLevels(channels: width ?? c.channels, blocks: blocks ?? c.blocks, attention: c.attention))
    }
  }

  /// The network of a model; `nil` when it is none of these.
  init?(of model: any LoadedModel) {
    switch model {
    case let model as RestorationModel<OFTSR>: self = .small(model.network.configuration)
    case let model as RestorationModel<GuidedUNet>: self = .paper(model.network.configuration)
    default: return nil
    }
  }

  var preset: Preset {
    switch self {
    case .small: .small
    case .paper: .paper
    }
  }

  var configuration: any RestorationConfiguration {
    switch self {
    case .small(let c): c
    case .paper(let c): c
    }
  }

  var width: Int {
    switch self {
    case .small(let c): c.width
    case .paper(let c): c.channels
    }
  }

  var blocks: Int {
    switch self {
    case .small(let c): c.blocks
    case .paper(let c): c.blocks
    }
  }

  func makeNetwork() -> any RestorationNetwork {
    switch self {
    case .small(let c): OFTSR(c)
    case .paper(let c): GuidedUNet(c)
    }
  }

  // MARK: training.json

  private enum Key: String, CodingKey { case preset, configuration }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    // Runs that were started before there was a choice do not say.
    switch try container.decodeIfPresent(Preset.self, forKey: .preset) ?? .small {
    case .small: self = .small(try container.decode(OFTSR.Configuration.self, forKey: .configuration))
    case .paper: self = .paper(try container.decode(GuidedUNet.Configuration.self, forKey: .configuration))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(preset, forKey: .preset)
    try container.encode(configuration, forKey: .configuration)
  }
}
