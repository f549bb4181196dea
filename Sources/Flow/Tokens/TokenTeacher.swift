import Foundation
import OneStepTensors

/// An autoregressive model over the tokens of a codebook, and the deterministic map from noise to its sequences.
///
/// Each next token is reached by integrating the codebook's flow from that position's noise, given the tokens before. The
/// noise of a sequence so decides the whole sequence, in the model's own distribution: what a one-call student can learn.
public struct TokenTeacher {
  /// Log-probabilities of what follows each of N prefixes of equal length -> [N, K].
  public typealias NextToken = (_ prefixes: [[Int]]) throws -> Tensor

  public let codebook: Codebook
  /// L, tokens a sequence.
  public let length: Int
  /// Steps of Heun's method for one token, two evaluations of the closed form each.
  public var steps: Int
  private let next: NextToken
  /// Below this time every posterior has decided: noise is far smaller than the distance between vectors.
  private let end = 0.03

  public init(_ codebook: Codebook, length: Int, steps: Int = 24, next: @escaping NextToken) {
    (self.codebook, self.length, self.steps, self.next) = (codebook, length, steps, next)
  }

  /// Log-probabilities after N prefixes of equal length, `[N, K]`.
  public func logProbabilities(after prefixes: [[Int]]) throws -> Tensor {
    let result = try next(prefixes)
    let expected = [prefixes.count, codebook.count]
    guard result.shape == expected else { throw TokenError.logProbabilities(shape: result.shape, expected: expected) }
    return result
  }

  /// Log-probabilities of every token of N whole sequences given those before it -> [N, L, K].
  public func logProbabilities(of sequences: [[Int]]) throws -> Tensor {
    let positions = try (0..<length).map { i in
      try logProbabilities(after: sequences.map { Array($0[..<i]) }).reshaped(sequences.count, 1, codebook.count)
    }
    return Tensor.concatenated(positions, axis: 1)
  }

  /// Sequences drawn token by token, as the model is used without distillation.
  public func sample(_ count: Int, _ random: inout RandomSource) throws -> [[Int]] {
    var sequences = [[Int]](repeating: [], count: count)
    for _ in 0..<length {
      let logs = try logProbabilities(after: sequences).floats.map(Double.init)
      for row in 0..<count {
        let own = logs[row * codebook.count..<(row + 1) * codebook.count]
        sequences[row].append(Self.draw(own, &random))
      }
    }
    return sequences
  }

  /// The map from noise `[N, L, d]` to N sequences.
  public func sequences(from noise: Tensor) throws -> [[Int]] {
    guard noise.rank == 3, noise.shape[1] == length, noise.shape[2] == codebook.width else {
      throw TokenError.noise(shape: noise.shape, expected: [0, length, codebook.width])
    }
    return try Compute.perform {
      let count = noise.shape[0]
      var sequences = [[Int]](repeating: [], count: count)
      for i in 0..<length {
        let logs = try logProbabilities(after: sequences)
        let start = noise.sliced(axis: 1, i..<i + 1).reshaped(count, codebook.width)
        let ones = [Double](repeating: 1, count: count), ends = [Double](repeating: end, count: count)
        let x = try Solver.heun.integrate(start, from: ones, to: ends, steps: steps) { x, t in
          codebook.velocity(x, at: t, logs)
        }
        for (row, token) in Codebook.largest(codebook.posterior(x, at: ends, logs)).enumerated() {
          sequences[row].append(token)
        }
      }
      return sequences
    }
  }

  /// One index with the given log-probabilities, by Gumbel's trick in Double: in f32 the largest Gumbel number is 16.6,
  /// which cuts off rare tokens as a lower temperature would.
  static func draw(_ logProbabilities: ArraySlice<Double>, _ random: inout RandomSource) -> Int {
    var (best, score) = (0, -Double.infinity)
    for (index, value) in logProbabilities.enumerated() {
      let own = value - log(-log(Double.random(in: 0..<1, using: &random)))
      if own > score { (best, score) = (index, own) }
    }
    return best
  }
}
