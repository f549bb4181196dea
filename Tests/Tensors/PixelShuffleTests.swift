import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct PixelShuffleTests {
  static func shuffle(_ x: Reference, _ r: Int) -> Reference {
    let c = x.shape[3] / (r * r)
    var y = Reference.filled(0, [x.shape[0], x.shape[1] * r, x.shape[2] * r, c])
    for i in y.indices {
      y.values[y.offset(i)] = x[i[0], i[1] / r, i[2] / r, i[3] * r * r + i[1] % r * r + i[2] % r]
    }
    return y
  }

  @Test("every factor and channel count moves each element to its place", arguments: [1, 2, 3, 4, 5], [1, 2, 3, 7])
  func shuffles(_ r: Int, _ c: Int) {
    let deep = Reference.random([2, 3, 2, c * r * r])
    let wide = Self.shuffle(deep.rounded, r)
    expectClose(deep.tensor.pixelShuffled(r), wide, relative: 0, absolute: 0)
    expectClose(wide.tensor.pixelUnshuffled(r), deep.rounded, relative: 0, absolute: 0)
    #expect(deep.tensor.cast(to: .bf16).pixelShuffled(r).floats == wide.tensor.cast(to: .bf16).floats)
    #expect(wide.tensor.cast(to: .bf16).pixelUnshuffled(r).floats == deep.tensor.cast(to: .bf16).floats)
  }

  @Test("both directions are each other's derivative") func derivatives() {
    expectOperator(
      "shuffle", [.random([1, 2, 3, 12])], engine: { $0[0].pixelShuffled(2) }, reference: { Self.shuffle($0[0], 2) })
    expectOperator(
      "unshuffle", [.random([1, 6, 3, 2])], engine: { $0[0].pixelUnshuffled(3) },
      reference: { x in
        var y = Reference.filled(0, [1, 2, 1, 18])
        for i in y.indices {
          let (k, inside) = i[3].quotientAndRemainder(dividingBy: 9)
          y.values[y.offset(i)] = x[0][i[0], i[1] * 3 + inside / 3, i[2] * 3 + inside % 3, k]
        }
        return y
      })
  }

  @Test("PyTorch's order") func order() {
    let x = Tensor.range(16).reshaped(1, 1, 2, 8)
    // torch.nn.functional.pixel_shuffle of the same numbers, printed channels-last.
    #expect(x.pixelShuffled(2).floats == [0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15])
  }

  @Test("an empty batch stays empty") func empty() {
    #expect(Tensor.zeros([0, 4, 4, 8]).pixelShuffled(2).shape == [0, 8, 8, 2])
  }
}
