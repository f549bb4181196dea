import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct ElementwiseTests {
  static func erf(_ x: Double) -> Double { Foundation.erf(x) }

  static let smooth: [(String, ClosedRange<Double>, @Sendable (Tensor) -> Tensor, @Sendable (Double) -> Double)] = [
    ("neg", -2...2, { -$0 }, { -$0 }),
    ("exp", -5...5, { $0.exp() }, { Foundation.exp($0) }),
    ("log", 0.1...9, { $0.log() }, { Foundation.log($0) }),
    ("sqrt", 0.2...9, { $0.squareRoot() }, { $0.squareRoot() }),
    ("rsqrt", 0.2...9, { $0.reciprocalSquareRoot() }, { 1 / $0.squareRoot() }),
    ("reciprocal", 0.3...4, { $0.reciprocal() }, { 1 / $0 }),
    ("square", -3...3, { $0.squared() }, { $0 * $0 }),
    ("sin", -9...9, { $0.sin() }, { Foundation.sin($0) }),
    ("cos", -9...9, { $0.cos() }, { Foundation.cos($0) }),
    ("tanh", -4...4, { $0.tanh() }, { Foundation.tanh($0) }),
    ("sigmoid", -9...9, { $0.sigmoid() }, { 1 / (1 + Foundation.exp(-$0)) }),
    ("softplus", -9...9, { $0.softplus() }, { Foundation.log1p(Foundation.exp($0)) }),
    ("silu", -6...6, { $0.silu() }, { $0 / (1 + Foundation.exp(-$0)) }),
    ("gelu", -4...4, { $0.gelu() }, { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }),
    ("mish", -6...6, { $0.mish() }, { $0 * Foundation.tanh(Foundation.log1p(Foundation.exp($0))) }),
    ("affine", -3...3, { $0.affine(2.5, -1) }, { 2.5 * $0 - 1 }),
    ("three over x", 0.5...3, { 3 / $0 }, { 3 / $0 }),
  ]

  @Test("values and both derivative rules match the reference", arguments: smooth.indices)
  func matchesReference(_ index: Int) {
    let (name, range, engine, reference) = Self.smooth[index]
    for count in [1, 7, 17, 100] {
      expectOperator(
        name, [.random([count], seed: UInt64(count), in: range)], engine: { engine($0[0]) },
        reference: { $0[0].map(reference) })
    }
  }

  @Test("functions with a kink match away from it")
  func kinks() {
    // Values at least 0.05 from the kink, so that the central difference stays on one side.
    let x = Reference.random([33], seed: 3).map { $0 >= 0 ? $0 + 0.05 : $0 - 0.05 }
    expectOperator("relu", [x], engine: { $0[0].relu() }, reference: { $0[0].map { max($0, 0) } })
    expectOperator("abs", [x], engine: { $0[0].absolute() }, reference: { $0[0].map { abs($0) } })
    expectOperator(
      "leaky", [x], engine: { $0[0].leakyReLU(slope: 0.2) }, reference: { $0[0].map { $0 > 0 ? $0 : 0.2 * $0 } })
    expectOperator("sign", [x], engine: { $0[0].sign() }, reference: { $0[0].map { $0 > 0 ? 1 : -1 } })
    expectOperator(
      "clamp", [x], step: 1e-5, engine: { $0[0].clamped(to: -0.5...0.5) }, reference: { $0[0].map { min(max($0, -0.5), 0.5) } })
  }

  @Test("snake has a frequency per channel")
  func snake() {
    expectOperator(
      "snake", [.random([5, 3]), .random([3], seed: 2, in: 0.5...2)], engine: { $0[0].snake($0[1]) },
      reference: { input in
        var y = input[0]
        for i in input[0].indices {
          let a = input[1].values[i[1]], x = input[0].values[input[0].offset(i)]
          y.values[y.offset(i)] = x + Foundation.pow(Foundation.sin(a * x), 2) / a
        }
        return y
      })
  }

  @Test("extreme arguments give limits, and NaN stays NaN")
  func extremes() {
    let x = Tensor([-.infinity, -200, -100, 0, 88, 89, .infinity, .nan], shape: [8])
    let e = x.exp().floats
    #expect(e[0] == 0 && e[1] == 0 && e[3] == 1 && e[5] == .infinity && e[6] == .infinity && e[7].isNaN)
    #expect(abs(e[4] / Float(Foundation.exp(88.0)) - 1) < 1e-5)
    let s = x.sigmoid().floats
    #expect(s[0] == 0 && s[3] == 0.5 && s[6] == 1 && s[7].isNaN)
    let l = Tensor([0, -1, 1, .infinity, 1e-40], shape: [5]).log().floats
    #expect(l[0] == -.infinity && l[1].isNaN && l[2] == 0 && l[3] == .infinity)
    #expect(abs(l[4] - Float(Foundation.log(1e-40))) < 1e-3)
    #expect(Tensor([500, -500], shape: [2]).softplus().floats == [500, 0])
    #expect(Tensor([1e6], shape: [1]).sin().floats[0].isClose(to: Float(Foundation.sin(1e6))))
  }

  @Test("bf16 keeps eight bits of precision, rounds to even and casts back exactly")
  func bf16() {
    let x = Tensor([1, 1.00390625, 1.01171875, -3.14159, 0, .infinity, .nan], shape: [7])
    let y = x.cast(to: .bf16)
    #expect(y.elementType == .bf16)
    let back = y.floats
    #expect(back[0] == 1 && back[1] == 1 && back[2] == 1.015625 && back[4] == 0 && back[5] == .infinity)
    #expect(back[6].isNaN)
    #expect(y.silu().elementType == .bf16)
    let tape = Tape()
    let leaf = tape.watch(Tensor([2], shape: [1]))
    let g = tape.gradients(of: leaf.cast(to: .bf16).squared().sum(), for: [leaf])[0]
    #expect(g.elementType == .f32 && g.item == 4)
  }
}

extension Float {
  fileprivate func isClose(to other: Float) -> Bool { abs(self - other) < 1e-5 }

  @Test("a conversion converts gradients back and tangents along") func conversion() {
    // Multiples of 1/8 below 32 are bf16 numbers, so nothing is rounded.
    let x = Tensor((0..<24).map { Float($0) / 8 }, shape: [4, 6]), tape = Tape()
    let leaf = tape.watch(x), y = leaf.cast(to: .bf16)
    let gradient = tape.gradients(of: [(y, seed: x.cast(to: .bf16))], for: [leaf])[0]
    #expect(y.elementType == .bf16 && gradient.elementType == .f32 && gradient.floats == x.floats)
    tape.reset()
    let moved = jvp({ $0[0].cast(to: .bf16) }, at: [x], along: [x]).tangent
    #expect(moved.elementType == .bf16 && moved.floats == x.floats)
  }
}
