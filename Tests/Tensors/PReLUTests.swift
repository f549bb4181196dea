import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct PReLUTests {
  @Test("one slope per channel, or one for all", arguments: [[7, 5], [3, 4, 17], [2, 2, 8, 3], [33]])
  func slopes(_ shape: [Int]) {
    // At least 0.05 from the kink, so that the central difference stays on one side.
    let x = Reference.random(shape, seed: 3).map { $0 >= 0 ? $0 + 0.05 : $0 - 0.05 }
    for c in Set([1, shape.last!]) {
      expectOperator(
        "prelu", [x, .random([c], seed: 2)], engine: { $0[0].prelu($0[1]) },
        reference: { input in
          var y = input[0]
          for i in y.values.indices where y.values[i] <= 0 { y.values[i] *= input[1].values[i % c] }
          return y
        })
    }
  }

  @Test("many rows collect an accurate slope gradient in either type") func many() {
    let x = Reference.random([20_000, 6], seed: 4).tensor
    func gradient(_ x: Tensor) -> [Float] {
      let tape = Tape()
      defer { tape.reset() }
      let slope = tape.watch(Tensor.filled(0.25, [6]))
      return tape.gradients(of: x.prelu(slope).cast(to: .f32).sum(), for: [slope])[0].floats
    }
    let exact = Tensor.minimum(x, Tensor(0)).sum([0]).floats.map(Double.init)
    expectClose(gradient(x), exact)
    expectClose(gradient(x.cast(to: .bf16)), exact, relative: 1e-3)
  }
}
