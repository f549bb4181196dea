import Foundation
import OneStepFlow
import OneStepTensors

/// Some transitions as tensors: what a method draws, and what its networks see of the world.
public struct TransitionBatch: Sendable {
  /// `[B, S]`.
  public var observations: Tensor
  /// `[B, A]`.
  public var actions: Tensor
  /// `[B]`.
  public var rewards: Tensor
  /// `[B, S]`.
  public var nextObservations: Tensor
  /// `[B, A]`: what data did next; where nothing followed, what they had done.
  public var nextActions: Tensor
  /// `[B]`: 0 where the episode ended with the step, else 1.
  public var continues: Tensor
  /// The only critic that is asked about these, where it is not all of them.
  var critic: Int?

  public init(
    observations: Tensor, actions: Tensor, rewards: Tensor, nextObservations: Tensor, nextActions: Tensor,
    continues: Tensor
  ) {
    (self.observations, self.actions, self.rewards) = (observations, actions, rewards)
    (self.nextObservations, self.nextActions, self.continues) = (nextObservations, nextActions, continues)
  }

  /// A situation without a history, for a policy that is to act: `[B, S]`.
  public init(observations: Tensor, actionSize: Int) {
    let n = observations.shape[0], none = Tensor.zeros([n, actionSize])
    self.init(
      observations: observations, actions: none, rewards: .zeros([n]), nextObservations: observations,
      nextActions: none, continues: .ones([n]))
  }

  /// Each row `count` times in a row.
  func repeated(_ count: Int) -> TransitionBatch {
    guard count > 1 else { return self }
    func each(_ x: Tensor) -> Tensor {
      let n = x.shape[0], rest = Array(x.shape.dropFirst())
      return x.reshaped([n, 1] + rest).broadcast(to: [n, count] + rest).reshaped([n * count] + rest)
    }
    return TransitionBatch(
      observations: each(observations), actions: each(actions), rewards: each(rewards),
      nextObservations: each(nextObservations), nextActions: each(nextActions), continues: each(continues))
  }

  /// The same as seen after the step.
  public var next: TransitionBatch {
    var batch = self
    batch.observations = nextObservations
    return batch
  }
}

extension Transitions {
  /// The steps in `rows`, each in 0..<count, in their order. Copies only those.
  public func batch(_ rows: [Int]) -> TransitionBatch {
    precondition(rows.allSatisfy { $0 >= 0 && $0 < count }, "a row outside of \(count) steps")
    return TransitionBatch(
      observations: Self.gather(observations, rows, [observationSize]),
      actions: Self.gather(actions, rows, [actionSize]), rewards: Self.gather(rewards, rows, []),
      nextObservations: Self.gather(nextObservations, rows, [observationSize]),
      nextActions: Self.gather(actions, rows.map { follows($0) ? $0 + 1 : $0 }, [actionSize]),
      continues: Tensor(rows.map { isTerminal[$0] ? 0 : 1 }, shape: [rows.count]))
  }

  /// Whether the next row begins where this one ends.
  private func follows(_ row: Int) -> Bool {
    let s = observationSize
    guard row + 1 < count, !isTerminal[row] else { return false }
    return nextObservations.withUnsafeBufferPointer { after in
      observations.withUnsafeBufferPointer { before in
        memcmp(after.baseAddress! + row * s, before.baseAddress! + (row + 1) * s, s * MemoryLayout<Float>.stride) == 0
      }
    }
  }

  private static func gather(_ column: TransitionColumn, _ rows: [Int], _ rowShape: [Int]) -> Tensor {
    let width = rowShape.reduce(1, *)
    return Tensor(shape: [rows.count] + rowShape) { result in
      column.withUnsafeBufferPointer { source in
        guard let target = result.baseAddress, let source = source.baseAddress else { return }
        for (place, row) in rows.enumerated() {
          (target + place * width).initialize(from: source + row * width, count: width)
        }
      }
    }
  }

  /// What a method draws from: rows with equal chance, and noise like their actions.
  public var material: Material<TransitionBatch> {
    func draw(_ rows: Int, _ random: inout RandomSource) -> Draw<TransitionBatch> {
      let batch = batch(random.integers(below: count, count: rows))
      return Draw(data: batch.actions, noise: random.normal(batch.actions.shape), condition: batch)
    }
    let nothing = Denoiser<TransitionBatch>(on: .linear) { x, _, _ in x }
    return Material(deviation: 1, teacher: nothing, draw: draw, pairs: draw)
  }
}
