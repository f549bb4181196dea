import OneStepTensors

/// How a trained map makes samples from noise: one call, or a few that refine each other.
public enum Sampler: Sendable, Equatable {
  /// One jump from the source to data.
  case oneStep
  /// Jumps to data with fresh noise between (consistency models, Song et al. 2023, algorithm 1; DMD2's backward simulation):
  /// `times` fall, the first one is the source.
  case renoising(times: [Double])
  /// Deterministic jumps from time to time (flow maps, MeanFlow, CTM with gamma 0); `times` fall to the end.
  case jumps(times: [Double])
  /// CTM's gamma-sampling: a jump to `sqrt(1 - gamma²)` of the next noise level, the rest is fresh noise. On a path with
  /// signal 1.
  case gamma(Double, times: [Double])

  /// Network calls.
  public var calls: Int {
    switch self {
    case .oneStep: 1
    case .renoising(let times): times.count
    case .jumps(let times), .gamma(_, let times): times.count - 1
    }
  }

  /// - Parameters:
  ///   - noise: eps, `[N, ...]`.
  ///   - random: of what is added between calls.
  ///   - renew: draws that; `nil` is N(0, I). For sources with a mean, a mask or another temperature.
  public func callAsFunction<C>(
    _ map: FlowMap<C>, noise: Tensor, on path: Path, _ condition: C, _ random: inout RandomSource,
    renew: ((_ random: inout RandomSource) -> Tensor)? = nil
  ) throws -> Tensor {
    let n = noise.shape[0], end = path.range.lowerBound
    func row(_ t: Double) -> [Double] { [Double](repeating: t, count: n) }
    func fresh(_ x: Tensor) -> Tensor { renew?(&random) ?? random.normal(x.shape) }
    switch self {
    case .oneStep: return try map.generated(from: noise, on: path, condition)
    case .renoising(let times):
      var x = try map(noise * Float(path.scales(times[0]).noise), from: row(times[0]), to: row(end), condition)
      for t in times.dropFirst() {
        x = try map(path.point(x, noise: fresh(x), at: [t]), from: row(t), to: row(end), condition)
      }
      return x
    case .jumps(let times):
      var x = noise * Float(path.scales(times[0]).noise)
      for (t, s) in zip(times, times.dropFirst()) { x = try map(x, from: row(t), to: row(s), condition) }
      return x
    case .gamma(let gamma, let times):
      var x = noise * Float(path.scales(times[0]).noise)
      for (t, s) in zip(times, times.dropFirst()) {
        let keep = max(end, s * (1 - gamma * gamma).squareRoot())
        x = try map(x, from: row(t), to: row(keep), condition) + fresh(x) * Float(gamma * s)
      }
      return x
    }
  }
}
