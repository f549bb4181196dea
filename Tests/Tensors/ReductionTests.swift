import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct ReductionTests {
  static func reduce(_ x: Reference, _ axes: [Int], _ start: Double, _ f: (Double, Double) -> Double) -> Reference {
    var out = Reference.filled(start, x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] })
    for i in x.indices {
      let j = i.indices.map { axes.contains($0) ? 0 : i[$0] }
      out.values[out.offset(j)] = f(out.values[out.offset(j)], x.values[x.offset(i)])
    }
    return out
  }

  @Test("sums, means and extremes over any axes", arguments: [[0], [1], [2], [3], [0, 1], [1, 2], [0, 2], [1, 3], [0, 1, 2, 3], [-1]])
  func reductions(_ axes: [Int]) {
    let x = Reference.random([2, 3, 4, 5])
    let positive = axes.map { $0 < 0 ? $0 + 4 : $0 }
    let n = Double(positive.reduce(1) { $0 * x.shape[$1] })
    expectOperator(
      "sum", [x], engine: { $0[0].sum(axes, keepingAxes: true) }, reference: { Self.reduce($0[0], positive, 0, +) })
    expectOperator(
      "mean", [x], engine: { $0[0].mean(axes, keepingAxes: true) },
      reference: { Self.reduce($0[0], positive, 0, +).map { $0 / n } })
    expectOperator(
      "max", [x], step: 1e-5, engine: { $0[0].maximum(axes, keepingAxes: true) },
      reference: { Self.reduce($0[0], positive, -.infinity, max) })
    expectOperator(
      "min", [x], step: 1e-5, engine: { $0[0].minimum(axes, keepingAxes: true) },
      reference: { Self.reduce($0[0], positive, .infinity, min) })
    expectOperator(
      "variance", [x], engine: { $0[0].variance(axes, keepingAxes: true) },
      reference: { input in
        let mean = Self.reduce(input[0], positive, 0, +).map { $0 / n }
        let square = Self.reduce(input[0].map { $0 * $0 }, positive, 0, +).map { $0 / n }
        return Reference(zip(square.values, mean.values).map { $0 - $1 * $1 }, mean.shape)
      })
  }

  @Test("reduced axes disappear unless kept") func shapes() {
    let x = Tensor.ones([2, 3, 4])
    #expect(x.sum([1]).shape == [2, 4] && x.sum([1], keepingAxes: true).shape == [2, 1, 4])
    #expect(x.sum().shape == [] && x.sum().item == 24)
  }

  @Test("long sums stay accurate and do not depend on the thread count") func long() {
    let x = Reference.random([300_001], seed: 3, in: 0...1)
    let tensor = x.tensor
    let exact = x.values.reduce(0) { $0 + Double(Float($1)) }
    #expect(abs(Double(tensor.sum().item) - exact) < 1e-5 * exact)
    let wide = Reference.random([5000, 70], seed: 4).tensor
    let before = Compute.threads
    let many = (tensor.sum().floats, wide.sum([0]).floats)
    Compute.threads = 1
    let one = (tensor.sum().floats, wide.sum([0]).floats)
    Compute.threads = before
    #expect(many == one)
  }

  @Test("running sums go along any axis", arguments: [0, 1, 2])
  func cumulative(_ axis: Int) {
    expectOperator(
      "cumsum", [.random([3, 4, 5])], engine: { $0[0].cumulativeSum(axis: axis) },
      reference: { input in
        var out = input[0]
        for i in out.indices where i[axis] > 0 {
          var j = i
          j[axis] -= 1
          out.values[out.offset(i)] += out.values[out.offset(j)]
        }
        return out
      })
  }
}
