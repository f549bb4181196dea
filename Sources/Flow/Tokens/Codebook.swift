import Foundation
import OneStepTensors

/// The vectors that tokens stand for, `[K, d]`, and the closed-form flow from noise to them.
///
/// A next-token distribution over the vectors is a mixture of points. On the linear path `x = (1 - t) c + t eps` its
/// denoiser and velocity need no network (Liu et al. 2025, "Distilled decoding 1"; t = 0 is data here):
///
///     w_k ∝ p_k exp(-|x - (1 - t) c_k|² / (2 t²)),   D = Σ w_k c_k,   dx/dt = (x - D) / t
public struct Codebook: Sendable {
  /// `[K, d]`.
  public let vectors: Tensor
  /// |c_k|², `[K]`.
  private let squares: Tensor

  public init(_ vectors: Tensor) throws(TokenError) {
    guard vectors.rank == 2, vectors.count > 0 else { throw .codebook(shape: vectors.shape) }
    self.vectors = vectors.values
    squares = vectors.values.squared().sum([1])
  }

  /// `count` points of equal distance on a circle in the plane.
  public static func circle(_ count: Int, radius: Double = 1) throws(TokenError) -> Codebook {
    let points = (0..<max(0, count)).flatMap { k -> [Float] in
      let angle = 2 * Double.pi * Double(k) / Double(count)
      return [Float(radius * cos(angle)), Float(radius * sin(angle))]
    }
    return try Codebook(Tensor(points, shape: [points.count / 2, 2]))
  }

  /// K.
  public var count: Int { vectors.shape[0] }
  /// d.
  public var width: Int { vectors.shape[1] }

  /// Vectors of tokens, sequence by sequence: N sequences of length L -> [N, L, d].
  public func vectors(of sequences: [[Int]]) -> Tensor {
    let rows = sequences.flatMap { $0.map(Int32.init) }
    return vectors.gathered(rows: rows).reshaped(sequences.count, -1, width)
  }

  /// Token of the nearest vector for each of `[..., d]`, row-major.
  public func nearest(_ x: Tensor) -> [Int] {
    let scores = x.values.reshaped(-1, width).matmul(vectors, transposeB: true) - squares * 0.5
    return Self.largest(scores)
  }

  /// w: which vector a noisy point comes from, `[N, d]` with one time a row and log p `[N, K]` -> [N, K].
  public func posterior(_ x: Tensor, at times: [Double], _ logProbabilities: Tensor) -> Tensor {
    let products = x.matmul(vectors, transposeB: true)
    let linear = perRow(times.map { (1 - $0) / ($0 * $0) }, like: products)
    let quadratic = perRow(times.map { 0.5 * (1 - $0) * (1 - $0) / ($0 * $0) }, like: products)
    return (logProbabilities + products * linear - squares * quadratic).softmax()
  }

  /// D = E[c | x], `[N, d]`.
  public func denoised(_ x: Tensor, at times: [Double], _ logProbabilities: Tensor) -> Tensor {
    posterior(x, at: times, logProbabilities).matmul(vectors)
  }

  /// dx/dt, `[N, d]`.
  public func velocity(_ x: Tensor, at times: [Double], _ logProbabilities: Tensor) -> Tensor {
    (x - denoised(x, at: times, logProbabilities)) * perRow(times.map { 1 / $0 }, like: x)
  }

  /// Index of the largest number of each row of `[N, K]`.
  static func largest(_ scores: Tensor) -> [Int] {
    let (values, k) = (scores.floats, scores.shape[1])
    return (0..<scores.shape[0]).map { row in
      (0..<k).max { values[row * k + $0] < values[row * k + $1] }!
    }
  }
}

/// What the token methods refuse.
public enum TokenError: Error, Equatable, CustomStringConvertible {
  case codebook(shape: [Int])
  case noise(shape: [Int], expected: [Int])
  /// A next-token model that did not answer with log-probabilities `[N, K]`.
  case logProbabilities(shape: [Int], expected: [Int])

  public var description: String {
    switch self {
    case .codebook(let shape): "a codebook has shape [K, d] with K and d above 0, not \(shape)"
    case .noise(let shape, let expected): "noise of shape \(shape); \(expected) is needed (0: any number)"
    case .logProbabilities(let shape, let expected):
      "next-token log-probabilities of shape \(shape), expected \(expected)"
    }
  }
}
