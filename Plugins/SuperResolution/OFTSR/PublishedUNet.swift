import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Weights of the guided U-Net as PyTorch saved them: filters `[O, I, KH, KW]`, matrices `[O, I]`, and attention's as
/// `[O, I, 1]`.
///
/// The published files hold the moving averages as a list without names, in the order in which the network registered
/// its parameters; state dictionaries hold names too.
package struct PublishedUNet {
  /// In order of registration.
  private let tensors: [CheckpointTensor]
  /// `nil` where the file has none.
  private let names: [String]?
  private let file: String

  /// `nil` when the file's tensor names are those of something else.
  package init?(_ checkpoint: Checkpoint) {
    file = checkpoint.name
    // The averages come first: a training state holds the raw weights as well.
    for prefix in ["ema.shadow_params.", "shadow_params."] where checkpoint.tensors[prefix + "0"] != nil {
      let indices = checkpoint.names.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count)) }
      tensors = indices.sorted().compactMap { checkpoint.tensors["\(prefix)\($0)"] }
      names = nil
      return
    }
    for prefix in ["", "module.", "model.", "model.module.", "state_dict."] {
      guard ["time_embed.0.weight", "input_blocks.0.0.weight"].allSatisfy({ checkpoint.tensors[prefix + $0] != nil })
      else { continue }
      let sorted = checkpoint.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        .map { (name: $0, place: Self.place(of: $0)) }.sorted { $0.place.lexicographicallyPrecedes($1.place) }
      names = sorted.map(\.name)
      tensors = sorted.compactMap { checkpoint.tensors[prefix + $0.name] }
      return
    }
    return nil
  }

  /// Where a name stands in the order of registration, for lexicographic comparison.
  private static func place(of name: String) -> [Int] {
    let words = [
      "time_embed", "input_blocks", "middle_block", "output_blocks", "out", "in_layers", "emb_layers", "out_layers",
      "skip_connection", "norm", "qkv", "proj_out", "weight", "bias",
    ]
    return name.split(separator: ".").map { Int($0) ?? words.firstIndex(of: String($0)) ?? words.count }
  }

  // MARK: Numbers

  /// The network's parameters: every shape is compared, in order of registration, and the first that differs is named.
  package func parameters(of network: GuidedUNet) throws(ModelError) -> Parameters {
    let specs = network.specs
    if let names {
      let (missing, unexpected) = (specs.map(\.name).difference(names), names.difference(specs.map(\.name)))
      guard missing.isEmpty && unexpected.isEmpty else {
        throw .tensors(file: file, missing: missing, unexpected: unexpected, misshapen: [])
      }
    }
    for (index, (spec, tensor)) in zip(specs, tensors).enumerated() {
      let expected = Self.publishedShape(of: spec)
      guard tensor.shape == expected else {
        throw .misplaced(file: file, index: index, name: spec.name, expected: expected, found: tensor.shape)
      }
    }
    guard tensors.count == specs.count else {
      throw .tensorCount(file: file, expected: specs.count, found: tensors.count)
    }
    let parameters = Compute.perform {
      Parameters(specs: specs, tensors: zip(specs, tensors).map { Self.converted($1.tensor(), $0) })
    }
    try check(parameters)
    return parameters
  }

  /// What shapes cannot tell: tensors of equal shape that changed places. Scales of normalisations start at 1 and stay
  /// positive but for a few; shifts and biases have either sign.
  private func check(_ parameters: Parameters) throws(ModelError) {
    if let bad = Compute.perform({ parameters.firstNonFinite() }) { throw .notFinite(file: file, tensor: bad) }
    for (index, (spec, tensor)) in zip(parameters.specs, parameters.tensors).enumerated() {
      guard spec.initialization == .ones else { continue }
      let positive = tensor.floats.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
      if 3 * positive < 2 * tensor.count { throw .implausible(file: file, index: index, name: spec.name) }
    }
  }

  private static func isAttention(_ spec: ParameterSpec) -> Bool {
    spec.name.hasSuffix("qkv.weight") || spec.name.hasSuffix("proj_out.weight")
  }

  private static func publishedShape(of spec: ParameterSpec) -> [Int] {
    let s = spec.shape
    switch s.count {
    case 4: return [s[3], s[2], s[0], s[1]]
    case 2: return [s[1], s[0]] + (isAttention(spec) ? [1] : [])
    default: return s
    }
  }

  /// A tensor in PyTorch's layout in this package's.
  package static func converted(_ tensor: Tensor, _ spec: ParameterSpec) -> Tensor {
    switch spec.shape.count {
    case 4: tensor.transposed(2, 3, 1, 0)
    case 2: tensor.reshaped(spec.shape[1], spec.shape[0]).transposed(1, 0)
    default: tensor
    }
  }
}

// MARK: - Sizes

extension PublishedUNet {
  /// The sizes, worked out from shapes so that single tensors in a wrong place or of a wrong shape do not change them.
  ///
  /// Of all divisions into levels that the number of residual blocks allows, and of the published networks, the one
  /// whose shapes agree with the file's in most places.
  package var configuration: GuidedUNet.Configuration {
    let candidates = [.paper, .imageNet] + deduced
    let agreement = candidates.map { candidate in
      zip(GuidedUNet(candidate).specs, tensors).count { Self.publishedShape(of: $0) == $1.shape }
    }
    let best = agreement.indices.max { agreement[$0] < agreement[$1] } ?? 0
    return candidates[best]
  }

  private var deduced: [GuidedUNet.Configuration] {
    // After the two matrices of the time embedding every block has one, [2 outputs, 4 channels].
    var blocks: [[Int]] = [], attended: Set<Int> = []
    for shape in tensors.map(\.shape) {
      if shape.count == 2 { blocks.append(shape) }
      if shape.count == 3 && shape[0] == 3 * shape[1] { attended.insert(blocks.count - 3) }
    }
    blocks.removeFirst(min(2, blocks.count))
    guard let embedding = blocks.map({ $0[1] }).mostFrequent else { return [] }
    // levels (2 blocks + 3) in all: on the way down and up, between levels, and two in the middle.
    let divisors = (1...10).filter { blocks.count % $0 == 0 }
    return divisors.compactMap { levels in
      let perLevel = blocks.count / levels - 3
      guard perLevel >= 2, perLevel % 2 == 0 else { return nil }
      let places = Self.places(levels: levels, blocks: perLevel / 2)
      let candidate = GuidedUNet.Configuration(
        channels: embedding / 4,
        widths: (0..<levels).map { level in
          blocks.indices.filter { places[$0].level == level }.map { blocks[$0][0] / 2 }.mostFrequent ?? 0
        }, blocks: perLevel / 2,
        attention: (0..<levels).map { level in
          let own = blocks.indices.filter { places[$0].level == level && !places[$0].isBetween }
          return 2 * own.filter(attended.contains).count > own.count
        })
      return candidate.isSane ? candidate : nil
    }
  }

  /// Where a residual block stands.
  private struct Place {
    /// `nil` in the middle.
    var level: Int?
    /// Whether it leads to another level.
    var isBetween = false
  }

  /// The places of all residual blocks in order of registration.
  private static func places(levels: Int, blocks: Int) -> [Place] {
    var places: [Place] = []
    for level in 0..<levels {
      places += Array(repeating: Place(level: level), count: blocks)
      if level < levels - 1 { places.append(Place(level: level, isBetween: true)) }
    }
    places += [Place(), Place()]
    for level in (0..<levels).reversed() {
      places += Array(repeating: Place(level: level), count: blocks + 1)
      if level > 0 { places.append(Place(level: level, isBetween: true)) }
    }
    return places
  }
}

extension [Int] {
  fileprivate var mostFrequent: Int? {
    Dictionary(grouping: self) { $0 }.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.key
  }
}

extension [String] {
  /// The elements that `other` has not.
  fileprivate func difference(_ other: [String]) -> [String] {
    let set = Set(other)
    return filter { !set.contains($0) }
  }
}
