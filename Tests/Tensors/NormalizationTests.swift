import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct NormalizationTests {
  /// (x - mean) / sqrt(variance + epsilon) over the elements that share a key, then scale and shift per last index.
  static func normalize(
    _ x: Reference, _ scale: Reference?, _ shift: Reference?, epsilon: Double, centered: Bool = true,
    key: ([Int]) -> [Int]
  ) -> Reference {
    var sums: [[Int]: (n: Double, sum: Double)] = [:]
    for i in x.indices {
      let old = sums[key(i)] ?? (0, 0)
      sums[key(i)] = (old.n + 1, old.sum + x.values[x.offset(i)])
    }
    let means = sums.mapValues { centered ? $0.sum / $0.n : 0 }
    var squares: [[Int]: Double] = [:]
    for i in x.indices {
      squares[key(i), default: 0] += Foundation.pow(x.values[x.offset(i)] - means[key(i)]!, 2) / sums[key(i)]!.n
    }
    var y = x
    for i in x.indices {
      let at = x.offset(i), c = i.last!
      y.values[at] =
        (x.values[at] - means[key(i)]!) / (squares[key(i)]! + epsilon).squareRoot() * (scale?.values[c] ?? 1)
        + (shift?.values[c] ?? 0)
    }
    return y
  }
  static func group(_ x: Reference, _ groups: Int, _ scale: Reference?, _ shift: Reference?) -> Reference {
    let span = x.shape.last! / groups
    return normalize(x, scale, shift, epsilon: 1e-5) { [$0[0], $0.last! / span] }
  }
  static func silu(_ x: Reference) -> Reference { x.map { $0 / (1 + Foundation.exp(-$0)) } }

  @Test("layer and RMS norm match the reference at odd widths", arguments: [3, 7, 17, 40])
  func rows(_ c: Int) {
    let x = Reference.random([2, 3, c], in: -2...3)
    let scale = Reference.random([c], seed: 2, in: 0.5...2), shift = Reference.random([c], seed: 3)
    expectOperator(
      "layer norm", [x, scale, shift], engine: { $0[0].layerNormalized(scale: $0[1], shift: $0[2]) },
      reference: { x in Self.normalize(x[0], x[1], x[2], epsilon: 1e-5) { Array($0.dropLast()) } })
    expectOperator(
      "plain layer norm", [x], engine: { $0[0].layerNormalized(epsilon: 1e-3) },
      reference: { x in Self.normalize(x[0], nil, nil, epsilon: 1e-3) { Array($0.dropLast()) } })
    expectOperator(
      "shift only", [x, shift], engine: { $0[0].layerNormalized(shift: $0[1]) },
      reference: { x in Self.normalize(x[0], nil, x[1], epsilon: 1e-5) { Array($0.dropLast()) } })
    expectOperator(
      "RMS norm", [x, scale], engine: { $0[0].rmsNormalized(scale: $0[1]) },
      reference: { x in
        Self.normalize(x[0], x[1], nil, epsilon: 1e-6, centered: false) { Array($0.dropLast()) }
      })
  }

  @Test(
    "group norm matches the reference",
    arguments: [([2, 3, 5, 6], 3), ([1, 4, 4, 4], 2), ([3, 7, 17], 1), ([2, 8], 2), ([2, 2, 2, 3], 3), ([1, 2, 2, 70], 5)])
  func groups(_ shape: [Int], _ groups: Int) {
    let c = shape.last!
    let x = Reference.random(shape, in: -2...3)
    let scale = Reference.random([c], seed: 2, in: 0.5...2), shift = Reference.random([c], seed: 3)
    expectOperator(
      "group norm \(shape)", [x, scale, shift],
      engine: { $0[0].groupNormalized(groups: groups, scale: $0[1], shift: $0[2]) },
      reference: { Self.group($0[0], groups, $0[1], $0[2]) })
    expectOperator(
      "group norm SiLU \(shape)", [x, scale, shift],
      engine: { $0[0].groupNormalized(groups: groups, scale: $0[1], shift: $0[2], activation: .silu) },
      reference: { Self.silu(Self.group($0[0], groups, $0[1], $0[2])) })
    expectOperator(
      "plain group norm \(shape)", [x], engine: { $0[0].groupNormalized(groups: groups) },
      reference: { Self.group($0[0], groups, nil, nil) })
  }

  @Test("group norm with ReLU is group norm, then ReLU") func relu() {
    let x = Reference.random([2, 5, 8]).tensor
    let fused = x.groupNormalized(groups: 2, activation: .relu)
    #expect(fused.floats == x.groupNormalized(groups: 2).relu().floats)
    let t = Reference.random([2, 5, 8], seed: 5).tensor
    let a = jvp({ $0[0].groupNormalized(groups: 2, activation: .relu) }, at: [x], along: [t]).tangent
    let b = jvp({ $0[0].groupNormalized(groups: 2).relu() }, at: [x], along: [t]).tangent
    expectClose(a.floats, b.floats.map(Double.init))
  }

  @Test("large images agree with composed operators in value and both rules") func large() {
    // Several chunks a sample, and a mean far from zero.
    let shape = [2, 96, 80, 24]
    let x = Reference.random(shape, in: 90...92).tensor
    let scale = Reference.random([24], seed: 2, in: 0.5...2).tensor, shift = Reference.random([24], seed: 3).tensor
    let g = Reference.random(shape, seed: 4).tensor, t = Reference.random(shape, seed: 5).tensor
    func fused(_ x: [Tensor]) -> Tensor {
      x[0].groupNormalized(groups: 4, scale: x[1], shift: x[2], activation: .silu)
    }
    func composed(_ x: [Tensor]) -> Tensor {
      let parts = (x[0] - 91).reshaped([2, 96, 80, 4, 6])
      let gap = parts - parts.mean([1, 2, 4], keepingAxes: true)
      let hat = gap / (gap.squared().mean([1, 2, 4], keepingAxes: true) + 1e-5).squareRoot()
      return (hat.reshaped(shape) * x[1] + x[2]).silu()
    }
    func pull(_ f: ([Tensor]) -> Tensor) -> [Tensor] {
      let tape = Tape()
      defer { tape.reset() }
      let leaves = [x, scale, shift].map(tape.watch)
      return tape.gradients(of: [(f(leaves), seed: g)], for: leaves)
    }
    for (a, b) in zip(pull(fused), pull(composed)) {
      expectClose(a.floats, b.floats.map(Double.init), relative: 2e-4)
    }
    let along = [t, shift, scale]
    let (a, b) = (jvp(fused, at: [x, scale, shift], along: along), jvp(composed, at: [x, scale, shift], along: along))
    expectClose(a.value.floats, b.value.floats.map(Double.init), relative: 2e-5)
    expectClose(a.tangent.floats, b.tangent.floats.map(Double.init), relative: 2e-5)
  }

  @Test("results do not depend on the thread count") func threads() {
    let x = Reference.random([2, 70, 50, 12]).tensor
    let (scale, shift) = (Tensor.ones([12]), Tensor.zeros([12]))
    func all() -> [[Float]] {
      let tape = Tape()
      defer { tape.reset() }
      let leaves = [x, scale, shift].map(tape.watch)
      let y = leaves[0].groupNormalized(groups: 3, scale: leaves[1], shift: leaves[2], activation: .silu)
      let z = y.layerNormalized(scale: leaves[1], shift: leaves[2])
      return tape.gradients(of: z.sin().sum(), for: leaves).map(\.floats) + [z.floats]
    }
    let before = Compute.threads
    let many = all()
    Compute.threads = 1
    let one = all()
    Compute.threads = before
    #expect(many == one)
  }

  @Test("constant rows and groups give the shift, not NaN") func constant() {
    let x = Tensor.filled(1e4, [1, 3, 4])
    let shift = Tensor([1, 2, 3, 4], shape: [4])
    #expect(x.layerNormalized(shift: shift).floats == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    #expect(x.groupNormalized(groups: 2, shift: shift).floats == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    #expect(Tensor.zeros([2, 4]).rmsNormalized().floats == [Float](repeating: 0, count: 8))
  }

  @Test("modulation has a map per sample", arguments: [[2, 3, 5, 6], [3, 7, 17], [2, 5], [2, 4, 4, 3]])
  func modulation(_ shape: [Int]) {
    let (n, c) = (shape[0], shape.last!)
    expectOperator(
      "modulated", [.random(shape), .random([n, c], seed: 2), .random([n, c], seed: 3)],
      engine: { $0[0].modulated(scale: $0[1], shift: $0[2]) },
      reference: { input in
        var y = input[0]
        for i in y.indices {
          let at = y.offset(i), k = i[0] * c + i.last!
          y.values[at] = input[0].values[at] * (1 + input[1].values[k]) + input[2].values[k]
        }
        return y
      })
    expectOperator(
      "modulated input", [.random(shape)],
      engine: { $0[0].modulated(scale: .filled(0.5, [n, c]), shift: .ones([n, c])) },
      reference: { $0[0].map { $0 * 1.5 + 1 } })
  }

  @Test("bf16 data is computed in f32 and stored in bf16") func bf16() {
    let x = Reference.random([2, 6, 6, 20], in: -2...3).tensor.cast(to: .bf16)
    let exact = x.cast(to: .f32)
    let (s, b) = (Reference.random([2, 20]).tensor, Reference.random([2, 20], seed: 2).tensor)
    let operators: [(String, (Tensor) -> Tensor)] = [
      ("layer", { $0.layerNormalized(scale: s.sliced(axis: 0, 0..<1).reshaped(20)) }),
      ("rms", { $0.rmsNormalized() }),
      ("group", { $0.groupNormalized(groups: 4, activation: .silu) }),
      ("modulated", { $0.modulated(scale: s, shift: b) }),
    ]
    for (name, f) in operators {
      let y = f(x)
      #expect(y.elementType == .bf16)
      expectClose(y.floats, f(exact).floats.map(Double.init), relative: 5e-3, name)
      func gradient(_ x: Tensor) -> [Float] {
        let tape = Tape()
        defer { tape.reset() }
        let leaf = tape.watch(x)
        return tape.gradients(of: f(leaf).cast(to: .f32).sin().sum(), for: [leaf])[0].floats
      }
      expectClose(gradient(x), gradient(exact).map(Double.init), relative: 3e-2, "\(name) gradient")
      let t = Reference.random([2, 6, 6, 20], seed: 9).tensor.cast(to: .bf16)
      expectClose(
        jvp({ f($0[0]) }, at: [x], along: [t]).tangent.floats,
        jvp({ f($0[0]) }, at: [exact], along: [t.cast(to: .f32)]).tangent.floats.map(Double.init), relative: 1e-2,
        "\(name) tangent")
    }
  }
}
