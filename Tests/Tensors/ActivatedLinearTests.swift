import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

struct ActivatedLinearTests {
  static let activations: [(name: String, activation: Activation, function: @Sendable (Double) -> Double)] = [
    ("mish", .mish, { $0 * Foundation.tanh(Foundation.log1p(Foundation.exp($0))) }),
    ("silu", .silu, { $0 / (1 + Foundation.exp(-$0)) }), ("tanh", .tanh, { Foundation.tanh($0) }),
    ("gelu", .gelu, { 0.5 * $0 * (1 + Foundation.erf($0 / 2.0.squareRoot())) }),
  ]

  @Test(arguments: 0..<4, [[3, 4], [2, 3, 4], [1, 4]])
  func aDenseLayerWithItsFunction(index: Int, shape: [Int]) {
    let (name, activation, function) = Self.activations[index]
    let inputs = [Reference.random(shape, seed: 1), .random([4, 5], seed: 2), .random([5], seed: 3)]
    expectOperator(
      "\(name) of a dense layer", inputs,
      engine: { $0[0].linear($0[1], bias: $0[2], activation: activation) },
      reference: { x in
        let rows = x[0].values.count / 4
        var y: [Double] = []
        for r in 0..<rows {
          for j in 0..<5 {
            let sum = (0..<4).reduce(x[2].values[j]) { $0 + x[0].values[r * 4 + $1] * x[1].values[$1 * 5 + j] }
            y.append(function(sum))
          }
        }
        return Reference(y, shape.dropLast() + [5])
      })
  }

  @Test func largeValuesStayWhereTheyBelong() {
    let x = Tensor([-100, -30, 30, 100, 3e30], shape: [5, 1]), one = Tensor.ones([1, 1]), zero = Tensor.zeros([1])
    let tape = Tape(), leaf = tape.watch(x), y = leaf.linear(one, bias: zero, activation: .mish)
    let slope = tape.gradients(of: y.sum(), for: [leaf])[0].floats
    tape.reset()
    #expect(zip(y.floats, [0, 0, 30, 100, 3e30] as [Float]).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, $1) })
    #expect(zip(slope, [0, 0, 1, 1, 1] as [Float]).allSatisfy { abs($0 - $1) < 1e-5 })
  }
}
