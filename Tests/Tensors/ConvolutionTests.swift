import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct ConvolutionTests {
  struct Case: Sendable {
    var image: [Int], filter: [Int]
    var stride = (1, 1), dilation = (1, 1), groups = 1
    var padding: ConvolutionPadding? = nil
  }

  static let cases: [Case] = [
    Case(image: [1, 5, 6, 2], filter: [3, 3, 2, 3]),
    Case(image: [2, 7, 5, 3], filter: [3, 3, 3, 17], padding: .all(0)),
    Case(image: [1, 9, 8, 4], filter: [3, 3, 4, 5], stride: (2, 2), padding: .all(1)),
    Case(image: [1, 9, 7, 2], filter: [3, 2, 2, 3], stride: (2, 3), padding: .init(top: 1, left: 0, bottom: 0, right: 1)),
    Case(image: [1, 9, 9, 2], filter: [3, 3, 2, 2], dilation: (2, 3)),
    Case(image: [1, 6, 6, 6], filter: [3, 3, 2, 9], groups: 3),
    Case(image: [1, 6, 7, 8], filter: [3, 3, 1, 8], groups: 8),
    Case(image: [2, 3, 4, 5], filter: [1, 1, 5, 4]),
    Case(image: [1, 1, 1, 3], filter: [3, 3, 3, 2]),
    Case(image: [1, 1, 17, 2], filter: [1, 5, 2, 3], padding: .init(top: 0, left: 4, bottom: 0, right: 0)),
    Case(image: [1, 6, 6, 2], filter: [2, 2, 2, 4], stride: (2, 2), padding: .all(0)),
  ]

  static func convolve(_ x: Reference, _ w: Reference, _ c: Case) -> Reference {
    let reach = (c.dilation.0 * (w.shape[0] - 1), c.dilation.1 * (w.shape[1] - 1))
    let p = c.padding ?? .init(
      top: reach.0 / 2, left: reach.1 / 2, bottom: reach.0 - reach.0 / 2, right: reach.1 - reach.1 / 2)
    let oh = (x.shape[1] + p.top + p.bottom - reach.0 - 1) / c.stride.0 + 1
    let ow = (x.shape[2] + p.left + p.right - reach.1 - 1) / c.stride.1 + 1
    var y = Reference.filled(0, [x.shape[0], oh, ow, w.shape[3]])
    let perGroup = w.shape[3] / c.groups
    for i in y.indices {
      var sum = 0.0
      for ky in 0..<w.shape[0] {
        for kx in 0..<w.shape[1] {
          let (iy, ix) = (i[1] * c.stride.0 + ky * c.dilation.0 - p.top, i[2] * c.stride.1 + kx * c.dilation.1 - p.left)
          guard (0..<x.shape[1]).contains(iy), (0..<x.shape[2]).contains(ix) else { continue }
          for k in 0..<w.shape[2] { sum += x[i[0], iy, ix, i[3] / perGroup * w.shape[2] + k] * w[ky, kx, k, i[3]] }
        }
      }
      y.values[y.offset(i)] = sum
    }
    return y
  }

  @Test("every stride, dilation, group and padding matches a naive loop, with both rules", arguments: cases.indices)
  func matches(_ index: Int) {
    let c = Self.cases[index]
    expectOperator(
      "conv \(c)", [.random(c.image), .random(c.filter, seed: 2), .random([c.filter[3]], seed: 3)],
      engine: {
        $0[0].convolved(
          $0[1], bias: $0[2], stride: c.stride, padding: c.padding, dilation: c.dilation, groups: c.groups)
      },
      reference: { ArithmeticTests.broadcast(Self.convolve($0[0], $0[1], c), $0[2], +) })
  }

  @Test("fused ReLU, SiLU and residual equal the separate operators") func fused() {
    let inputs: [Reference] = [
      .random([1, 5, 5, 4]), .random([3, 3, 4, 4], seed: 2), .random([4], seed: 3), .random([1, 5, 5, 4], seed: 4),
    ]
    func pre(_ input: [Reference]) -> Reference {
      ArithmeticTests.broadcast(Self.convolve(input[0], input[1], Case(image: [], filter: [])), input[2], +)
    }
    expectOperator(
      "relu then residual", inputs, step: 1e-5,
      engine: { $0[0].convolved($0[1], bias: $0[2], activation: .relu, adding: $0[3]) },
      reference: { ArithmeticTests.broadcast(pre($0).map { max($0, 0) }, $0[3], +) })
    expectOperator(
      "silu", Array(inputs[..<3]), engine: { $0[0].convolved($0[1], bias: $0[2], activation: .silu) },
      reference: { pre($0).map { $0 / (1 + exp(-$0)) } })
  }

  @Test("a transposed convolution is the adjoint of the convolution", arguments: [(1, 0), (2, 0), (2, 1), (3, 0)])
  func transposed(_ stride: Int, _ extra: Int) {
    let image = [2, 3, 4, 3], filter = [3, 3, 2, 3]
    expectOperator(
      "transposed", [.random(image), .random(filter, seed: 2), .random([2], seed: 3)],
      engine: {
        $0[0].transposedConvolved(
          $0[1], bias: $0[2], stride: (stride, stride), padding: .all(1), outputPadding: (extra, extra))
      },
      reference: { input in
        let (x, w) = (input[0], input[1])
        let h = (x.shape[1] - 1) * stride - 2 + 3 + extra, ww = (x.shape[2] - 1) * stride - 2 + 3 + extra
        var y = Reference.filled(0, [2, h, ww, 2])
        for i in x.indices {
          for ky in 0..<3 {
            for kx in 0..<3 {
              let (oy, ox) = (i[1] * stride + ky - 1, i[2] * stride + kx - 1)
              guard (0..<h).contains(oy), (0..<ww).contains(ox) else { continue }
              for c in 0..<2 { y[i[0], oy, ox, c] += x.values[x.offset(i)] * w[ky, kx, c, i[3]] }
            }
          }
        }
        return ArithmeticTests.broadcast(y, input[2], +)
      })
  }

  @Test("one-dimensional convolution is a row of the two-dimensional one") func oneDimensional() {
    expectOperator(
      "conv1d", [.random([2, 11, 3]), .random([3, 3, 4], seed: 2)],
      engine: { $0[0].convolved1D($0[1], stride: 2, padding: (2, 0), dilation: 2) },
      reference: {
        let y = Self.convolve(
          Reference($0[0].values, [2, 1, 11, 3]), Reference($0[1].values, [1, 3, 3, 4]),
          Case(
            image: [], filter: [], stride: (1, 2), dilation: (1, 2),
            padding: .init(top: 0, left: 2, bottom: 0, right: 0)))
        return Reference(y.values, [2, y.shape[2], 4])
      })
  }

  @Test("large sizes cross every tile of the kernels") func large() {
    let c = Case(image: [2, 19, 37, 21], filter: [3, 3, 21, 50])
    let x = Reference.random(c.image), w = Reference.random(c.filter, seed: 2)
    Compute.perform {
      let expected = Self.convolve(x.rounded, w.rounded, c)
      expectClose(x.tensor.convolved(w.tensor), expected)
      let bf16 = x.tensor.cast(to: .bf16).convolved(w.tensor.cast(to: .bf16))
      #expect(bf16.elementType == .bf16)
      expectClose(bf16, expected, relative: 2e-2)
    }
  }

  @Test("results do not depend on the thread count") func threads() {
    let x = Reference.random([3, 33, 29, 16]).tensor, w = Reference.random([3, 3, 16, 24], seed: 2).tensor
    func all() -> [[Float]] {
      Compute.perform {
        let tape = Tape()
        let (a, b) = (tape.watch(x), tape.watch(w))
        let y = a.convolved(b)
        let g = tape.gradients(of: y.squared().sum(), for: [a, b])
        tape.reset()
        return [y.floats, g[0].floats, g[1].floats]
      }
    }
    let before = Compute.threads
    let many = all()
    Compute.threads = 1
    let one = all()
    Compute.threads = before
    #expect(many == one)
  }
}

import Foundation
