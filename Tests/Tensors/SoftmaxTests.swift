import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct SoftmaxTests {
  /// Sum of e^x along an axis, with that axis kept.
  static func total(_ x: Reference, _ axis: Int) -> Reference {
    var sums = Reference.filled(0, x.shape.indices.map { $0 == axis ? 1 : x.shape[$0] })
    for i in x.indices {
      var j = i
      j[axis] = 0
      sums.values[sums.offset(j)] += Foundation.exp(x.values[x.offset(i)])
    }
    return sums
  }
  static func logSoftmax(_ x: Reference, _ axis: Int) -> Reference {
    let sums = total(x, axis)
    var y = x
    for i in x.indices {
      var j = i
      j[axis] = 0
      y.values[y.offset(i)] -= Foundation.log(sums.values[sums.offset(j)])
    }
    return y
  }

  @Test("softmax, its logarithm and its normaliser go along any axis", arguments: [0, 1, 2, -1])
  func axes(_ axis: Int) {
    let positive = axis < 0 ? axis + 3 : axis
    for shape in [[3, 4, 5], [1, 17, 1], [2, 3, 70], [7, 1, 33]] {
      let x = Reference.random(shape, in: -3...3)
      expectOperator(
        "softmax", [x], engine: { $0[0].softmax(axis: axis) },
        reference: { Self.logSoftmax($0[0], positive).map { Foundation.exp($0) } })
      expectOperator(
        "log softmax", [x], engine: { $0[0].logSoftmax(axis: axis) }, reference: { Self.logSoftmax($0[0], positive) })
      expectOperator(
        "log sum exp", [x], engine: { $0[0].logSumExp(axis: axis, keepingAxis: true) },
        reference: { Self.total($0[0], positive).map { Foundation.log($0) } })
    }
    #expect(Tensor.zeros([2, 3, 4]).logSumExp(axis: axis).rank == 2)
  }

  @Test("large and infinite arguments stay finite") func extremes() {
    let x = Tensor([1000, 1001, -.infinity, -.infinity, -.infinity, -.infinity], shape: [2, 3])
    for (x, axis) in [(x, 1), (x.transposed(1, 0), 0)] {
      let y = x.softmax(axis: axis).transposed(axis == 1 ? [0, 1] : [1, 0]).floats
      #expect(abs(y[1] - 0.7310586) < 1e-6 && y[2] == 0 && y[3...].allSatisfy { $0 == 0 })
      let l = x.logSumExp(axis: axis).floats
      #expect(abs(l[0] - 1001.3133) < 1e-3 && l[1] == -.infinity)
      #expect(abs(x.logSoftmax(axis: axis).floats[0] + 1.3132617) < 1e-4)
    }
  }

  @Test("bf16 keeps its type") func bf16() {
    let x = Reference.random([5, 37], in: -3...3).tensor.cast(to: .bf16)
    for axis in [0, 1] {
      let y = x.softmax(axis: axis)
      #expect(y.elementType == .bf16 && x.logSumExp(axis: axis).elementType == .bf16)
      expectClose(y.floats, x.cast(to: .f32).softmax(axis: axis).floats.map(Double.init), relative: 5e-3)
      let t = Reference.random([5, 37], seed: 3).tensor
      expectClose(
        jvp({ $0[0].logSoftmax(axis: axis) }, at: [x], along: [t.cast(to: .bf16)]).tangent.floats,
        jvp({ $0[0].logSoftmax(axis: axis) }, at: [x.cast(to: .f32)], along: [t]).tangent.floats.map(Double.init),
        relative: 2e-2)
    }
  }
}
