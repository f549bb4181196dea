import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

/// 3x3 convolutions whose channels come in sixteens, which Winograd's kernel computes.
@Suite struct WinogradTests {
  static let cases: [ConvolutionTests.Case] = [
    .init(image: [1, 4, 4, 16], filter: [3, 3, 16, 16]),
    .init(image: [2, 7, 5, 32], filter: [3, 3, 32, 16]),
    .init(image: [1, 1, 17, 16], filter: [3, 3, 16, 48]),
    .init(image: [1, 9, 6, 16], filter: [3, 3, 16, 16], padding: .all(0)),
    .init(image: [1, 5, 6, 16], filter: [3, 3, 16, 32], padding: .init(top: 2, left: 0, bottom: 1, right: 2)),
  ]

  @Test("it matches a naive loop, forward and backward", arguments: cases.indices) func matches(_ index: Int) {
    let c = Self.cases[index]
    let x = Reference.random(c.image), w = Reference.random(c.filter, seed: 2), b = Reference.random([c.filter[3]], seed: 3)
    let y = ArithmeticTests.broadcast(ConvolutionTests.convolve(x.rounded, w.rounded, c), b.rounded, +)
    let seed = Reference.random(y.shape, seed: 4)
    Compute.perform {
      let tape = Tape()
      let (a, f) = (tape.watch(x.tensor), tape.watch(w.tensor))
      let out = a.convolved(f, bias: b.tensor, padding: c.padding)
      expectClose(out, y)
      let g = tape.gradients(of: [(out, seed: seed.tensor)], for: [a, f])
      tape.reset()
      // The adjoint of a map: <g, dx> = <seed, conv(dx)>, for the image and for the filter.
      for (gradient, point, moved) in [
        (g[0], Reference.random(c.image, seed: 5), true), (g[1], Reference.random(c.filter, seed: 6), false),
      ] {
        let change = ConvolutionTests.convolve(moved ? point.rounded : x.rounded, moved ? w.rounded : point.rounded, c)
        let expected = zip(change.values, seed.rounded.values).reduce(0) { $0 + $1.0 * $1.1 }
        let found = zip(gradient.floats, point.rounded.values).reduce(0.0) { $0 + Double($1.0) * $1.1 }
        let size = zip(gradient.floats, point.rounded.values).reduce(0.0) { $0 + abs(Double($1.0) * $1.1) }
        #expect(abs(found - expected) <= 2e-5 * size, "\(found), expected \(expected)")
      }
    }
  }

  @Test("bias, activation and residual are applied in that order, in both types") func fused() {
    let c = ConvolutionTests.Case(image: [1, 6, 7, 16], filter: [3, 3, 16, 16])
    let x = Reference.random(c.image), w = Reference.random(c.filter, seed: 2), b = Reference.random([16], seed: 3)
    let r = Reference.random([1, 6, 7, 16], seed: 4)
    let pre = ArithmeticTests.broadcast(ConvolutionTests.convolve(x.rounded, w.rounded, c), b.rounded, +)
    Compute.perform {
      for (activation, function) in [
        (FusedActivation.none, { $0 }), (.relu, { max($0, 0) }), (.silu, { $0 / (1 + exp(-$0)) }),
      ] as [(FusedActivation, (Double) -> Double)] {
        let expected = ArithmeticTests.broadcast(pre.map(function), r.rounded, +)
        expectClose(x.tensor.convolved(w.tensor, bias: b.tensor, activation: activation, adding: r.tensor), expected)
        let half = x.tensor.cast(to: .bf16).convolved(
          w.tensor.cast(to: .bf16), bias: b.tensor, activation: activation, adding: r.tensor.cast(to: .bf16))
        #expect(half.elementType == .bf16)
        expectClose(half, expected, relative: 2e-2)
      }
    }
  }

  @Test("a window that starts at a multiple of four has the image's bits one block inside") func windows() {
    let x = Tensor.normal([1, 40, 44, 16], seed: 1), w = Tensor.normal([3, 3, 16, 16], seed: 2)
    let whole = x.convolved(w).sliced(axis: 1, 12..<28).sliced(axis: 2, 8..<28)
    let part = x.sliced(axis: 1, 8..<34).sliced(axis: 2, 4..<33).convolved(w).sliced(axis: 1, 4..<20).sliced(axis: 2, 4..<24)
    #expect(whole.floats == part.floats)
  }

  @Test("results do not depend on the thread count") func threads() {
    let x = Tensor.normal([2, 33, 29, 32], seed: 1), w = Tensor.normal([3, 3, 32, 48], seed: 2)
    let before = Compute.threads
    let many = x.convolved(w).floats
    Compute.threads = 1
    let one = x.convolved(w).floats
    Compute.threads = before
    #expect(many == one)
  }
}
