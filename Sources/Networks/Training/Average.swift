import Kernels
import OneStepTensors

/// An exponential moving average of parameters with the warm-up `min(decay, (1 + n) / (10 + n))`, which makes the same
/// decay usable for short runs.
public struct MovingAverage: Sendable {
  public let decay: Double
  /// Updates made so far.
  package(set) public var updates = 0
  package(set) public var parameters: Parameters

  public init(decay: Double, of parameters: Parameters) {
    (self.decay, self.parameters) = (decay, parameters)
  }

  public mutating func update(with current: Parameters) {
    updates += 1
    let keep = min(decay, (1 + Double(updates)) / (10 + Double(updates)))
    parameters.tensors = zip(parameters.tensors, current.tensors).map { old, new in
      old.withUnsafeFloats { a in
        new.withUnsafeFloats { b in
          Tensor(shape: old.shape) { out in
            os_lerp(a.baseAddress, b.baseAddress, Float(1 - keep), out.baseAddress, Int64(out.count))
          }
        }
      }
    }
  }
}
