import OneStepTensors

/// How far a prediction is from its target: a number a row, averaged over the other axes -> [N].
public enum Distance: Sendable, Equatable {
  /// Mean absolute difference.
  case l1
  /// Mean squared difference.
  case l2
  /// Mean of sqrt(d² + c²) - c over elements (Charbonnier).
  case pseudoHuber(c: Float)

  public func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    let d = a - b
    let axes = Array(1..<d.rank)
    switch self {
    case .l1: return d.absolute().mean(axes)
    case .l2: return d.squared().mean(axes)
    case .pseudoHuber(let c): return ((d.squared() + c * c).squareRoot() - c).mean(axes)
    }
  }
}

/// Named parts of a loss; their weighted sum is what is minimised.
public struct Losses {
  public private(set) var parts: [(name: String, weight: Double, value: Tensor)] = []

  public init() {}

  /// Adds a scalar term.
  public mutating func add(_ name: String, weight: Double = 1, _ value: Tensor) {
    precondition(value.count == 1, "loss \(name) of shape \(value.shape); reduce it to a scalar")
    parts.append((name, weight, value.reshaped([])))
  }

  public var total: Tensor {
    precondition(!parts.isEmpty, "a loss without terms")
    return parts.dropFirst().reduce(parts[0].value * Float(parts[0].weight)) { $0 + $1.value * Float($1.weight) }
  }
}
