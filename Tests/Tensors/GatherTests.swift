import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct GatherTests {
  static let index: [Int32] = [3, 0, 3, 1, 3]

  static func gather(_ x: Reference) -> Reference {
    let inner = x.values.count / x.shape[0]
    let rows = index.flatMap { x.values[Int($0) * inner..<(Int($0) + 1) * inner] }
    return Reference(Array(rows), [index.count] + x.shape.dropFirst())
  }

  @Test("rows are gathered and scattered, each the other's adjoint", arguments: [[4], [4, 1], [5, 3, 2], [4, 17]])
  func rows(_ shape: [Int]) {
    expectOperator(
      "gather", [.random(shape)], engine: { $0[0].gathered(rows: Self.index) }, reference: { Self.gather($0[0]) })
    expectOperator(
      "scatter", [.random([5] + shape.dropFirst())], engine: { $0[0].scatterAdded(rows: Self.index, into: 6) },
      reference: { input in
        let inner = input[0].values.count / 5
        var out = Reference.filled(0, [6] + shape.dropFirst())
        for (i, row) in Self.index.enumerated() {
          for c in 0..<inner { out.values[Int(row) * inner + c] += input[0].values[i * inner + c] }
        }
        return out
      })
  }

  @Test("an embedding has the shape of its indices") func embedding() {
    let table = Reference.random([4, 3]).tensor
    let y = Tensor.embedding(table, [0, 1, 2, 3, 2, 1], shape: [2, 3])
    #expect(y.shape == [2, 3, 3] && y.sliced(axis: 0, 1..<2).sliced(axis: 1, 0..<1).floats == Array(table.floats[9...]))
    #expect(Tensor.embedding(table, [], shape: [0]).shape == [0, 3])
    let tape = Tape()
    let leaf = tape.watch(table)
    let g = tape.gradients(of: Tensor.embedding(leaf, [2, 2, 0], shape: [3]).sum(), for: [leaf])[0]
    #expect(g.floats == [1, 1, 1, 0, 0, 0, 2, 2, 2, 0, 0, 0])
  }

  @Test("bf16 rows are gathered exactly") func bf16() {
    let x = Reference.random([4, 5]).tensor.cast(to: .bf16)
    let y = x.gathered(rows: Self.index)
    #expect(y.elementType == .bf16 && y.floats == Self.gather(Reference(x.floats.map(Double.init), [4, 5])).values.map(Float.init))
  }
}
