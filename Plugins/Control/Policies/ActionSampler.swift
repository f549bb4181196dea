import OneStepFlow
import OneStepTensors

/// How a trained policy makes an action of noise.
public enum ActionSampler: Sendable, Codable, Equatable {
  /// Jumps of equal length from noise to the action; one for a one-step policy.
  case flow(steps: Int)
  /// Diffusion Q-learning's chain.
  case diffusion(steps: Int)
  /// A single deterministic step of that chain (Song et al. 2021), which the chain's network was not trained for.
  case collapsed(steps: Int)
  /// The network's output from noise.
  case direct
  /// The network's output from nothing: one action a situation.
  case deterministic

  /// Network calls.
  public var calls: Int {
    switch self {
    case .flow(let steps), .diffusion(let steps): steps
    case .collapsed, .direct, .deterministic: 1
    }
  }

  /// Actions `[B, A]` in -1...1 for the situations of a batch.
  /// - Parameter temperature: standard deviation of the noise.
  public func callAsFunction(
    _ student: Student<TransitionBatch>, _ batch: TransitionBatch, temperature: Float = 1,
    _ random: inout RandomSource
  ) throws -> Tensor {
    let noise = random.normal(batch.actions.shape) * temperature
    switch self {
    case .flow(let steps):
      let times = (0...steps).map { 1 - Double($0) / Double(steps) }
      return try Sampler.jumps(times: times)(student.map, noise: noise, on: .linear, batch, &random).clamped(to: -1...1)
    case .diffusion(let steps): return try ActionDiffusion(steps: steps).sample(student.network, noise, batch, &random)
    case .collapsed(let steps): return try ActionDiffusion(steps: steps).clean(student.network, noise, batch, steps - 1)
    case .direct: return try student.network(noise, student.form.noClocks(batch), batch).clamped(to: -1...1)
    case .deterministic: return try student.network(.zeros(noise.shape), [], batch).clamped(to: -1...1)
    }
  }
}

extension StudentForm {
  /// Times of the source for a network that is called once.
  fileprivate func noClocks(_ batch: TransitionBatch) -> [Tensor] {
    [Tensor](repeating: .ones([batch.rewards.count]), count: clocks)
  }
}
