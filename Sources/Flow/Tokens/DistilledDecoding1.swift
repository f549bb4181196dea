import OneStepTensors

/// Distilled decoding (Liu et al. 2025, "Distilled decoding 1: one-step sampling of image auto-regressive models with flow
/// matching"): the student learns the teacher's map from the noise of a sequence to its tokens, as cross-entropy of its logits
/// plus a squared distance of its vectors.
public struct DistilledDecoding1: Sendable {
  /// What a student makes of `[N, L, d]`: logits `[N, L, K]` and vectors `[N, L, d]`.
  public typealias Student = (_ x: Tensor, _ known: Int) throws -> (logits: Tensor, vectors: Tensor)

  public let codebook: Codebook
  /// Weight of the distance of the vectors.
  public var featureWeight: Double

  public init(_ codebook: Codebook, featureWeight: Double = 0.5) {
    (self.codebook, self.featureWeight) = (codebook, featureWeight)
  }

  /// - Parameters:
  ///   - noise: `[N, L, d]`.
  ///   - sequences: where the teacher's map takes it.
  ///   - known: the first positions given as data; the loss is that of the others.
  public func losses(_ student: Student, noise: Tensor, sequences: [[Int]], known: Int = 0) throws -> Losses {
    let vectors = codebook.vectors(of: sequences), length = noise.shape[1]
    let output = try student(Self.mixed(vectors, noise, known), known)
    func open(_ x: Tensor) -> Tensor { x.sliced(axis: 1, known..<length) }
    let logs = open(output.logits).logSoftmax()
    let chosen = Tensor(
      sequences.flatMap { $0[known...].flatMap { token in (0..<codebook.count).map { $0 == token ? 1 : 0 } } },
      shape: logs.shape)
    var losses = Losses()
    losses.add("tokens", (logs * chosen).sum() * Float(-1 / Double(logs.shape[0] * logs.shape[1])))
    losses.add("vectors", weight: featureWeight, (open(output.vectors) - open(vectors)).squared().mean())
    return losses
  }

  /// Sequences from noise `[N, L, d]` in `1 + splits.count` calls. At each split the tokens before it are kept and fed
  /// back as data; the last call decides the rest by its logits.
  public func sequences(_ student: Student, from noise: Tensor, splits: [Int] = []) throws -> [[Int]] {
    try Compute.perform {
      let (n, length) = (noise.shape[0], noise.shape[1])
      var sequences: [[Int]] = []
      for known in [0] + splits {
        let x = known == 0 ? noise : Self.mixed(codebook.vectors(of: sequences), noise, known)
        let tokens = Codebook.largest(try student(x, known).logits.reshaped(n * length, codebook.count))
        sequences = (0..<n).map { row -> [Int] in
          let kept = known == 0 ? [] : Array(sequences[row][..<known])
          return kept + tokens[row * length + known..<(row + 1) * length]
        }
      }
      return sequences
    }
  }

  /// The first `known` positions of the data, then noise.
  private static func mixed(_ data: Tensor, _ noise: Tensor, _ known: Int) -> Tensor {
    guard known > 0 else { return noise }
    let length = noise.shape[1]
    return .concatenated([data.sliced(axis: 1, 0..<known), noise.sliced(axis: 1, known..<length)], axis: 1)
  }
}
