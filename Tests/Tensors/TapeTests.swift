import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct TapeTests {
  @Test("gradients add up where a value is used twice") func fan() {
    let tape = Tape()
    let x = tape.watch(Tensor([3], shape: [1]))
    let y = x * x + x
    #expect(tape.gradients(of: y.sum(), for: [x])[0].item == 7)
  }

  @Test("plain values stop gradients and tangents") func stop() {
    let tape = Tape()
    let x = tape.watch(Tensor([3], shape: [1]))
    #expect(tape.gradients(of: (x * x.values).sum(), for: [x])[0].item == 3)
    let moved = jvp({ $0[0] * $0[0].values }, at: [Tensor([3], shape: [1])], along: [Tensor([1], shape: [1])])
    #expect(moved.tangent.item == 3)
  }

  @Test("a loss that does not depend on a leaf gives zeros") func independent() {
    let tape = Tape()
    let (x, y) = (tape.watch(Tensor.ones([2])), tape.watch(Tensor.ones([3])))
    #expect(tape.gradients(of: x.sum(), for: [y])[0].floats == [0, 0, 0])
  }

  @Test("one computation serves several losses") func retained() {
    let tape = Tape()
    let x = tape.watch(Tensor([2], shape: [1]))
    let y = x.squared()
    #expect(tape.gradients(of: y.sum(), for: [x])[0].item == 4)
    #expect(tape.gradients(of: (y * y).sum(), for: [x])[0].item == 32)
  }

  @Test("a gradient can be asked for at an inner value") func inner() {
    let tape = Tape()
    let x = tape.watch(Tensor([2], shape: [1]))
    let y = x * 3
    let g = tape.gradients(of: y.squared().sum(), for: [y, x])
    #expect(g[0].item == 12 && g[1].item == 36)
  }

  @Test("a dropped computation frees its memory") func release() {
    weak var observed: Tape?
    do {
      let tape = Tape()
      observed = tape
      let x = tape.watch(Tensor.ones([8]))
      let y = x.convolvedForTest() * x
      _ = tape.gradients(of: y.sum(), for: [x])
      tape.reset()
    }
    #expect(observed == nil)
  }

  @Test("tangents ride through a recorded computation") func both() {
    let tape = Tape()
    let x = tape.watch(Tensor([2], shape: [1]).withTangent(Tensor([1], shape: [1])))
    let y = x.squared()
    #expect(y.tangent.item == 4)
    #expect(tape.gradients(of: y.sum(), for: [x])[0].item == 4)
  }
}

extension Tensor {
  fileprivate func convolvedForTest() -> Tensor {
    reshaped(1, 2, 2, 2).convolved(Tensor.ones([3, 3, 2, 2])).reshaped(8)
  }
}
