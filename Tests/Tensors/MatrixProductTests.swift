import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct MatrixProductTests {
  static func swap(_ x: Reference) -> Reference {
    let r = x.shape.count
    return ShapingTests.permute(x, Array(0..<(r - 2)) + [r - 1, r - 2])
  }
  static func multiply(_ a: Reference, _ b: Reference) -> Reference {
    let lead = Array((a.shape.count >= b.shape.count ? a : b).shape.dropLast(2))
    let (m, k, n) = (a.shape[a.shape.count - 2], a.shape.last!, b.shape.last!)
    var out = Reference.filled(0, lead + [m, n])
    for batch in 0..<lead.reduce(1, *) {
      let (ao, bo) = (a.shape.count == 2 ? 0 : batch * m * k, b.shape.count == 2 ? 0 : batch * k * n)
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for l in 0..<k { sum += a.values[ao + i * k + l] * b.values[bo + l * n + j] }
          out.values[(batch * m + i) * n + j] = sum
        }
      }
    }
    return out
  }

  @Test("products match a naive loop for every transposition and batch", arguments: [(false, false), (true, false), (false, true), (true, true)])
  func products(_ ta: Bool, _ tb: Bool) {
    let shapes: [([Int], [Int])] = [
      ([3, 4], [4, 5]), ([1, 1], [1, 1]), ([2, 3, 4], [2, 4, 5]), ([2, 3, 4], [4, 5]), ([3, 4], [2, 4, 5]),
      ([2, 2, 3, 7], [2, 2, 7, 2]),
    ]
    for (a, b) in shapes {
      let x = Reference.random(a), y = Reference.random(b, seed: 2)
      expectOperator(
        "matmul \(a) \(b) \(ta) \(tb)", [ta ? Self.swap(x) : x, tb ? Self.swap(y) : y],
        engine: { $0[0].matmul($0[1], transposeA: ta, transposeB: tb) },
        reference: { Self.multiply(ta ? Self.swap($0[0]) : $0[0], tb ? Self.swap($0[1]) : $0[1]) })
    }
  }

  @Test("large products go through oneDNN and agree") func large() {
    let a = Reference.random([65, 70]), b = Reference.random([70, 33], seed: 2)
    expectClose(a.tensor.matmul(b.tensor), Self.multiply(a.rounded, b.rounded))
    let bf16 = a.tensor.cast(to: .bf16).matmul(b.tensor.cast(to: .bf16))
    expectClose(bf16, Self.multiply(a.rounded, b.rounded), relative: 3e-2)
  }

  @Test("a linear layer acts on the last axis") func linear() {
    expectOperator(
      "linear", [.random([2, 3, 4]), .random([4, 5], seed: 2), .random([5], seed: 3)],
      engine: { $0[0].linear($0[1], bias: $0[2]) },
      reference: { ArithmeticTests.broadcast(Self.multiply($0[0], $0[1]), $0[2], +) })
  }
}
