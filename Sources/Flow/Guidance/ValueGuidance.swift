import Foundation
import OneStepTensors

/// How one of several candidates is chosen by their values.
public enum CandidateChoice: Sendable, Equatable {
  /// The best one.
  case best
  /// Candidate j with probability `exp(v_j / temperature) / Σ exp(v / temperature)`.
  case soft(temperature: Double)

  /// Row numbers of the chosen ones among `samples` groups of `candidates` neighbouring values.
  func rows(_ values: [Double], candidates: Int, _ random: inout RandomSource) throws(GuidanceError) -> [Int32] {
    var rows: [Int32] = []
    for start in stride(from: 0, to: values.count, by: candidates) {
      let group = values[start..<start + candidates]
      switch self {
      case .best:
        rows.append(Int32(group.indices.max { group[$0] < group[$1] }!))
      case .soft(let temperature):
        let weights = try ImportanceWeights(logarithms: group.map { $0 / temperature })
        rows.append(Int32(start + weights.draw(&random)))
      }
    }
    return rows
  }
}

/// Derivative-free guidance (Li et al. 2024, SVDD): at each reverse step, draw candidates from the model's own transition and
/// keep one by its value. With the soft value `v(x, sigma) = T log E[exp(r(x0) / T) | x]`, a soft choice and many candidates,
/// samples follow `p(x0) exp(r(x0) / T)`.
public struct ValueGuidance {
  /// Value of points `[N, ...]` at noise level sigma -> [N].
  public typealias Value = (_ x: Tensor, _ sigma: Double) throws -> Tensor

  public var transition: ReverseTransition
  public var value: Value
  /// M, candidates a step; the paper uses 10.
  public var candidates: Int
  public var choice: CandidateChoice

  public init(
    _ transition: ReverseTransition, candidates: Int = 10, choice: CandidateChoice = .best, value: @escaping Value
  ) {
    (self.transition, self.candidates, self.choice, self.value) = (transition, candidates, choice, value)
  }

  /// The usual stand-in for the soft value when only a reward of clean data is known: the reward of the denoised point.
  public static func denoisedValue<C>(
    _ denoiser: Denoiser<C>, _ condition: C, reward: @escaping (_ data: Tensor) throws -> Tensor
  ) -> Value {
    let denoiser = denoiser.on(.edm())
    return { x, sigma in
      guard sigma > 0 else { return try reward(x) }
      return try reward(try denoiser(x, at: [Double](repeating: sigma, count: x.shape[0]), condition))
    }
  }

  /// Samples of `shape`, `[N, ...]`, down `levels` (falling sigmas). The first point is chosen like all others, from
  /// candidates of N(0, sigma²). Each level costs N calls of the model and N M values, in one batch each.
  public func sample(_ shape: [Int], levels: [Double], _ random: inout RandomSource) throws -> Tensor {
    try GuidanceError.check(levels: levels)
    guard candidates > 0, let n = shape.first, n > 0 else {
      throw GuidanceError.counts(candidates: candidates, samples: shape.first ?? 0)
    }
    return try Compute.perform {
      let start = random.normal([n * candidates] + shape.dropFirst()) * Float(levels[0])
      var x = try chosen(start, at: levels[0], &random)
      for (sigma, next) in zip(levels, levels.dropFirst()) {
        x = try chosen(transition.candidates(candidates, after: x, from: sigma, to: next, &random), at: next, &random)
      }
      return x
    }
  }

  private func chosen(_ points: Tensor, at sigma: Double, _ random: inout RandomSource) throws -> Tensor {
    let values = try value(points, sigma)
    guard values.shape == [points.shape[0]] else {
      throw GuidanceError.valueShape(values.shape, rows: points.shape[0])
    }
    let rows = try choice.rows(values.floats.map(Double.init), candidates: candidates, &random)
    return points.gathered(rows: rows)
  }
}

/// What value guidance becomes for a one-step student: of `m` results for each sample, the one its value chooses.
///
/// - Parameters:
///   - generate: the student; one call makes one result for every sample, `[N, ...]`, from fresh noise.
///   - value: value of `[N, ...]` -> [N].
/// - Returns: `[N, ...]`.
public func bestOf(
  _ m: Int, choice: CandidateChoice = .best, value: (_ data: Tensor) throws -> Tensor, _ random: inout RandomSource,
  generate: (inout RandomSource) throws -> Tensor
) throws -> Tensor {
  guard m > 0 else { throw GuidanceError.counts(candidates: m, samples: 0) }
  return try Compute.perform {
    let results = try (0..<m).map { _ in try generate(&random) }
    let n = results[0].shape[0]
    let values = try results.map { result in
      let value = try value(result)
      guard value.shape == [n] else { throw GuidanceError.valueShape(value.shape, rows: n) }
      return value.floats
    }
    let grouped = (0..<n).flatMap { row in values.map { Double($0[row]) } }
    let rows = try choice.rows(grouped, candidates: m, &random)
    // Row i m + j of the groups is row j N + i of the results one after the other.
    return Tensor.concatenated(results, axis: 0).gathered(rows: rows.map { $0 % Int32(m) * Int32(n) + $0 / Int32(m) })
  }
}
