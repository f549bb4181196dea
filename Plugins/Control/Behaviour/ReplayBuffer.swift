import OneStepTensors

/// The latest steps of an environment, from which a learner draws. When it is full, a step replaces the oldest.
public struct ReplayBuffer: Sendable {
  /// Some steps as tensors.
  public struct Batch: Sendable {
    /// `[B, S]` before the step.
    public var observations: Tensor
    /// `[B, A]`.
    public var actions: Tensor
    /// `[B]`.
    public var rewards: Tensor
    /// `[B, S]` after the step.
    public var nextObservations: Tensor
    /// `[B]`: 0 where the episode truly ended with the step, else 1.
    public var continues: Tensor
  }

  public let observationSize: Int
  public let actionSize: Int
  /// Largest number of steps.
  public let capacity: Int
  /// Steps in the buffer.
  public var count: Int { rows.count / width }
  /// Observation, action, reward, continues, next observation.
  private var rows: [Float] = []
  private let width: Int
  /// The place of the oldest step, which the next one takes once the buffer is full.
  private var oldest = 0

  /// - Parameter capacity: 1 or more.
  public init(observationSize: Int, actionSize: Int, capacity: Int) {
    precondition(capacity > 0, "a buffer of \(capacity) steps")
    (self.observationSize, self.actionSize, self.capacity) = (observationSize, actionSize, capacity)
    width = 2 * observationSize + actionSize + 2
  }

  public mutating func append(
    observation: some Collection<Float>, action: some Collection<Float>, reward: Float,
    next: some Collection<Float>, isTerminal: Bool
  ) {
    precondition(
      observation.count == observationSize && next.count == observationSize && action.count == actionSize,
      "a step of \(observation.count), \(action.count), \(next.count) numbers")
    let outcome = [reward, isTerminal ? 0 : 1]
    guard count == capacity else {
      rows.append(contentsOf: observation)
      rows.append(contentsOf: action)
      rows.append(contentsOf: outcome)
      rows.append(contentsOf: next)
      return
    }
    var place = oldest * width
    func put(_ values: some Collection<Float>) {
      for value in values {
        rows[place] = value
        place += 1
      }
    }
    put(observation)
    put(action)
    put(outcome)
    put(next)
    oldest = (oldest + 1) % capacity
  }

  /// `count` steps with equal chance, with replacement. The buffer must not be empty.
  public func draw(_ count: Int, _ random: inout RandomSource) -> Batch {
    batch(random.integers(below: self.count, count: count))
  }

  /// Steps by age, 0 the oldest, each below ``count``.
  package func batch(_ chosen: [Int]) -> Batch {
    precondition(chosen.allSatisfy { $0 >= 0 && $0 < count }, "an age beyond \(count) steps")
    func gather(_ offset: Int, _ shape: [Int]) -> Tensor {
      let size = shape.reduce(1, *)
      return Tensor(shape: [chosen.count] + shape) { target in
        rows.withUnsafeBufferPointer { source in
          guard let target = target.baseAddress, let source = source.baseAddress else { return }
          for (place, age) in chosen.enumerated() {
            let row = (oldest + age) % count
            (target + place * size).initialize(from: source + row * width + offset, count: size)
          }
        }
      }
    }
    let s = observationSize, a = actionSize
    return Batch(
      observations: gather(0, [s]), actions: gather(s, [a]), rewards: gather(s + a, []),
      nextObservations: gather(s + a + 2, [s]), continues: gather(s + a + 1, []))
  }
}
