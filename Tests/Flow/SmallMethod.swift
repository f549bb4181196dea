import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// What a method needs to be trained in a test: two overlapping modes of the plane and networks of eight hidden numbers.
enum SmallMethod {
  static let mixture = GaussianMixture(weights: [1, 2], means: [[-1, 0.5], [1, 0]], deviations: [0.4, 0.3])

  static var material: Material<Void> {
    Material(
      deviation: mixture.deviation, teacher: mixture.denoiser(on: .edm(1e-3...1e3)),
      draw: { rows, random in
        Draw(data: mixture.sample(count: rows, &random), noise: random.normal([rows, 2]), condition: ())
      },
      pairs: { rows, random in
        let data = mixture.sample(count: rows, &random)
        return Draw(data: data, noise: random.normal([rows, 2]), condition: ())
      })
  }

  static func network(_ group: Method<Void>.Group) -> FlowNetwork<Void> {
    let scope = ParameterScope(), isLogit = group.output == .logit
    var clocks = 1
    if case .points(let count) = group.output { clocks = count }
    let hidden = Linear(scope.nested("hidden"), inputs: 2 + clocks, outputs: 8)
    let output = Linear(scope.nested("output"), inputs: 8, outputs: isLogit ? 1 : 2)
    return FlowNetwork(scope.specs) { x, clocks, _, p in
      let n = x.shape[0]
      let h = hidden(.concatenated([x] + clocks.map { $0.reshaped(n, 1) }, axis: 1), p).silu()
      let y = output(h, p)
      return isLogit ? y.reshaped(n) : y
    }
  }

  static func trainer(
    _ method: Method<Void>, iterations: Int = 6, rows: Int = 16, seed: UInt64 = 1
  ) -> MethodTrainer<Void> {
    MethodTrainer(method, on: material, iterations: iterations, rows: rows, seed: seed, makeNetwork: network)
  }

  static func temporaryFile() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).state").path
  }
}

extension MethodTrainer {
  /// Every number of the state, by group: weights, averages, moments and counts.
  var numbers: [String: [[Float]]] {
    trainers.mapValues { trainer -> [[Float]] in
      let counts = [trainer.step, trainer.optimizer.step, trainer.average.updates].map { Float($0) }
      let tensors =
        trainer.parameters.tensors + trainer.average.parameters.tensors + trainer.optimizer.moments.flatMap(\.self)
      return [counts] + tensors.map(\.floats)
    }
  }
}
