import Kernels
import OneStepTensors

/// How an average of parameters follows them.
public struct Averaging: Sendable, Codable, Equatable {
  /// Share of the old average that an update keeps.
  public var decay: Double
  /// Whether the first updates keep less, `min(decay, (1 + n) / (10 + n))`, which makes the same decay usable for short runs.
  public var warmsUp: Bool
  /// Steps from one update to the next.
  public var every: Int
  /// Steps before the first update.
  public var after: Int

  public init(decay: Double, warmsUp: Bool = true, every: Int = 1, after: Int = 0) {
    (self.decay, self.warmsUp, self.every, self.after) = (decay, warmsUp, every, after)
  }
}

/// An exponential moving average of parameters: what is evaluated and shipped, or the slow copy that a learner aims at.
public struct MovingAverage: Sendable {
  public let averaging: Averaging
  /// Steps seen so far.
  package(set) public var updates = 0
  package(set) public var parameters: Parameters

  public init(_ averaging: Averaging, of parameters: Parameters) {
    (self.averaging, self.parameters) = (averaging, parameters)
  }

  public init(decay: Double, of parameters: Parameters) { self.init(Averaging(decay: decay), of: parameters) }

  public mutating func update(with current: Parameters) {
    updates += 1
    guard updates > averaging.after, updates % averaging.every == 0 else { return }
    let n = Double(updates), keep = averaging.warmsUp ? min(averaging.decay, (1 + n) / (10 + n)) : averaging.decay
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
