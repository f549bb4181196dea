import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct ShapingTests {
  static func permute(_ x: Reference, _ order: [Int]) -> Reference {
    var out = Reference.filled(0, order.map { x.shape[$0] })
    for i in out.indices {
      var source = [Int](repeating: 0, count: order.count)
      for (axis, from) in order.enumerated() { source[from] = i[axis] }
      out.values[out.offset(i)] = x.values[x.offset(source)]
    }
    return out
  }

  @Test("transposition moves every element", arguments: [[1, 0, 2], [2, 1, 0], [0, 2, 1], [0, 1, 2]])
  func transposition(_ order: [Int]) {
    expectOperator(
      "transpose", [.random([3, 4, 5])], engine: { $0[0].transposed(order) },
      reference: { Self.permute($0[0], order) })
  }

  @Test("slices, padding and joining are each other's adjoint", arguments: [0, 1, 2])
  func slices(_ axis: Int) {
    func cut(_ x: Reference, _ range: Range<Int>) -> Reference {
      var shape = x.shape
      shape[axis] = range.count
      var out = Reference.filled(0, shape)
      for i in out.indices {
        var j = i
        j[axis] += range.lowerBound
        out.values[out.offset(i)] = x.values[x.offset(j)]
      }
      return out
    }
    expectOperator(
      "slice", [.random([4, 5, 6])], engine: { $0[0].sliced(axis: axis, 1..<4) }, reference: { cut($0[0], 1..<4) })
    expectOperator(
      "pad", [.random([2, 3, 4])],
      engine: { $0[0].padded(axis: axis, before: 2, after: 1).sliced(axis: axis, 1..<($0[0].shape[axis] + 3)) },
      reference: { input in
        var shape = input[0].shape
        shape[axis] += 2
        var out = Reference.filled(0, shape)
        for i in input[0].indices {
          var j = i
          j[axis] += 1
          out.values[out.offset(j)] = input[0].values[input[0].offset(i)]
        }
        return out
      })
    expectOperator(
      "join", [.random([2, 3, 4]), .random([2, 3, 4], seed: 2)],
      engine: { .concatenated([$0[0], $0[1], $0[0]], axis: axis).sliced(axis: axis, 1..<5) },
      reference: { input in
        var shape = input[0].shape
        shape[axis] *= 3
        var out = Reference.filled(0, shape)
        for i in out.indices {
          var j = i
          j[axis] %= input[0].shape[axis]
          let part = input[i[axis] / input[0].shape[axis] % 2]
          out.values[out.offset(i)] = part.values[part.offset(j)]
        }
        return cut(out, 1..<5)
      })
  }

  @Test("reversal, reshape and broadcast") func others() {
    expectOperator(
      "reverse", [.random([3, 4])], engine: { $0[0].reversed(axis: 1) },
      reference: { x in
        var out = x[0]
        for i in out.indices { out.values[out.offset(i)] = x[0].values[x[0].offset([i[0], 3 - i[1]])] }
        return out
      })
    expectOperator(
      "reshape", [.random([3, 4])], engine: { $0[0].reshaped(2, -1) }, reference: { Reference($0[0].values, [2, 6]) })
    expectOperator(
      "broadcast", [.random([3, 1])], engine: { $0[0].broadcast(to: [2, 3, 4]) },
      reference: { x in
        var out = Reference.filled(0, [2, 3, 4])
        for i in out.indices { out.values[out.offset(i)] = x[0].values[i[1]] }
        return out
      })
  }

  @Test("a long copy is shared without losing elements") func longCopy() {
    let x = Reference.random([70_000], seed: 8)
    expectClose(x.tensor.padded(axis: 0, before: 3, after: 2).sliced(axis: 0, 3..<70_003), x)
    let m = Reference.random([257, 131], seed: 9)
    expectClose(m.tensor.transposed(1, 0).transposed(1, 0), m)
  }
}
