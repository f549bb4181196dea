/// A shift and a scale for every number of an observation: `(x - mean) / deviation`.
public struct Standardization: Sendable, Codable, Equatable {
  /// `[S]`.
  public var mean: [Float]
  /// `[S]`, what is divided by; never 0.
  public var deviation: [Float]

  public init(mean: [Float], deviation: [Float]) {
    precondition(
      mean.count == deviation.count && deviation.allSatisfy { $0 > 0 },
      "a deviation above 0 is needed for each of \(mean.count) means")
    (self.mean, self.deviation) = (mean, deviation)
  }

  /// Leaves observations of `size` numbers as they are.
  public init(identity size: Int) {
    self.init(mean: Array(repeating: 0, count: size), deviation: Array(repeating: 1, count: size))
  }

  /// Mean and standard deviation of the observations, and `floor` added to the latter. O(N S).
  /// - Parameter floor: 1e-3 as in CORL (Tarasov et al. 2023): a number that never changes stays finite.
  public init(of transitions: Transitions, floor: Float = 1e-3) {
    let (mean, deviation) = ColumnStatistics.moments(transitions.observations, columns: transitions.observationSize)
    self.init(mean: mean.map(Float.init), deviation: deviation.map { Float($0) + floor })
  }

  /// Observations, `[S]` or `[N, S]` row-major, on the standard scale.
  public func callAsFunction(_ observations: some Collection<Float>) -> [Float] {
    let size = mean.count
    precondition(observations.count % size == 0, "\(observations.count) numbers are no observations of \(size)")
    var column = 0
    return observations.map { x in
      defer { column = column + 1 == size ? 0 : column + 1 }
      return (x - mean[column]) / deviation[column]
    }
  }

  private enum CodingKeys: CodingKey { case mean, deviation }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    mean = try values.decode([Float].self, forKey: .mean)
    deviation = try values.decode([Float].self, forKey: .deviation)
    guard mean.count == deviation.count, (mean + deviation).allSatisfy(\.isFinite), deviation.allSatisfy({ $0 > 0 })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .deviation, in: values, debugDescription: "a finite deviation above 0 is needed for each mean")
    }
  }
}

extension Transitions {
  /// The same steps with both observations on the standard scale. Copies them.
  public func standardized(by standardization: Standardization) -> Transitions {
    replacing(
      observations: TransitionColumn(standardization(observations)),
      nextObservations: TransitionColumn(standardization(nextObservations)))
  }
}

/// Figures of the columns of a row-major array.
enum ColumnStatistics {
  /// Mean and standard deviation (dividing by N) of each column's finite numbers.
  static func moments(_ values: some Collection<Float>, columns: Int) -> (mean: [Double], deviation: [Double]) {
    var mean = [Double](repeating: 0, count: columns), count = mean, square = mean
    forEach(values, columns) { column, x in
      mean[column] += x
      count[column] += 1
    }
    for column in 0..<columns { mean[column] /= max(count[column], 1) }
    forEach(values, columns) { column, x in square[column] += (x - mean[column]) * (x - mean[column]) }
    return (mean, zip(square, count).map { ($0 / max($1, 1)).squareRoot() })
  }

  private static func forEach(_ values: some Collection<Float>, _ columns: Int, _ body: (Int, Double) -> Void) {
    var column = 0
    for x in values {
      if x.isFinite { body(column, Double(x)) }
      column = column + 1 == columns ? 0 : column + 1
    }
  }
}
