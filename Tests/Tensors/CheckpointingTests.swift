import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct CheckpointingTests {
  static let x = Reference.random([3, 4]).tensor
  static let w = Reference.random([4, 4], seed: 2).tensor

  static func body(_ x: [Tensor]) -> Tensor {
    let hidden = x[0].matmul(x[1]).silu().dropout(rate: 0.4, seed: 3)
    return hidden.matmul(x[1]).layerNormalized().tanh()
  }

  @Test("gradients equal the plain ones, and one entry is recorded") func gradients() {
    func run(_ layer: ([Tensor]) -> Tensor) -> (gradients: [[Float]], entries: Int) {
      let tape = Tape()
      defer { tape.reset() }
      let leaves = [tape.watch(Self.x), tape.watch(Self.w)]
      let y = layer(leaves)
      let entries = tape.entryCount - 2
      return (tape.gradients(of: (y * leaves[0]).sum(), for: leaves).map(\.floats), entries)
    }
    let plain = run(Self.body), saved = run { Tensor.checkpointed($0, Self.body) }
    #expect(plain.gradients == saved.gradients)
    #expect(saved.entries == 1 && plain.entries > 4)
  }

  @Test("an input that needs no gradient gets none") func partial() {
    let tape = Tape()
    let w = tape.watch(Self.w)
    let y = Tensor.checkpointed([Self.x, w], Self.body)
    let other = Tape()
    let v = other.watch(Self.w)
    #expect(
      tape.gradients(of: y.sum(), for: [w])[0].floats
        == other.gradients(of: Self.body([Self.x, v]).sum(), for: [v])[0].floats)
    tape.reset()
    other.reset()
  }

  @Test("tangents pass through, recorded or not") func tangents() {
    let t = Reference.random([3, 4], seed: 5).tensor
    let plain = jvp(Self.body, at: [Self.x, Self.w], along: [t, nil])
    let saved = jvp({ Tensor.checkpointed($0, Self.body) }, at: [Self.x, Self.w], along: [t, nil])
    #expect(plain.value.floats == saved.value.floats && plain.tangent.floats == saved.tangent.floats)
    let tape = Tape()
    let y = Tensor.checkpointed([tape.watch(Self.x.withTangent(t)), Self.w], Self.body)
    #expect(y.tangent.floats == plain.tangent.floats && tape.entryCount == 2)
    tape.reset()
  }

  @Test("checkpoints nest") func nested() {
    let tape = Tape(), other = Tape()
    let (x, y) = (tape.watch(Self.x), other.watch(Self.x))
    func outer(_ inputs: [Tensor]) -> Tensor { Tensor.checkpointed([inputs[0].sin(), Self.w], Self.body).squared() }
    let saved = tape.gradients(of: Tensor.checkpointed([x], outer).sum(), for: [x])[0]
    let plain = other.gradients(of: Self.body([y.sin(), Self.w]).squared().sum(), for: [y])[0]
    #expect(saved.floats == plain.floats)
    tape.reset()
    other.reset()
  }
}
