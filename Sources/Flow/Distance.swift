import OneStepTensors

/// How far a prediction is from its target: a number a row -> [N].
public enum Distance: Sendable, Equatable {
  /// Mean absolute difference.
  case l1
  /// Mean squared difference.
  case l2
  /// `(sqrt(|d|² + c²) - c) / n` with the norm over all n elements of a row (Song and Dhariwal 2024 choose c = 0.00054 sqrt(n)).
  /// The same constant applied element by element would be another loss.
  case pseudoHuber(c: Float)
  /// `|d|² / SG[(|d|² + c)^power]` with the norm over a row (MeanFlow's adaptive weight, Geng et al. 2025; 0 is the squared
  /// norm). A sum over elements, not a mean.
  case adaptive(power: Float, c: Float)

  public func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    let d = a - b
    let axes = Array(1..<d.rank), n = Float(d.count / max(1, d.shape[0]))
    switch self {
    case .l1: return d.absolute().mean(axes)
    case .l2: return d.squared().mean(axes)
    case .pseudoHuber(let c): return ((d.squared().sum(axes) + c * c).squareRoot() - c) / n
    case .adaptive(let power, let c):
      let square = d.squared().sum(axes)
      return power == 0 ? square : square / .power(square.values + c, .filled(power, [1]))
    }
  }
}
