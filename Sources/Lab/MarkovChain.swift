import Foundation
import OneStepFlow
import OneStepTensors

/// A Markov chain over 8 tokens in sequences of 4 with every probability known: a teacher whose students can be measured.
public struct MarkovChain: Sendable {
  public static let tokens = 8, length = 4
  public let first: [Double]
  /// transitions[a][b] = P(b after a).
  public let transitions: [[Double]]

  /// The next token lies near three places on around the circle; even tokens are twice as decided as odd ones.
  public init() {
    func law(_ centre: Int, _ sharpness: Double) -> [Double] {
      let raw = (0..<Self.tokens).map { exp(sharpness * cos(2 * .pi * Double($0 - centre) / Double(Self.tokens))) }
      return raw.map { $0 / raw.reduce(0, +) }
    }
    first = law(0, 0.7)
    transitions = (0..<Self.tokens).map { law($0 + 3, $0 % 2 == 0 ? 4 : 2) }
  }

  /// Log-probabilities after N prefixes of equal length, `[N, K]`.
  public func next(_ prefixes: [[Int]]) -> Tensor {
    let rows = prefixes.flatMap { $0.last.map { transitions[$0] } ?? first }
    return Tensor(rows.map { Float(log($0)) }, shape: [prefixes.count, Self.tokens])
  }

  /// The chain on a circle of vectors.
  public func teacher() throws -> TokenTeacher {
    TokenTeacher(try .circle(Self.tokens, radius: 1.5), length: Self.length, next: next)
  }

  /// P(token) of every position.
  public var marginals: [[Double]] {
    var result = [first]
    for _ in 1..<Self.length {
      let last = result[result.count - 1]
      result.append((0..<Self.tokens).map { b in (0..<Self.tokens).reduce(0) { $0 + last[$1] * transitions[$1][b] } })
    }
    return result
  }

  /// What a student that knows no dependence makes.
  public func independent(_ count: Int, _ random: inout RandomSource) throws(GuidanceError) -> [[Int]] {
    let laws = try marginals.map { marginal throws(GuidanceError) in
      try ImportanceWeights(logarithms: marginal.map { log($0) })
    }
    return (0..<count).map { _ in laws.map { $0.draw(&random) } }
  }

  /// Total variation distance between the pairs of neighbouring tokens in `sequences` and the chain's, the mean over
  /// positions. Sampling alone makes about sqrt(64 / (2 pi n)).
  public func pairDistance(_ sequences: [[Int]]) -> Double {
    let k = Self.tokens, before = marginals
    return (1..<Self.length).reduce(0.0) { sum, i in
      var counts = [Double](repeating: 0, count: k * k)
      for s in sequences { counts[s[i - 1] * k + s[i]] += 1 / Double(sequences.count) }
      let exact = (0..<k * k).map { before[i - 1][$0 / k] * transitions[$0 / k][$0 % k] }
      return sum + zip(counts, exact).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    } / Double(Self.length - 1)
  }

  /// The same between whole sequences, of which there are 4096.
  public func sequenceDistance(_ sequences: [[Int]]) -> Double {
    let k = Self.tokens
    let cells = (0..<Self.length).reduce(1) { n, _ in n * k }
    var counts = [Double](repeating: 0, count: cells)
    for s in sequences { counts[s.reduce(0) { $0 * k + $1 }] += 1 / Double(sequences.count) }
    return (0..<cells).reduce(0.0) { sum, cell in
      var (rest, digits) = (cell, [Int]())
      for _ in 0..<Self.length { (rest, digits) = (rest / k, [rest % k] + digits) }
      let exact = zip(digits, digits.dropFirst()).reduce(first[digits[0]]) { $0 * transitions[$1.0][$1.1] }
      return sum + abs(counts[cell] - exact) / 2
    }
  }
}
