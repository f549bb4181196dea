import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// Published weights of Grad-TTS or CoMoSpeech: sizes by the tensors' shapes, numbers in this package's layout.
///
/// Names are ours but for the decoder's prefix and the norms' `gamma` and `beta`; filters are `[out, in, ...]` there, and their
/// images have frequency before time.
struct PublishedSpeech {
  private let checkpoint: Checkpoint
  /// What the decoder's names begin with.
  private let prefix: String
  let encoder: TextEncoder.Configuration
  let unet: MelUNet.Configuration

  init(_ checkpoint: Checkpoint, decoder prefix: String) throws(ModelError) {
    (self.checkpoint, self.prefix) = (checkpoint, prefix)
    if checkpoint.tensors["spk_emb.weight"] != nil {
      throw .configuration(
        file: checkpoint.name, reason: "it speaks with several voices, which this network does not; use a model of one")
    }
    func shape(_ name: String, _ rank: Int) throws(ModelError) -> [Int] {
      guard let found = checkpoint.tensors[name], found.shape.count == rank, !found.shape.contains(0) else {
        throw .tensors(file: checkpoint.name, missing: [name], unexpected: [], misshapen: [])
      }
      return found.shape
    }
    func count(_ name: (Int) -> String) -> Int { (0..<100).prefix { checkpoint.tensors[name($0)] != nil }.count }
    var e = TextEncoder.Configuration.paper, u = MelUNet.Configuration.paper
    let table = try shape("encoder.emb.weight", 2), inner = try shape("encoder.encoder.ffn_layers.0.conv_1.weight", 3)
    let near = try shape("encoder.encoder.attn_layers.0.emb_rel_k", 3)
    (e.symbols, e.channels, e.inner, e.kernel) = (table[0], table[1], inner[0], inner[2])
    (e.heads, e.window) = (max(1, e.channels / near[2]), (near[1] - 1) / 2)
    e.layers = count { "encoder.encoder.attn_layers.\($0).emb_rel_k" }
    e.durationChannels = try shape("encoder.proj_w.conv_1.weight", 3)[0]
    e.mels = try shape("encoder.proj_m.weight", 3)[0]
    u.width = try shape(prefix + "mlp.0.weight", 2)[1]
    u.multipliers = []
    for level in 0..<count({ "\(prefix)downs.\($0).0.mlp.1.weight" }) {
      u.multipliers.append(try shape("\(prefix)downs.\(level).0.mlp.1.weight", 2)[0] / u.width)
    }
    (encoder, unet) = (e, u)
  }

  /// - Parameter copies: what names begin with that have no place in the network.
  func parameters(_ specs: [ParameterSpec], leavingOut copies: [String] = []) throws(ModelError) -> Parameters {
    var (missing, misshapen) = ([String](), [String]())
    var tensors: [Tensor] = [], known = Set<String>()
    for spec in specs {
      let name = published(spec.name), expected = publishedShape(spec)
      known.insert(name)
      guard let found = checkpoint.tensors[name] else {
        missing.append(name)
        continue
      }
      guard found.shape == expected else {
        misshapen.append("\(name): \(found.shape) for \(expected)")
        continue
      }
      tensors.append(Self.converted(found.tensor(), spec))
    }
    let unexpected = checkpoint.names.filter { name in
      !known.contains(name) && !copies.contains { name.hasPrefix($0) }
    }
    guard missing.isEmpty && misshapen.isEmpty && unexpected.isEmpty else {
      throw .tensors(file: checkpoint.name, missing: missing, unexpected: unexpected, misshapen: misshapen)
    }
    let parameters = Parameters(specs: specs, tensors: tensors)
    if let bad = parameters.firstNonFinite() { throw .notFinite(file: checkpoint.name, tensor: bad) }
    return parameters
  }

  private func published(_ name: String) -> String {
    let own = CoMoSpeech.decoderName + "."
    if name.hasPrefix(own) { return prefix + name.dropFirst(own.count) }
    guard name.contains("norm_") else { return name }
    return name.replacing(/\.weight$/, with: ".gamma").replacing(/\.bias$/, with: ".beta")
  }

  private func publishedShape(_ spec: ParameterSpec) -> [Int] {
    if spec.name.contains("emb_rel_") { return [1] + spec.shape }
    // The transposed filter is ours, [time, frequency, out, in], reversed as well.
    return Self.isTable(spec) ? spec.shape : Array(spec.shape.reversed())
  }

  private static func isTable(_ spec: ParameterSpec) -> Bool { spec.name.hasSuffix("emb.weight") }

  /// A published tensor in this package's layout.
  static func converted(_ tensor: Tensor, _ spec: ParameterSpec) -> Tensor {
    if spec.name.contains("emb_rel_") || isTable(spec) { return tensor.reshaped(spec.shape) }
    return spec.shape.count > 1 ? tensor.transposed(Array((0..<tensor.rank).reversed())) : tensor
  }
}
