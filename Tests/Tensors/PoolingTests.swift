import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct PoolingTests {
  struct Case: Sendable {
    var image: [Int], size: (Int, Int), stride: (Int, Int)
    var padding = ConvolutionPadding.none
  }

  static let cases: [Case] = [
    Case(image: [2, 4, 6, 3], size: (2, 2), stride: (2, 2)),
    Case(image: [1, 7, 5, 2], size: (2, 2), stride: (2, 2)),
    Case(image: [1, 7, 8, 17], size: (3, 3), stride: (2, 2), padding: .all(1)),
    Case(image: [1, 6, 5, 1], size: (3, 2), stride: (1, 1), padding: .init(top: 2, left: 0, bottom: 0, right: 1)),
    Case(image: [1, 9, 9, 2], size: (2, 3), stride: (3, 4)),
    Case(image: [1, 3, 3, 2], size: (3, 3), stride: (1, 1)),
    Case(image: [1, 1, 1, 5], size: (1, 1), stride: (1, 1)),
  ]

  /// Reduces every window; `nil` stands for a padded pixel.
  static func pool(_ x: Reference, _ c: Case, _ f: ([Double?]) -> Double) -> Reference {
    let p = c.padding
    let oh = (x.shape[1] + p.top + p.bottom - c.size.0) / c.stride.0 + 1
    let ow = (x.shape[2] + p.left + p.right - c.size.1) / c.stride.1 + 1
    var y = Reference.filled(0, [x.shape[0], oh, ow, x.shape[3]])
    for i in y.indices {
      var window: [Double?] = []
      for ky in 0..<c.size.0 {
        for kx in 0..<c.size.1 {
          let (a, b) = (i[1] * c.stride.0 + ky - p.top, i[2] * c.stride.1 + kx - p.left)
          let inside = (0..<x.shape[1]).contains(a) && (0..<x.shape[2]).contains(b)
          window.append(inside ? x[i[0], a, b, i[3]] : nil)
        }
      }
      y.values[y.offset(i)] = f(window)
    }
    return y
  }

  @Test("windows of every size, stride and padding match a naive loop, with both rules", arguments: cases.indices)
  func matches(_ index: Int) {
    let c = Self.cases[index]
    expectOperator(
      "max \(c)", [.random(c.image)], step: 1e-5,
      engine: { $0[0].maxPooled(c.size, stride: c.stride, padding: c.padding) },
      reference: { Self.pool($0[0], c) { $0.compactMap { $0 }.max()! } })
    expectOperator(
      "mean \(c)", [.random(c.image)],
      engine: { $0[0].averagePooled(c.size, stride: c.stride, padding: c.padding) },
      reference: { Self.pool($0[0], c) { $0.reduce(0) { $0 + ($1 ?? 0) } / Double($0.count) } })
    expectOperator(
      "mean inside \(c)", [.random(c.image)],
      engine: { $0[0].averagePooled(c.size, stride: c.stride, padding: c.padding, countingPadding: false) },
      reference: {
        Self.pool($0[0], c) { window in
          let inside = window.compactMap { $0 }
          return inside.reduce(0, +) / Double(inside.count)
        }
      })
  }

  @Test("sequences are pooled along time") func sequences() {
    let x = Reference.random([2, 9, 4])
    let c = Case(
      image: [2, 1, 9, 4], size: (1, 3), stride: (1, 2), padding: .init(top: 0, left: 1, bottom: 0, right: 1))
    func row(_ x: Reference) -> Reference { Reference(x.values, [2, 1, 9, 4]) }
    func sequence(_ y: Reference) -> Reference { Reference(y.values, [2, y.shape[2], 4]) }
    expectOperator(
      "max 1D", [x], step: 1e-5, engine: { $0[0].maxPooled(3, stride: 2, padding: 1) },
      reference: { sequence(Self.pool(row($0[0]), c) { $0.compactMap { $0 }.max()! }) })
    expectOperator(
      "mean 1D", [x], engine: { $0[0].averagePooled(3, stride: 2, padding: 1) },
      reference: { sequence(Self.pool(row($0[0]), c) { $0.reduce(0) { $0 + ($1 ?? 0) } / 3 }) })
  }

  @Test("adaptive and global means") func adaptive() {
    let x = Tensor.range(12).reshaped(1, 3, 4, 1)
    #expect(x.averagePooled(height: 3, width: 2).floats == [0.5, 2.5, 4.5, 6.5, 8.5, 10.5])
    #expect(x.globalAveragePooled().floats == [5.5] && x.globalAveragePooled().shape == [1, 1, 1, 1])
    #expect(Tensor.range(6).reshaped(1, 3, 2).globalAveragePooled().floats == [2, 3])
  }

  @Test("the first of equal elements has the derivative; a NaN is seen") func ties() {
    let tape = Tape()
    let x = tape.watch(Tensor.ones([1, 2, 2, 1]))
    #expect(tape.gradients(of: x.maxPooled((2, 2)).sum(), for: [x])[0].floats == [1, 0, 0, 0])
    for place in 0..<4 {
      var values: [Float] = [1, 2, 3, 4]
      values[place] = .nan
      #expect(Tensor(values, shape: [1, 2, 2, 1]).maxPooled((2, 2)).item.isNaN)
    }
    #expect(Tensor([-.infinity, -.infinity], shape: [1, 1, 2, 1]).maxPooled((1, 2)).item == -.infinity)
  }

  @Test("bf16 keeps its type, values and gradients") func bf16() {
    let x = Reference.random([1, 6, 6, 5]).tensor.cast(to: .bf16)
    #expect(x.maxPooled((2, 2)).elementType == .bf16)
    #expect(x.maxPooled((2, 2)).floats == x.cast(to: .f32).maxPooled((2, 2)).floats)
    let mean = x.averagePooled((3, 3))
    #expect(mean.floats == x.cast(to: .f32).averagePooled((3, 3)).cast(to: .bf16).floats)
    let tape = Tape()
    let w = tape.watch(x)
    let g = tape.gradients(of: w.maxPooled((3, 3)).cast(to: .f32).sum(), for: [w])[0]
    #expect(g.sum().item == 20)
  }
}
