import Foundation
import OneStepTensors

/// A measurement of `bench engine`: work that is built once and then run over and over.
struct EngineRow {
  struct Result {
    var milliseconds: Double, gflops: Double
    var implementation: String
  }

  let name: String
  /// Floating-point operations of one run.
  let operations: Double
  /// Whether its rate counts as what the machine can do.
  var isRoofline = false
  var note: String?
  /// A product may be a GEMM by name; a convolution that is one unfolds its input.
  var isProduct = false
  /// Name of the implementation that runs.
  var implementation: (ElementType) -> String = { _ in "own" }
  /// Makes the inputs and returns the work. Called on the compute thread.
  let prepare: (ElementType) -> () -> Void

  func measure(_ type: ElementType) -> Result {
    let work = prepare(type)
    let seconds = medianSeconds(of: work)
    return Result(
      milliseconds: seconds * 1000, gflops: operations / seconds * 1e-9, implementation: implementation(type))
  }
}

/// Median of at least five runs and half a second, after two to warm up.
func medianSeconds(of work: () -> Void) -> Double {
  for _ in 0..<2 { work() }
  var times: [Double] = [], total = 0.0
  while times.count < 5 || (total < 0.5 && times.count < 1000) {
    let seconds = timed(work).seconds
    times.append(seconds)
    total += seconds
  }
  return times.sorted()[times.count / 2]
}

extension Tensor {
  /// Small random numbers in the precision to measure.
  static func benchInput(_ shape: [Int], _ type: ElementType, seed: UInt64 = 1, scale: Float = 0.1) -> Tensor {
    (Tensor.normal(shape, seed: seed) * scale).cast(to: type)
  }
}
