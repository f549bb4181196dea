import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct ArithmeticTests {
  typealias Operator = (String, @Sendable (Tensor, Tensor) -> Tensor, @Sendable (Double, Double) -> Double)
  static let operators: [Operator] = [
    ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }), ("*", { $0 * $1 }, { $0 * $1 }),
    ("/", { $0 / $1 }, { $0 / $1 }), ("power", { .power($0, $1) }, { Foundation.pow($0, $1) }),
    ("maximum", { .maximum($0, $1) }, { max($0, $1) }), ("minimum", { .minimum($0, $1) }, { min($0, $1) }),
  ]
  static let shapes: [([Int], [Int])] = [
    ([7], [7]), ([3, 5], [5]), ([5], [3, 5]), ([2, 3, 4, 5], [2, 1, 1, 5]), ([2, 1, 3], [4, 1]), ([4, 3], []),
    ([1], [6]), ([2, 3, 1], [2, 1, 4]), ([1, 17], [3, 1]),
  ]

  static func broadcast(_ a: Reference, _ b: Reference, _ f: (Double, Double) -> Double) -> Reference {
    let rank = max(a.shape.count, b.shape.count)
    func length(_ s: [Int], _ axis: Int) -> Int { axis - rank + s.count < 0 ? 1 : s[axis - rank + s.count] }
    var out = Reference.filled(0, (0..<rank).map { max(length(a.shape, $0), length(b.shape, $0)) })
    func value(_ r: Reference, _ index: [Int]) -> Double {
      let own = r.shape.indices.map { axis in r.shape[axis] == 1 ? 0 : index[axis + rank - r.shape.count] }
      return r.values[r.offset(own)]
    }
    for i in out.indices { out.values[out.offset(i)] = f(value(a, i), value(b, i)) }
    return out
  }

  @Test("broadcast arithmetic and its rules match the reference", arguments: operators.indices)
  func matches(_ index: Int) {
    let (name, engine, reference) = Self.operators[index]
    for (a, b) in Self.shapes {
      expectOperator(
        "\(name) \(a) \(b)", [.random(a, seed: 1, in: 0.5...2), .random(b, seed: 2, in: 0.6...2.1)],
        engine: { engine($0[0], $0[1]) }, reference: { Self.broadcast($0[0], $0[1], reference) })
    }
  }

  @Test("long arrays cross chunk borders") func long() {
    let n = 40_000
    let a = Reference.random([n], seed: 4), b = Reference.random([n], seed: 5)
    expectClose(a.tensor * b.tensor, Self.broadcast(a.rounded, b.rounded, *))
    let rows = Reference.random([300, 130], seed: 6), row = Reference.random([130], seed: 7)
    expectClose(rows.tensor - row.tensor, Self.broadcast(rows.rounded, row.rounded, -))
    expectClose(rows.tensor.cast(to: .bf16) + 1.0, rows.map { $0 + 1 }, relative: 1e-2)
  }

  @Test("selection takes values and gradients from the chosen side") func select() {
    let condition = Tensor([1, 0, 2, 0], shape: [4])
    expectOperator(
      "select", [.random([3, 4]), .random([4], seed: 2)], engine: { .select(condition, $0[0], $0[1]) },
      reference: { input in
        var out = input[0]
        for i in out.indices where [false, true, false, true][i[1]] { out.values[out.offset(i)] = input[1].values[i[1]] }
        return out
      })
    #expect(Tensor.less(Tensor([1, 2], shape: [2]), Tensor(2)).floats == [1, 0])
    #expect(Tensor.lessOrEqual(Tensor([1, 2], shape: [2]), Tensor(2)).floats == [1, 1])
    #expect(Tensor.equal(Tensor([1, 2], shape: [2]), Tensor(2)).floats == [0, 1])
  }

  @Test("empty tensors pass through") func empty() {
    let e = Tensor([], shape: [0, 3])
    #expect((e + Tensor([1, 2, 3], shape: [3])).shape == [0, 3])
    #expect(e.exp().count == 0 && e.sum().item == 0)
  }
}
