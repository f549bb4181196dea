import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct AttentionTests {
  /// Naive attention; `hidden` says which scores do not count.
  static func attend(
    _ q: Reference, _ k: Reference, _ v: Reference, bias: Reference? = nil, scale: Double? = nil,
    hidden: (_ n: Int, _ i: Int, _ j: Int) -> Bool = { _, _, _ in false }
  ) -> Reference {
    let (n, tq, h, d) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]), (tk, dv) = (k.shape[1], v.shape[3])
    var y = Reference.filled(0, [n, tq, h, dv])
    let factor = scale ?? 1 / Double(d).squareRoot()
    for b in 0..<n {
      for head in 0..<h {
        for i in 0..<tq {
          var weights = [Double](repeating: 0, count: tk), total = 0.0
          for j in 0..<tk where !hidden(b, i, j) {
            var score = 0.0
            for c in 0..<d {
              score += q.values[((b * tq + i) * h + head) * d + c] * k.values[((b * tk + j) * h + head) * d + c]
            }
            score *= factor
            if let bias {
              let sample = bias.shape.count == 4 && bias.shape[0] > 1 ? b : 0
              score += bias.values[((sample * h + head) * tq + i) * tk + j]
            }
            weights[j] = Foundation.exp(score)
            total += weights[j]
          }
          guard total > 0 else { continue }
          for j in 0..<tk {
            for c in 0..<dv {
              y.values[((b * tq + i) * h + head) * dv + c] +=
                weights[j] / total * v.values[((b * tk + j) * h + head) * dv + c]
            }
          }
        }
      }
    }
    return y
  }

  @Test(
    "attention matches the naive loop in value and both rules",
    arguments: [(1, 1, 1, 1, 1, 1), (2, 3, 5, 2, 4, 4), (1, 17, 7, 1, 3, 5), (2, 5, 20, 1, 17, 2), (1, 50, 101, 1, 2, 2)])
  func plain(_ n: Int, _ tq: Int, _ tk: Int, _ h: Int, _ d: Int, _ dv: Int) {
    let q = Reference.random([n, tq, h, d], in: -2...2), k = Reference.random([n, tk, h, d], seed: 2, in: -2...2)
    let v = Reference.random([n, tk, h, dv], seed: 3)
    expectOperator(
      "attention", [q, k, v], engine: { .attention($0[0], $0[1], $0[2]) },
      reference: { Self.attend($0[0], $0[1], $0[2]) })
  }

  @Test("bias is shared by the batch or given for each sample", arguments: [[2, 3, 4], [1, 2, 3, 4], [3, 2, 3, 4]])
  func bias(_ shape: [Int]) {
    expectOperator(
      "bias", [.random([3, 3, 2, 2]), .random([3, 4, 2, 2], seed: 2), .random([3, 4, 2, 3], seed: 3), .random(shape, seed: 4)],
      engine: { .attention($0[0], $0[1], $0[2], bias: $0[3], scale: 0.7) },
      reference: { Self.attend($0[0], $0[1], $0[2], bias: $0[3], scale: 0.7) })
  }

  @Test("causal queries see no later key") func causal() {
    for (tq, tk) in [(5, 5), (3, 6), (6, 3)] {
      expectOperator(
        "causal", [.random([1, tq, 2, 3]), .random([1, tk, 2, 3], seed: 2), .random([1, tk, 2, 3], seed: 3)],
        engine: { .attention($0[0], $0[1], $0[2], causal: true) },
        reference: { Self.attend($0[0], $0[1], $0[2]) { _, i, j in j > i + tk - tq } })
    }
  }

  @Test("a mask hides keys, and a query that sees none gives zeros") func mask() {
    let lengths = [3, 0, 5]
    let mask = Tensor((0..<15).map { $0 % 5 < lengths[$0 / 5] ? 1 : 0 }, shape: [3, 1, 1, 5])
    expectOperator(
      "mask", [.random([3, 4, 2, 3]), .random([3, 5, 2, 3], seed: 2), .random([3, 5, 2, 3], seed: 3)],
      engine: { .attention($0[0], $0[1], $0[2], mask: mask) },
      reference: { Self.attend($0[0], $0[1], $0[2]) { n, _, j in j >= lengths[n] } })
    let window = Tensor((0..<20).map { abs($0 / 5 - $0 % 5) <= 1 ? 1 : 0 }, shape: [4, 5])
    expectOperator(
      "window", [.random([3, 4, 2, 3]), .random([3, 5, 2, 3], seed: 2), .random([3, 5, 2, 3], seed: 3)],
      engine: { .attention($0[0], $0[1], $0[2], mask: window) },
      reference: { Self.attend($0[0], $0[1], $0[2]) { _, i, j in abs(i - j) > 1 } })
  }

  @Test("long sequences agree with composed operators", arguments: [false, true])
  func long(_ causal: Bool) {
    let (n, h, tq, tk, d, dv) = (2, 3, 130, 205, 40, 24)
    let inputs = [
      Reference.random([n, tq, h, d], in: -2...2), .random([n, tk, h, d], seed: 2, in: -2...2),
      .random([n, tk, h, dv], seed: 3), .random([h, tq, tk], seed: 4),
    ].map(\.tensor)
    // The first 100 keys hidden for sample 0: whole blocks without a visible key come first.
    var shown = [Float](repeating: 1, count: n * tk)
    for j in 0..<100 { shown[j] = 0 }
    let mask = Tensor(shown, shape: [n, 1, 1, tk])
    let later = Tensor((0..<tq * tk).map { $0 % tk <= $0 / tk + tk - tq || !causal ? 1 : 0 }, shape: [tq, tk])
    func fused(_ x: [Tensor]) -> Tensor { .attention(x[0], x[1], x[2], bias: x[3], mask: mask, causal: causal) }
    func composed(_ x: [Tensor]) -> Tensor {
      let heads = x.prefix(3).map { $0.transposed(0, 2, 1, 3) }
      let scores = heads[0].matmul(heads[1], transposeB: true) / Float(d).squareRoot() + x[3]
      let hidden = (1 - mask * later) * -1e4
      return (scores + hidden).softmax().matmul(heads[2]).transposed(0, 2, 1, 3)
    }
    func pull(_ f: ([Tensor]) -> Tensor) -> [Tensor] {
      let tape = Tape()
      defer { tape.reset() }
      let leaves = inputs.map(tape.watch)
      return tape.gradients(of: [(f(leaves), seed: Reference.random([n, tq, h, dv], seed: 9).tensor)], for: leaves)
    }
    for (a, b) in zip(pull(fused), pull(composed)) { expectClose(a.floats, b.floats.map(Double.init)) }
    let along = inputs.enumerated().map { Reference.random($1.shape, seed: 20 + UInt64($0)).tensor }
    let (a, b) = (jvp(fused, at: inputs, along: along), jvp(composed, at: inputs, along: along))
    expectClose(a.value.floats, b.value.floats.map(Double.init))
    expectClose(a.tangent.floats, b.tangent.floats.map(Double.init))
    for still in 0..<4 {
      let some = along.enumerated().map { $0 == still ? nil : $1 }
      expectClose(
        jvp(fused, at: inputs, along: some).tangent.floats,
        jvp(composed, at: inputs, along: some).tangent.floats.map(Double.init))
    }
    let only = [nil, nil, along[2], nil]
    expectClose(
      jvp(fused, at: inputs, along: only).tangent.floats,
      jvp(composed, at: inputs, along: only).tangent.floats.map(Double.init))
  }

  @Test("bf16 keeps its type, and threads do not change results") func bf16() {
    let inputs = (0..<3).map { Reference.random([2, 70, 2, 24], seed: UInt64($0)).tensor }
    let rough = inputs.map { $0.cast(to: .bf16) }
    let y = Tensor.attention(rough[0], rough[1], rough[2])
    #expect(y.elementType == .bf16)
    expectClose(
      y.floats, Tensor.attention(inputs[0], inputs[1], inputs[2]).floats.map(Double.init), relative: 2e-2)
    func gradient() -> [[Float]] {
      let tape = Tape()
      defer { tape.reset() }
      let leaves = inputs.map(tape.watch)
      let y = Tensor.attention(leaves[0], leaves[1], leaves[2])
      return tape.gradients(of: y.sin().sum(), for: leaves).map(\.floats)
    }
    let before = Compute.threads
    let many = gradient()
    Compute.threads = 1
    let one = gradient()
    Compute.threads = before
    #expect(many == one)
  }

  @Test("linear attention matches its formula") func linear() {
    // Away from the feature map's kink at 0.
    func features(_ seed: UInt64, _ shape: [Int]) -> Reference {
      Reference.random(shape, seed: seed).map { $0 >= 0 ? $0 + 0.05 : $0 - 0.05 }
    }
    expectOperator(
      "linear attention", [features(1, [2, 5, 2, 3]), features(2, [2, 7, 2, 3]), .random([2, 7, 2, 4], seed: 3)],
      engine: { .linearAttention($0[0], $0[1], $0[2]) },
      reference: { x in
        func phi(_ x: Reference) -> Reference { x.map { $0 > 0 ? $0 + 1 : Foundation.exp($0) } }
        let (q, k, v) = (phi(x[0]), phi(x[1]), x[2])
        var y = Reference.filled(0, [2, 5, 2, 4])
        for n in 0..<2 {
          for h in 0..<2 {
            for i in 0..<5 {
              let weights = (0..<7).map { j in (0..<3).reduce(0.0) { $0 + q[n, i, h, $1] * k[n, j, h, $1] } }
              let total = weights.reduce(1e-6, +)
              for c in 0..<4 {
                y[n, i, h, c] = (0..<7).reduce(0.0) { $0 + weights[$1] * v[n, $1, h, c] } / total
              }
            }
          }
        }
        return y
      })
  }
}
