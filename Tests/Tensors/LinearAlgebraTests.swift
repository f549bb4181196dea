import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct LinearAlgebraTests {
  static func matrix(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> [Double] {
    Reference.random([rows, columns], seed: seed).values
  }
  static func multiply(_ a: [Double], _ b: [Double], _ rows: Int, _ inner: Int, _ columns: Int) -> [Double] {
    var c = [Double](repeating: 0, count: rows * columns)
    for i in 0..<rows {
      for j in 0..<columns {
        for k in 0..<inner { c[i * columns + j] += a[i * inner + k] * b[k * columns + j] }
      }
    }
    return c
  }
  static func transpose(_ a: [Double], _ rows: Int, _ columns: Int) -> [Double] {
    LinearAlgebra.transposed(a, rows, columns)
  }
  static func identity(_ n: Int) -> [Double] { (0..<n * n).map { $0 / n == $0 % n ? 1 : 0 } }
  /// g gᵀ + shift: symmetric positive definite.
  static func positive(_ n: Int, shift: Double = 0.1) -> [Double] {
    let g = matrix(n, n, seed: 5)
    return zip(multiply(g, transpose(g, n, n), n, n, n), identity(n)).map { $0 + shift * $1 }
  }
  func expectEqual(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-11, _ what: String = "") {
    let worst = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(a.count == b.count && worst <= tolerance, "\(what) differs by \(worst)")
  }

  @Test("eigenvectors diagonalise", arguments: [1, 2, 7, 40]) func eigen(_ n: Int) throws {
    let g = Self.matrix(n, n)
    let a = zip(g, Self.transpose(g, n, n)).map { $0 + $1 }
    let (values, vectors) = try LinearAlgebra.symmetricEigen(a, order: n)
    #expect(values == values.sorted())
    expectEqual(Self.multiply(vectors, Self.transpose(vectors, n, n), n, n, n), Self.identity(n), 1e-12, "orthogonality")
    var scaled = vectors
    for j in 0..<n { for i in 0..<n { scaled[j * n + i] *= values[j] } }
    expectEqual(Self.multiply(Self.transpose(vectors, n, n), scaled, n, n, n), a, 1e-11, "product")
  }

  @Test("a known spectrum, read from the lower triangle") func known() throws {
    let (values, vectors) = try LinearAlgebra.symmetricEigen([2, 99, 1, 2], order: 2)
    expectEqual(values, [1, 3], 1e-14)
    expectEqual(vectors.map(abs), [Double](repeating: 0.5.squareRoot(), count: 4), 1e-14)
    expectEqual(try LinearAlgebra.cholesky([4, 99, 2, 5], order: 2), [2, 0, 1, 2], 1e-14)
  }

  @Test("singular vectors rebuild the matrix", arguments: [(1, 1), (5, 3), (3, 8), (20, 20)])
  func svd(_ rows: Int, _ columns: Int) throws {
    let a = Self.matrix(rows, columns)
    let k = min(rows, columns)
    let (u, s, vt) = try LinearAlgebra.singularValues(a, rows: rows, columns: columns)
    #expect(s == s.sorted(by: >) && s.allSatisfy { $0 >= 0 })
    expectEqual(Self.multiply(Self.transpose(u, rows, k), u, k, rows, k), Self.identity(k), 1e-12, "u")
    expectEqual(Self.multiply(vt, Self.transpose(vt, k, columns), k, columns, k), Self.identity(k), 1e-12, "vt")
    var scaled = vt
    for j in 0..<k { for i in 0..<columns { scaled[j * columns + i] *= s[j] } }
    expectEqual(Self.multiply(u, scaled, rows, k, columns), a, 1e-12, "product")
  }

  @Test("Cholesky factors, solutions and square roots satisfy their equations", arguments: [1, 3, 30])
  func equations(_ n: Int) throws {
    let a = Self.positive(n)
    let l = try LinearAlgebra.cholesky(a, order: n)
    for i in 0..<n { for j in 0..<n where j > i { #expect(l[i * n + j] == 0) } }
    expectEqual(Self.multiply(l, Self.transpose(l, n, n), n, n, n), a, 1e-11, "l lᵀ")
    let root = try LinearAlgebra.squareRoot(a, order: n)
    expectEqual(root, Self.transpose(root, n, n), 1e-12, "symmetry")
    expectEqual(Self.multiply(root, root, n, n, n), a, 1e-11, "root²")
    let (m, b) = (Self.matrix(n, n, seed: 9), Self.matrix(n, 2, seed: 10))
    let x = try LinearAlgebra.solve(m, order: n, b, columns: 2)
    expectEqual(Self.multiply(m, x, n, n, 2), b, 1e-9, "a x")
    let (wide, tall) = (Self.matrix(n, 4, seed: 2), Self.matrix(4, 5, seed: 3))
    expectEqual(
      LinearAlgebra.product(wide, tall, rows: n, inner: 4, columns: 5), Self.multiply(wide, tall, n, 4, 5), 1e-13)
  }

  @Test("a singular covariance has a square root") func semidefinite() throws {
    let g = Self.matrix(6, 2)
    let a = Self.multiply(g, Self.transpose(g, 6, 2), 6, 2, 6)
    let root = try LinearAlgebra.squareRoot(a, order: 6)
    expectEqual(Self.multiply(root, root, 6, 6, 6), a, 1e-11)
    #expect(try LinearAlgebra.squareRoot([0, 0, 0, 0], order: 2) == [0, 0, 0, 0])
  }

  @Test("what cannot be done is said") func errors() {
    let bad = [1, Double.nan, Double.nan, 1]
    #expect(throws: LinearAlgebraError.notFinite) { try LinearAlgebra.symmetricEigen(bad, order: 2) }
    #expect(throws: LinearAlgebraError.notFinite) { try LinearAlgebra.singularValues(bad, rows: 2, columns: 2) }
    #expect(throws: LinearAlgebraError.notFinite) { try LinearAlgebra.cholesky(bad, order: 2) }
    #expect(throws: LinearAlgebraError.notFinite) { try LinearAlgebra.solve([1], order: 1, [.infinity]) }
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try LinearAlgebra.cholesky([1, 2, 2, 1], order: 2) }
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 1)) { try LinearAlgebra.squareRoot([1, 2, 2, 1], order: 2) }
    #expect(throws: LinearAlgebraError.singular(row: 1)) { try LinearAlgebra.solve([1, 2, 2, 4], order: 2, [1, 1]) }
    #expect((try? LinearAlgebra.cholesky([], order: 0)) == [])
  }
}
