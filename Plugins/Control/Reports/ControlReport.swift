import Foundation

/// What runs of offline learning came to: curves of the training, and episodes that were played after so many steps.
public struct ControlReport: Sendable, Codable, Equatable {
  /// A method on one task, with several seeds.
  public struct Run: Sendable, Codable, Equatable {
    /// Such as "ofql".
    public var method: String
    public var environment: String
    /// What returns count as 0 and as 100 points; nil where nobody has published any.
    public var reference: ReferenceReturns?
    /// Weight of the value; nil for methods that have none.
    public var eta: Double?
    public var preset: String
    /// Steps that were planned.
    public var steps: Int
    public var seeds: [Seed]

    public init(
      method: String, environment: String, reference: ReferenceReturns?, eta: Double?, preset: String, steps: Int,
      seeds: [Seed] = []
    ) {
      (self.method, self.environment, self.reference) = (method, environment, reference)
      (self.eta, self.preset, self.steps, self.seeds) = (eta, preset, steps, seeds)
    }
  }

  /// One training.
  public struct Seed: Sendable, Codable, Equatable {
    public var seed: UInt64
    /// By rising step.
    public var measurements: [Measurement]
    /// By rising step.
    public var evaluations: [Trial]

    public init(_ seed: UInt64, measurements: [Measurement] = [], evaluations: [Trial] = []) {
      (self.seed, self.measurements, self.evaluations) = (seed, measurements, evaluations)
    }
  }

  /// Numbers of the training by name, such as losses, norms of gradients, the mean of Q.
  public struct Measurement: Sendable, Codable, Equatable {
    public var step: Int
    public var values: [String: Double]

    public init(step: Int, values: [String: Double]) { (self.step, self.values) = (step, values) }
  }

  /// Episodes of the policy as it was after so many steps.
  public struct Trial: Sendable, Codable, Equatable {
    public var step: Int
    /// Actions of which the critics chose one.
    public var candidates: Int
    public var episodes: [EpisodeResult]
    /// Standard deviation of the critics' values among the candidates of a situation, its mean over situations; in units
    /// of return. Next to nothing: the policy makes one action, and choosing is of no use.
    public var valueSpread: Double?

    public init(step: Int, candidates: Int, episodes: [EpisodeResult], valueSpread: Double? = nil) {
      (self.step, self.candidates, self.episodes, self.valueSpread) = (step, candidates, episodes, valueSpread)
    }
  }

  public var title: String
  public var runs: [Run]

  public init(title: String, runs: [Run] = []) { (self.title, self.runs) = (title, runs) }

  // MARK: Files

  /// As JSON with sorted keys, numbers that are not finite as words.
  public func json() throws(ReportError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { return try encoder.encode(self) } catch { throw .damaged(reason: "it has no form in JSON") }
  }

  public init(json: Data) throws(ReportError) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { self = try decoder.decode(ControlReport.self, from: json) } catch {
      throw .damaged(reason: "it is no report, or another version's")
    }
  }
}
