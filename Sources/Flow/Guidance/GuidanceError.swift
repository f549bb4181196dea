/// What the inference-time methods refuse.
public enum GuidanceError: Error, Equatable, CustomStringConvertible {
  case noWeights
  /// A log-weight that is NaN or +infinity.
  case invalidWeight(index: Int)
  /// Every log-weight is -infinity.
  case vanishingWeights(count: Int)
  /// Noise levels that do not fall strictly, or fewer than two of them.
  case levels([Double])
  /// Exponents of a product of densities whose sum is not positive: no density remains at large noise.
  case improperProduct(sumOfExponents: Double)
  case counts(candidates: Int, samples: Int)
  /// A value or reward closure that did not answer with one number a row.
  case valueShape([Int], rows: Int)

  public var description: String {
    switch self {
    case .noWeights: "no weights to normalise; give at least one particle"
    case .invalidWeight(let index):
      "log-weight \(index) is not a number below infinity; the score or the reward has diverged"
    case .vanishingWeights(let count): "all \(count) weights are zero; the reward rules out every particle"
    case .levels(let levels):
      "noise levels \(levels) must be at least two numbers that fall strictly and end at 0 or above"
    case .improperProduct(let sum): "exponents sum to \(sum); a product of densities needs a positive sum"
    case .counts(let candidates, let samples): "\(candidates) candidates for \(samples) samples; both must be positive"
    case .valueShape(let shape, let rows): "a value of shape \(shape) for \(rows) rows; return one number a row"
    }
  }

  /// Checks that `levels` fall strictly from a positive number to one that is not negative.
  static func check(levels: [Double]) throws(GuidanceError) {
    guard levels.count >= 2, levels[levels.count - 1] >= 0, zip(levels, levels.dropFirst()).allSatisfy({ $0 > $1 })
    else {
      throw .levels(levels)
    }
  }
}
