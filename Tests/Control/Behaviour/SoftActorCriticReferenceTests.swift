import Foundation
import OneStepControl
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

/// Soft actor-critic written out slowly in Double, one row at a time.
private struct SlowLearner {
  let s = 3, a = 2
  var policy: [[Double]]
  var critics: [[Double]]
  var slow: [[Double]]
  var logTemperature: Double

  init(_ learner: SoftActorCritic) {
    func numbers(_ p: Parameters) -> [[Double]] { p.tensors.map { $0.floats.map(Double.init) } }
    (policy, critics) = (numbers(learner.policy.parameters), numbers(learner.critics.parameters))
    slow = numbers(learner.critics.average.parameters)
    logTemperature = numbers(learner.temperature.parameters)[0][0]
  }

  /// Dense layers with ReLU between them; weights `[inputs, outputs]` and biases in turn.
  func layers(_ x: [Double], _ p: some Collection<[Double]>) -> [Double] {
    let p = Array(p)
    return stride(from: 0, to: p.count, by: 2).reduce(x) { h, k in
      let n = p[k + 1].count
      return (0..<n).map { j in
        let y = h.indices.reduce(p[k + 1][j]) { $0 + h[$1] * p[k][$1 * n + j] }
        return k + 2 < p.count ? max(0, y) : y
      }
    }
  }

  func act(_ seen: [Double], _ noise: [Double], _ p: [[Double]]) -> (action: [Double], logDensity: Double) {
    let y = layers(seen, p)
    let z = (0..<a).map { y[$0] + exp(y[a + $0]) * noise[$0] }
    let densities = (0..<a).map { j -> Double in
      let gaussian = -noise[j] * noise[j] / 2 - y[a + j] - log(2 * Double.pi) / 2
      return gaussian - log(1 - tanh(z[j]) * tanh(z[j]))
    }
    return (z.map { tanh($0) }, densities.reduce(0, +))
  }

  func values(_ seen: [Double], _ action: [Double], _ p: [[Double]]) -> (Double, Double) {
    let half = p.count / 2
    return (layers(seen + action, p[..<half])[0], layers(seen + action, p[half...])[0])
  }
}

@Suite struct SoftActorCriticReferenceTests {
  private let rows = 6, discount = 0.9, target = -1.3, seed: UInt64 = 11

  /// The gradient of `loss` at `parameters` by central differences.
  private func slopes(_ parameters: [[Double]], _ loss: ([[Double]]) -> Double) -> [[Double]] {
    parameters.indices.map { i in
      parameters[i].indices.map { j in
        centralDifference(1e-4) { h in
          var moved = parameters
          moved[i][j] += h
          return loss(moved)
        }
      }
    }
  }

  private func matrix(_ tensor: Tensor) -> [[Double]] {
    let columns = tensor.count / tensor.shape[0], all = tensor.floats.map(Double.init)
    return (0..<tensor.shape[0]).map { Array(all[$0 * columns..<($0 + 1) * columns]) }
  }

  @Test("gradients of critics, policy and temperature are those of the losses, at the first update and at later ones")
  func gradients() throws {
    var learner = SoftActorCritic(
      observationSize: 3, actionSize: 2,
      options: .init(width: 5, rate: 0.02, batch: rows, discount: discount, tau: 0.3, targetEntropy: target), seed: seed
    )
    var buffer = ReplayBuffer(observationSize: 3, actionSize: 2, capacity: 20)
    for i in 0..<20 {
      let x = Tensor.normal([9], seed: 5, stream: UInt64(i)).floats
      buffer.append(
        observation: x[..<3], action: x[3..<5].map { tanh($0) }, reward: x[5], next: x[6..<9], isTerminal: i % 4 == 1)
    }
    for update in 0..<4 {
      let batch = buffer.batch((0..<rows).map { ($0 * 3 + update) % 20 })
      let before = SlowLearner(learner), old = moments(learner)
      let report = try learner.update(batch)
      let after = SlowLearner(learner)
      let found = zip(moments(learner), old).map { new, old in zip(new, old).map { ($0 - 0.9 * $1) / 0.1 } }

      func noise(_ network: UInt64) -> [[Double]] {
        matrix(.normal([rows, 2], seed: seed + network << 40, stream: UInt64(update) << 20))
      }
      let (forCritics, forPolicy) = (noise(1), noise(0))
      let (seen, actions, next) = (matrix(batch.observations), matrix(batch.actions), matrix(batch.nextObservations))
      let alpha = exp(before.logTemperature)
      let targets = (0..<rows).map { row in
        let (action, density) = before.act(next[row], forCritics[row], before.policy)
        let (first, second) = before.values(next[row], action, before.slow)
        let continues = Double(batch.continues.floats[row])
        return Double(batch.rewards.floats[row]) + discount * continues * (min(first, second) - alpha * density)
      }
      func mean(_ term: (Int) -> Double) -> Double { (0..<rows).reduce(0) { $0 + term($1) } / Double(rows) }
      func criticLoss(_ p: [[Double]]) -> Double {
        mean { row in
          let (first, second) = before.values(seen[row], actions[row], p)
          return (first - targets[row]) * (first - targets[row]) + (second - targets[row]) * (second - targets[row])
        }
      }
      func density(_ p: [[Double]]) -> Double { mean { before.act(seen[$0], forPolicy[$0], p).logDensity } }
      func value(_ p: [[Double]]) -> Double {
        mean { row in
          // The policy climbs the critics that have just learnt.
          let (first, second) = after.values(
            seen[row], before.act(seen[row], forPolicy[row], p).action, after.critics)
          return min(first, second)
        }
      }
      let expected =
        slopes(before.policy) { alpha * density($0) - value($0) } + slopes(before.critics, criticLoss)
        + [[-(density(before.policy) + target)]]
      let names = learner.policy.parameters.specs + learner.critics.parameters.specs
      for (index, pair) in zip(found, expected).enumerated() {
        expectClose(
          pair.0.map { Float($0) }, pair.1, relative: 1e-3, absolute: 2e-5,
          "\(index < names.count ? names[index].name : "temperature"), update \(update)")
      }
      #expect(abs(report.criticLoss - criticLoss(before.critics)) < 1e-4 * max(1, report.criticLoss))
      #expect(abs(report.entropy + density(before.policy)) < 1e-4 && abs(report.value - value(before.policy)) < 1e-4)
      #expect(abs(report.temperature - alpha) < 1e-5)
      for (slow, (old, new)) in zip(after.slow, zip(before.slow, after.critics)) {
        for k in slow.indices { #expect(abs(slow[k] - 0.7 * old[k] - 0.3 * new[k]) < 1e-5) }
      }
    }
  }

  /// Adam's first moments of policy, critics and temperature: 0.9 of the last and 0.1 of the gradient.
  private func moments(_ learner: SoftActorCritic) -> [[Double]] {
    [learner.policy, learner.critics, learner.temperature].flatMap { trainer in
      trainer.optimizer.moments.map { $0[0].floats.map(Double.init) }
    }
  }
}
