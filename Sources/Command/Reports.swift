import Foundation
import OneStepMedia
import OneStepTensors

/// What every JSON reply carries.
struct RunFacts: Encodable {
  var seconds: Double
  var model: String
  var seed: UInt64
  var threads: Int
  /// Arithmetic that was used: "f32" or "bf16".
  var precision: String
  /// Evaluations of the network for one result.
  var networkCalls: Int
  /// Largest resident memory of the process so far.
  var peakBytes: Int

  init(seconds: Double, model: String, seed: UInt64, precision: String, networkCalls: Int = 1) {
    (self.model, self.seed, self.precision, self.networkCalls) = (model, seed, precision, networkCalls)
    self.seconds = (seconds * 1e4).rounded() / 1e4
    threads = Compute.threads
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    peakBytes = Int(usage.ru_maxrss) * 1024
  }
}

/// Two objects' fields in one.
struct Joined<A: Encodable, B: Encodable>: Encodable {
  let first: A, second: B
  init(_ first: A, _ second: B) { (self.first, self.second) = (first, second) }
  func encode(to encoder: any Encoder) throws {
    try first.encode(to: encoder)
    try second.encode(to: encoder)
  }
}

extension Console {
  /// One JSON object on a line of standard output. Keys are sorted; numbers that are not finite become strings.
  static func writeJSON(_ value: some Encodable) throws { try write(Array(jsonLine(value))) }

  /// The same, to be written elsewhere.
  static func jsonLine(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(value) + [UInt8(ascii: "\n")]
  }
}
