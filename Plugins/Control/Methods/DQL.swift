import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// The few steps of diffusion that diffusion Q-learning makes an action with: noise prediction on a variance-preserving schedule,
/// `beta_k = 1 - exp(-0.1 / T - 0.5 (10 - 0.1) (2 k - 1) / T²)`.
package struct ActionDiffusion {
  package let betas: [Double]
  /// Products of 1 - beta up to and with each step.
  package let remaining: [Double]

  package init(steps: Int) {
    let n = Double(steps)
    betas = (1...steps).map { k -> Double in
      let slope = Double(2 * k - 1) / (n * n)
      return 1 - exp(-0.1 / n - 4.95 * slope)
    }
    var product = 1.0
    remaining = betas.map { beta -> Double in
      product *= 1 - beta
      return product
    }
  }

  /// The mean square error of the noise at random steps.
  func cloning(
    _ network: BoundNetwork<TransitionBatch>, _ draw: Draw<TransitionBatch>, _ random: inout RandomSource
  ) throws -> Losses {
    try cloning(network, draw, at: random.integers(below: betas.count, count: draw.data.shape[0]))
  }

  /// The same at given steps, one a row.
  package func cloning(
    _ network: BoundNetwork<TransitionBatch>, _ draw: Draw<TransitionBatch>, at steps: [Int]
  ) throws -> Losses {
    let n = draw.data.shape[0]
    func each(_ f: (Int) -> Double) -> Tensor { Tensor(steps.map { Float(f($0)) }, shape: [n, 1]) }
    let x = draw.data * each { remaining[$0].squareRoot() } + draw.noise * each { (1 - remaining[$0]).squareRoot() }
    let clock = Tensor(steps.map(Float.init), shape: [n])
    var losses = Losses()
    losses.add("cloning", Distance.l2(try network(x, [clock], draw.condition), draw.noise).mean())
    return losses
  }

  /// What the network takes for the action behind `x` at a step, clipped.
  func clean(
    _ network: BoundNetwork<TransitionBatch>, _ x: Tensor, _ batch: TransitionBatch, _ step: Int
  ) throws -> Tensor {
    let noise = try network(x, [.filled(Float(step), [x.shape[0]])], batch), left = remaining[step]
    return (x * Float(1 / left.squareRoot()) - noise * Float((1 / left - 1).squareRoot())).clamped(to: -1...1)
  }

  func sample(
    _ network: BoundNetwork<TransitionBatch>, _ noise: Tensor, _ batch: TransitionBatch, _ random: inout RandomSource
  ) throws -> Tensor {
    try sample(network, noise, batch) { random.normal(noise.shape) }
  }

  /// The whole chain from `noise`; every step but the last adds what `fresh` draws.
  package func sample(
    _ network: BoundNetwork<TransitionBatch>, _ noise: Tensor, _ batch: TransitionBatch, fresh: () -> Tensor
  ) throws -> Tensor {
    var x = noise
    for step in betas.indices.reversed() {
      let clean = try clean(network, x, batch, step), left = remaining[step],
        before = step > 0 ? remaining[step - 1] : 1
      let beta = betas[step]
      x =
        clean * Float(beta * before.squareRoot() / (1 - left))
        + x * Float((1 - before) * (1 - beta).squareRoot() / (1 - left))
      if step > 0 { x = x + fresh() * Float((beta * (1 - before) / (1 - left)).squareRoot()) }
    }
    return x.clamped(to: -1...1)
  }
}

extension Method<TransitionBatch> {
  /// Diffusion Q-learning (Wang et al. 2023): a diffusion of `steps` steps clones the behaviour, and the action at its end climbs
  /// the value through all of them.
  public static func dql(eta: Double, steps: Int = 5, value: ValueLearning = ValueLearning()) -> Method {
    let diffusion = ActionDiffusion(steps: steps)
    return valueMethod("dql", "Wang et al. 2023", .raw(clocks: 1), value) { group, scene in
      let draw = try scene.draw()
      guard group == "student" else {
        let slow = scene.average.network
        return try value.losses(&scene, draw.condition) {
          try diffusion.sample(slow, $1.normal($0.actions.shape), $0, &$1)
        }
      }
      var losses = try diffusion.cloning(scene.student.network, draw, &scene.random)
      guard eta > 0 else { return losses }
      let noise = scene.random.normal(draw.data.shape)
      let actions = try diffusion.sample(scene.student.network, noise, draw.condition, &scene.random)
      losses.add("value", weight: eta, try value.pull(&scene, actions, draw.condition))
      return losses
    }
  }
}
