import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// The tensors of a published vocoder under their names there. Weight normalisation (Salimans and Kingma 2016), stored as
/// a direction v and a length g, is folded into w = g v / |v|, with norms over all axes but the first.
struct PublishedTensors {
  private let checkpoint: Checkpoint
  private let prefix: String
  private let ignored: [String]

  /// - Parameters:
  ///   - prefix: what stands before every name, such as "generator.".
  ///   - ignored: beginnings of names that are no parameters.
  init(_ checkpoint: Checkpoint, prefix: String = "", ignoring ignored: [String] = []) {
    (self.checkpoint, self.prefix, self.ignored) = (checkpoint, prefix, ignored)
  }

  /// A tensor as it is stored.
  func plain(_ name: String) -> Tensor? { checkpoint.tensors[prefix + name]?.tensor() }

  /// A weight, folded where it is normalised.
  func weight(_ name: String) -> Tensor? {
    for (g, v) in Self.normalized(name) {
      if let g = plain(g), let v = plain(v), v.rank > 0, g.count == v.shape[0] {
        let rows = v.reshaped(v.shape[0], -1)
        let lengths = rows.squared().sum([1], keepingAxes: true).squareRoot()
        return (rows * (g.reshaped(-1, 1) / lengths)).reshaped(v.shape)
      }
    }
    return plain(name)
  }

  private static func normalized(_ name: String) -> [(g: String, v: String)] {
    guard name.hasSuffix(".weight") else { return [] }
    let stem = String(name.dropLast("weight".count))
    return [
      (name + "_g", name + "_v"),
      (stem + "parametrizations.weight.original0", stem + "parametrizations.weight.original1"),
    ]
  }

  /// Strict: every parameter there, none beside, all shapes right, all numbers finite.
  func parameters(_ specs: [ParameterSpec], _ tensor: (ParameterSpec) -> Tensor?) throws(ModelError) -> Parameters {
    let found = Compute.perform { specs.map(tensor) }
    let missing = zip(specs, found).filter { $1 == nil }.map { $0.0.name }
    let misshapen = zip(specs, found).compactMap { spec, tensor in
      tensor.flatMap { $0.shape == spec.shape ? nil : "\(spec.name): \($0.shape) for \(spec.shape)" }
    }
    let known = Set(
      specs.flatMap { spec in [spec.name] + Self.normalized(spec.name).flatMap { [$0.g, $0.v] } }.map { prefix + $0 })
    let unexpected = checkpoint.names.filter { name in
      name.hasPrefix(prefix) && !known.contains(name) && !ignored.contains { name.hasPrefix($0) }
    }
    guard missing.isEmpty && misshapen.isEmpty && unexpected.isEmpty else {
      throw .tensors(file: checkpoint.name, missing: missing, unexpected: unexpected, misshapen: misshapen)
    }
    let parameters = Parameters(specs: specs, tensors: found.map { $0! })
    if let bad = Compute.perform({ parameters.firstNonFinite() }) {
      throw .notFinite(file: checkpoint.name, tensor: bad)
    }
    return parameters
  }
}
