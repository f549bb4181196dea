import Foundation
import OneStepTensors

/// A one-step student that looks at its input once (Li et al. 2025, "One-way ticket: time-independent unified encoder", TiUE):
/// the encoder runs once, the decoder answers for several times from the same features, and its predictions are folded
/// through as many deterministic DDIM updates.
///
/// The decoder never sees the points in between, so all its calls can run as one batch.
public struct SharedEncoderStudent<Features, C> {
  /// Features of points at the first time, whatever times follow.
  public typealias Encode = (_ x: Tensor, _ condition: C) throws -> Features
  /// One prediction for each of the times, each like the encoded point.
  public typealias Decode = (_ features: Features, _ times: [Double], _ condition: C) throws -> [Tensor]

  public let path: Path
  /// The falling times at which the decoder answers; the paper has 4. The last update goes to t = 0.
  public let times: [Double]
  public let kind: Prediction
  private let encode: Encode
  private let decode: Decode

  public init(
    on path: Path, times: [Double], predicting kind: Prediction = .noise, encode: @escaping Encode,
    decode: @escaping Decode
  ) {
    precondition(
      !times.isEmpty && times.allSatisfy { $0 > 0 } && zip(times, times.dropFirst()).allSatisfy { $0 > $1 },
      "times \(times) must fall and stay above 0, where the last update ends")
    (self.path, self.times, self.kind, self.encode, self.decode) = (path, times, kind, encode, decode)
  }

  /// The student's data and what its decoder said on the way, for ``momentDivergence(_:)``.
  public struct Output {
    /// x0, like the input.
    public let data: Tensor
    /// One for each time, as ``kind``.
    public let predictions: [Tensor]
  }

  /// Points `x` at the first time, `[N, ...]`, to data.
  public func callAsFunction(_ x: Tensor, _ condition: C) throws -> Output {
    let predictions = try decode(try encode(x, condition), times, condition)
    precondition(predictions.count == times.count, "\(predictions.count) predictions for \(times.count) times")
    var x = x
    for (i, prediction) in predictions.enumerated() {
      let now = [Double](repeating: times[i], count: x.shape[0])
      let data = kind.convert(prediction, to: .data, x: x, at: now, path: path)
      guard i + 1 < times.count else { return Output(data: data, predictions: predictions) }
      let (here, next) = (path.scales(times[i]), path.scales(times[i + 1]))
      let ratio = next.noise / here.noise
      x = x * Float(ratio) + data * Float(next.signal - here.signal * ratio)
    }
    return Output(data: x, predictions: predictions)
  }
}

/// How far the noise that a network predicts is from looking like noise: `KL(N(mean, variance) ‖ N(0, 1))` with the moments
/// of all elements of one sample, `(variance + mean² - 1 - ln variance) / 2`. `[N, ...]` -> [N]. TiUE adds it with weight 0.1.
public func momentDivergence(_ noise: Tensor) -> Tensor {
  let flat = noise.reshaped(noise.shape[0], -1)
  let variance = flat.variance([1])
  // A constant prediction has no variance; the floor makes it very bad instead of infinitely bad.
  return (variance + flat.mean([1]).squared() - (variance + 1e-12).log() - 1) * 0.5
}
