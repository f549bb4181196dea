import OneStepTensors

/// One step of a model's stochastic reverse process on EDM's path: a Gaussian `p(x_to | x_from)` with the same deviation on
/// every axis. Levels are noise levels sigma, `x = x0 + sigma eps`.
public struct ReverseTransition {
  public typealias Law = (_ x: Tensor, _ from: Double, _ to: Double) throws -> (mean: Tensor, deviation: Double)
  /// Mean (like `x`, `[N, ...]`) and deviation of the step.
  public let law: Law

  public init(law: @escaping Law) { self.law = law }

  /// Ancestral sampling (Ho et al. 2020; stochastic DDIM with eta = 1): the step that is exact when the data are where the
  /// denoiser says, `N(D + (to / from)² (x - D), to² (from² - to²) / from²)`.
  public static func ancestral<C>(_ denoiser: Denoiser<C>, _ condition: C) -> ReverseTransition {
    let denoiser = denoiser.on(.edm())
    return ReverseTransition { x, from, to in
      let ratio = (to / from) * (to / from)
      let data = try denoiser(x, at: [Double](repeating: from, count: x.shape[0]), condition)
      return (data + (x - data) * Float(ratio), to * (1 - ratio).squareRoot())
    }
  }

  /// `count` independent next points for every row; candidate j of row i is row `i count + j` -> [N count, ...].
  /// The model is asked once a row.
  public func candidates(
    _ count: Int, after x: Tensor, from: Double, to: Double, _ random: inout RandomSource
  ) throws -> Tensor {
    let (mean, deviation) = try law(x, from, to)
    let rows = (0..<x.shape[0]).flatMap { [Int32](repeating: Int32($0), count: count) }
    let repeated = mean.gathered(rows: rows)
    return repeated + random.normal(repeated.shape) * Float(deviation)
  }
}
