import Foundation

/// Paths of models trained on N discrete noise levels, made continuous: level n stands at t = (n + 1) / N, and the log
/// signal is linear between levels (DPM-Solver, Lu et al. 2022) and from t = 0, where it is 0.
extension Path {
  /// The path of `signal_n² = Π_{k <= n} (1 - beta_k)` on [1 / N, 1]. Its derivatives jump at the levels; there they are
  /// those of the interval below.
  public static func discrete(name: String, betas: [Double]) -> Path {
    precondition(
      !betas.isEmpty && betas.allSatisfy { $0 > 0 && $0 < 1 }, "the betas of \(name) are not all between 0 and 1")
    let knots = betas.reduce(into: [0.0]) { $0.append($0.last! + 0.5 * log1p(-$1)) }
    let count = Double(betas.count)
    return .spherical(name: name, range: 1 / count...1) { t in
      let i = min(betas.count, max(1, Int((t * count).rounded(.up))))
      let slope = knots[i] - knots[i - 1]
      return (knots[i - 1] + slope * (t * count - Double(i - 1)), slope * count)
    } time: { logSignal in
      let i = interval(of: logSignal, in: knots)
      return (Double(i - 1) + (logSignal - knots[i - 1]) / (knots[i] - knots[i - 1])) / count
    }
  }

  /// Stable Diffusion's and SDXL's 1000 levels: betas linear in their square roots from 0.00085 to 0.012.
  public static let stableDiffusion = Path.discrete(
    name: "stable-diffusion",
    betas: spaced(0.00085.squareRoot(), 0.012.squareRoot()).map { $0 * $0 })

  /// DDPM's 1000 levels (Ho et al. 2020), also PixArt's: betas linear from 1e-4 to 0.02.
  public static let ddpm = Path.discrete(name: "ddpm", betas: spaced(1e-4, 0.02))

  private static func spaced(_ first: Double, _ last: Double) -> [Double] {
    (0..<1000).map { first + Double($0) / 999 * (last - first) }
  }

  /// The i with knots[i - 1] >= value > knots[i] of a falling sequence, clamped to its ends.
  private static func interval(of value: Double, in knots: [Double]) -> Int {
    var (low, high) = (1, knots.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if knots[middle] < value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
