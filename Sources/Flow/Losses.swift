import OneStepTensors

/// Named parts of a loss; their weighted sum is what is minimised.
public struct Losses {
  public private(set) var parts: [(name: String, weight: Double, value: Tensor)] = []

  public init() {}

  /// Adds a scalar term.
  public mutating func add(_ name: String, weight: Double = 1, _ value: Tensor) {
    precondition(value.count == 1, "loss \(name) of shape \(value.shape); reduce it to a scalar")
    parts.append((name, weight, value.reshaped([])))
  }

  /// Adds another objective's terms, each times `weight`.
  public mutating func add(_ other: Losses, weight: Double = 1) {
    parts += other.parts.map { ($0.name, $0.weight * weight, $0.value) }
  }

  public var total: Tensor {
    precondition(!parts.isEmpty, "a loss without terms")
    return parts.dropFirst().reduce(parts[0].value * Float(parts[0].weight)) { $0 + $1.value * Float($1.weight) }
  }
}
