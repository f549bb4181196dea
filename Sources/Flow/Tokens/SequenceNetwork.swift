import OneStepNetworks
import OneStepTensors

/// A one-call student: all noise vectors of a sequence in, all tokens out. A perceptron with a logits and a continuous head.
///
/// Of its input `[N, L, d]` the first `known` positions may be data, the rest noise; a flag a position says which. So the
/// student can also go on from tokens it has made (two-step sampling of distilled decoding).
public struct SequenceNetwork: Sendable {
  public let length: Int, tokens: Int, width: Int
  private let input: Linear
  private let hidden: [Linear]
  private let logits: Linear, continuous: Linear

  /// - Parameters:
  ///   - length: L, positions.
  ///   - tokens: K.
  ///   - width: d of the codebook's vectors.
  public init(_ scope: ParameterScope, length: Int, tokens: Int, width: Int, channels: Int = 128, layers: Int = 3) {
    (self.length, self.tokens, self.width) = (length, tokens, width)
    input = Linear(scope.nested("input"), inputs: length * (width + 1), outputs: channels)
    hidden = (0..<layers).map { Linear(scope.nested("hidden").nested($0), inputs: channels, outputs: channels) }
    logits = Linear(scope.nested("logits"), inputs: channels, outputs: length * tokens)
    continuous = Linear(scope.nested("continuous"), inputs: channels, outputs: length * width, initialization: .zeros)
  }

  /// Logits `[N, L, K]` and vectors `[N, L, d]`, the latter as a correction of the input.
  public func callAsFunction(_ x: Tensor, known: Int = 0, _ p: Parameters) -> (logits: Tensor, vectors: Tensor) {
    let n = x.shape[0]
    let flags = Tensor((0..<length).map { $0 < known ? 1 : 0 }, shape: [1, length, 1]).broadcast(to: [n, length, 1])
    var h = input(Tensor.concatenated([x, flags], axis: 2).reshaped(n, -1), p).silu()
    for layer in hidden { h = h + layer(h, p).silu() }
    return (
      logits(h, p).reshaped(n, length, tokens), x + continuous(h, p).reshaped(n, length, width)
    )
  }
}

/// The learnt denoiser of distilled decoding 2: E[y_i | x_i, tokens before i] of the student's own sequences, for all
/// positions at once. A perceptron with the preconditioning of unit-variance data on the linear path.
public struct TokenScoreNetwork: Sendable {
  private let length: Int, width: Int
  private let layers: [Linear]
  private let output: Linear

  public init(_ scope: ParameterScope, length: Int, width: Int, channels: Int = 96, layers: Int = 3) {
    (self.length, self.width) = (length, width)
    let inputs = width + 2 + length + length * width
    self.layers = (0..<layers).map {
      Linear(scope.nested("hidden").nested($0), inputs: $0 == 0 ? inputs : channels, outputs: channels)
    }
    output = Linear(scope.nested("output"), inputs: channels, outputs: width)
  }

  /// - Parameters:
  ///   - x: noisy vectors, `[N, L, d]`.
  ///   - times: one for each of the N L positions, row-major.
  ///   - vectors: clean vectors of the whole sequences, `[N, L, d]`; position i sees those before i.
  /// - Returns: `[N, L, d]`.
  public func callAsFunction(_ x: Tensor, at times: [Double], given vectors: Tensor, _ p: Parameters) -> Tensor {
    let n = x.shape[0], rows = n * length
    let flat = x.reshaped(rows, width)
    let norms = times.map { ((1 - $0) * (1 - $0) + $0 * $0).squareRoot() }
    let before = Tensor(
      (0..<length).flatMap { i in (0..<length).map { $0 < i ? 1 : 0 } }, shape: [1, length, length, 1])
    let prefix = vectors.reshaped(n, 1, length, width) * before
    let position = Tensor(
      (0..<length).flatMap { i in (0..<length).map { $0 == i ? 1 : 0 } }, shape: [1, length, length]
    ).broadcast(to: [n, length, length])
    var h = Tensor.concatenated(
      [
        flat * perRow(norms.map { 1 / $0 }, like: flat), perRow(times, like: flat),
        perRow(times.map { $0 * $0 }, like: flat),
        position.reshaped(rows, length), prefix.reshaped(rows, length * width),
      ], axis: 1)
    for layer in layers { h = layer(h, p).silu() }
    let skip = perRow(zip(times, norms).map { (1 - $0) / ($1 * $1) }, like: flat)
    let gain = perRow(zip(times, norms).map { $0 / $1 }, like: flat)
    return (flat * skip + output(h, p) * gain).reshaped(x.shape)
  }
}
