import OneStepFlow
import OneStepTensors
import Testing

@Suite struct LatentOptimizationTests {
  /// A student that doubles its noise.
  private let map = FlowMap<Void>(jump: { x, _, _, _ in x * 2 })

  private func run(_ optimization: LatentOptimization, _ noise: Tensor) throws -> LatentOptimization.Result {
    var random = RandomSource(seed: 1)
    return try optimization(map, from: noise, on: .linear, decodedBy: .oneStep, (), &random) { data in
      (data - 1).squared().sum([1])
    }
  }

  @Test("rows reach their targets side by side, and the best noise is what is decoded") func targets() throws {
    let noise = Tensor([0, 2, -1, 0.5, 0.5, 0.5], shape: [3, 2])
    let result = try run(LatentOptimization(steps: 200, rate: 0.05), noise)
    #expect(result.first.floats == [10, 9, 0])
    #expect(result.decoded.floats.allSatisfy { $0 < 1e-2 } && result.surrogate.floats == result.decoded.floats)
    // The last row was at its target from the start and stays.
    #expect(Array(result.noise.floats[4...]) == [0.5, 0.5])
  }

  @Test("a large rate never makes a row worse; the tolerance ends the search") func best() throws {
    let noise = Tensor([0.45, 0.55], shape: [1, 2])
    let wild = try run(LatentOptimization(steps: 5, rate: 10), noise)
    #expect(wild.surrogate.floats[0] <= wild.first.floats[0])
    let easy = try run(LatentOptimization(steps: 5, rate: 0.01, tolerance: 1), noise)
    #expect(easy.noise.floats == noise.floats && easy.surrogate.floats == easy.first.floats)
  }
}
