import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct MuonTests {
  private static func singularValues(_ m: Tensor) throws -> [Double] {
    try LinearAlgebra.singularValues(m.floats.map(Double.init), rows: m.shape[0], columns: m.shape[1]).s
  }

  @Test("the direction keeps the singular vectors and brings every singular value near 1", arguments: [(36, 8), (8, 36), (5, 5)])
  func orthogonal(_ shape: (Int, Int)) throws {
    let g = Tensor.normal([shape.0, shape.1], seed: 4)
    let o = MuonStep.orthogonalized(g)
    let singular = try Self.singularValues(o)
    #expect(singular.allSatisfy { (0.6...1.25).contains($0) }, "\(singular)")
    // U Vᵀ of the matrix itself has the largest inner product with it that an orthogonal matrix can have.
    let nuclear = try Self.singularValues(g).reduce(0, +)
    #expect(Double((o * g).sum().item) > 0.8 * nuclear)
  }

  @Test("an entry moves by the scale times the rate in the root mean square") func size() {
    let w = Tensor.normal([3, 3, 16, 8], seed: 1), g = Tensor.normal([3, 3, 16, 8], seed: 2)
    let (moved, m) = MuonStep(momentum: 0.9, scale: 0.4)(w, g, Tensor.zeros(w.shape), rate: 1e-2)
    let step = (moved - w).squared().mean().squareRoot().item
    #expect(abs(step / 4e-3 - 1) < 0.25)
    expectClose(m.floats, (g * 0.1).floats.map(Double.init), relative: 1e-5)
  }
}
