import OneStepTensors

/// What a network says about a noisy point; each can be turned into each other.
public enum Prediction: String, Sendable, CaseIterable {
  /// E[x0 | x_t].
  case data
  /// E[eps | x_t].
  case noise
  /// dx/dt of the probability-flow equation.
  case velocity
  /// ∇ log p(x_t).
  case score
  /// signal eps - noise x0: Salimans and Ho's v (2022), there of a path with signal² + noise² = 1.
  case angular

  /// Converts `value`, predicted at `x`, one time a row. On an anchored path give the anchor `y`; `x - anchor(t) y` is
  /// what the formulas act on. Ill-conditioned ends (division by 0 at t = 0 or where signal vanishes) are the caller's
  /// to avoid: stay inside `path.range`.
  public func convert(
    _ value: Tensor, to target: Prediction, x: Tensor, at times: [Double], path: Path, anchor: Tensor? = nil
  ) -> Tensor {
    guard self != target else { return value }
    let s = times.map(path.scales), d = times.map(path.derivatives)
    let w = times.map(path.wronskian)
    func row(_ f: (Int) -> Double) -> Tensor { perRow(times.indices.map(f), like: x) }
    let centred = anchor.map { x - $0 * row { s[$0].anchor } } ?? x
    // Every prediction is first brought to (data, noise), the pair whose combination is x itself.
    let data: Tensor
    let noise: Tensor
    switch self {
    case .data:
      data = value
      noise = (centred - data * row { s[$0].signal }) * row { 1 / s[$0].noise }
    case .noise:
      noise = value
      data = (centred - noise * row { s[$0].noise }) * row { 1 / s[$0].signal }
    case .score:
      noise = value * row { -s[$0].noise }
      data = (centred - noise * row { s[$0].noise }) * row { 1 / s[$0].signal }
    case .angular:
      func norm(_ i: Int) -> Double { s[i].signal * s[i].signal + s[i].noise * s[i].noise }
      data = centred * row { s[$0].signal / norm($0) } - value * row { s[$0].noise / norm($0) }
      noise = centred * row { s[$0].noise / norm($0) } + value * row { s[$0].signal / norm($0) }
    case .velocity:
      let pure = anchor.map { value - $0 * row { d[$0].anchor } } ?? value
      data = centred * row { d[$0].noise / w[$0] } - pure * row { s[$0].noise / w[$0] }
      noise = pure * row { s[$0].signal / w[$0] } - centred * row { d[$0].signal / w[$0] }
    }
    switch target {
    case .data: return data
    case .noise: return noise
    case .score: return noise * row { -1 / s[$0].noise }
    case .angular: return noise * row { s[$0].signal } - data * row { s[$0].noise }
    case .velocity:
      let pure = data * row { d[$0].signal } + noise * row { d[$0].noise }
      return anchor.map { pure + $0 * row { d[$0].anchor } } ?? pure
    }
  }
}
