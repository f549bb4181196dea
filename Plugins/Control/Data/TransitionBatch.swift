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
  /// Rows by number.
  public func batch(_ rows: [Int]) -> TransitionBatch {
    func gather(_ source: [Float], _ width: Int, _ rows: [Int]) -> Tensor {
      Tensor(shape: [rows.count, width]) { out in
        for (k, row) in rows.enumerated() {
          for j in 0..<width { out[k * width + j] = source[row * width + j] }
        }
      }
    }
    return TransitionBatch(
      observations: gather(observations, observationSize, rows), actions: gather(actions, actionSize, rows),
      rewards: Tensor(rows.map { rewards[$0] }, shape: [rows.count]),
      nextObservations: gather(nextObservations, observationSize, rows),
      nextActions: gather(actions, actionSize, rows.map { follows($0) ? $0 + 1 : $0 }),
      continues: Tensor(rows.map { isTerminal[$0] ? 0 : 1 }, shape: [rows.count]))
  }

  /// Whether the next row begins where this one ends.
  private func follows(_ row: Int) -> Bool {
    guard row + 1 < count, !isTerminal[row] else { return false }
    let s = observationSize
    return (0..<s).allSatisfy { nextObservations[row * s + $0] == observations[(row + 1) * s + $0] }
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
