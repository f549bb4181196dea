import COpenBLAS

/// Why a matrix could not be treated.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// A NaN or an infinity among the elements.
  case notFinite
  /// The leading block of this order has no positive determinant, or (square root) an eigenvalue is clearly negative.
  case notPositiveDefinite(order: Int)
  /// Elimination met a zero at this place of the diagonal.
  case singular(row: Int)
  /// The iteration for eigenvalues or singular values did not end.
  case noConvergence

  public var description: String {
    switch self {
    case .notFinite: "the matrix has an element that is not finite"
    case .notPositiveDefinite(let order): "the matrix is not positive definite (seen at order \(order))"
    case .singular(let row): "the matrix is singular (zero pivot in row \(row))"
    case .noConvergence: "the iteration for eigenvalues or singular values did not converge"
    }
  }
}

/// Small dense matrices in double precision, row-major arrays, through LAPACK.
public enum LinearAlgebra {
  /// Eigenvalues of a symmetric matrix, ascending, and its orthonormal eigenvectors: row `j` of `vectors` belongs to
  /// `values[j]`. Only the lower triangle of `a` is read.
  public static func symmetricEigen(
    _ a: [Double], order n: Int
  ) throws(LinearAlgebraError) -> (values: [Double], vectors: [Double]) {
    try check(a, n, n)
    guard n > 0 else { return ([], []) }
    var (vectors, values) = (a, [Double](repeating: 0, count: n))
    let status = compute { () -> Int32 in
      var (order, info) = (Int32(n), Int32(0))
      var (size, intSize) = (Int32(-1), Int32(-1))
      var (query, intQuery) = (0.0, Int32(0))
      // The upper triangle by columns is the lower one by rows.
      dsyevd_("V", "U", &order, &vectors, &order, &values, &query, &size, &intQuery, &intSize, &info, 1, 1)
      (size, intSize) = (Int32(query), intQuery)
      var work = [Double](repeating: 0, count: Int(size))
      var integers = [Int32](repeating: 0, count: Int(intSize))
      dsyevd_("V", "U", &order, &vectors, &order, &values, &work, &size, &integers, &intSize, &info, 1, 1)
      return info
    }
    guard status == 0 else { throw .noConvergence }
    return (values, vectors)
  }

  /// a = u diag(s) vt with `k = min(rows, columns)` singular values, descending: `u` is rows x k, `vt` is k x columns.
  public static func singularValues(
    _ a: [Double], rows: Int, columns: Int
  ) throws(LinearAlgebraError) -> (u: [Double], s: [Double], vt: [Double]) {
    try check(a, rows, columns)
    let k = min(rows, columns)
    guard k > 0 else { return ([], [], []) }
    var (matrix, s) = (a, [Double](repeating: 0, count: k))
    var u = [Double](repeating: 0, count: rows * k)
    var vt = [Double](repeating: 0, count: k * columns)
    let status = compute { () -> Int32 in
      // By columns this memory is the transpose, whose factors are ours exchanged.
      var (m, n, least, info, size) = (Int32(columns), Int32(rows), Int32(k), Int32(0), Int32(-1))
      var query = 0.0
      var integers = [Int32](repeating: 0, count: 8 * k)
      dgesdd_("S", &m, &n, &matrix, &m, &s, &vt, &m, &u, &least, &query, &size, &integers, &info, 1)
      size = Int32(query)
      var work = [Double](repeating: 0, count: Int(size))
      dgesdd_("S", &m, &n, &matrix, &m, &s, &vt, &m, &u, &least, &work, &size, &integers, &info, 1)
      return info
    }
    guard status == 0 else { throw .noConvergence }
    return (u, s, vt)
  }

  /// The lower triangular `l` with `a = l lᵀ`. Only the lower triangle of `a` is read.
  public static func cholesky(_ a: [Double], order n: Int) throws(LinearAlgebraError) -> [Double] {
    try check(a, n, n)
    guard n > 0 else { return [] }
    var factor = a
    let status = compute { () -> Int32 in
      var (order, info) = (Int32(n), Int32(0))
      dpotrf_("U", &order, &factor, &order, &info, 1)
      return info
    }
    guard status == 0 else { throw .notPositiveDefinite(order: Int(status)) }
    for i in 0..<n {
      for j in (i + 1)..<max(n, i + 1) { factor[i * n + j] = 0 }
    }
    return factor
  }

  /// x with `a x = b` for a square `a` of `order` rows; `b` and x are order x columns.
  public static func solve(
    _ a: [Double], order n: Int, _ b: [Double], columns: Int = 1
  ) throws(LinearAlgebraError) -> [Double] {
    try check(a, n, n)
    try check(b, n, columns)
    guard n > 0 && columns > 0 else { return [] }
    var (matrix, x) = (transposed(a, n, n), transposed(b, n, columns))
    let status = compute { () -> Int32 in
      var (order, right, info) = (Int32(n), Int32(columns), Int32(0))
      var pivots = [Int32](repeating: 0, count: n)
      dgesv_(&order, &right, &matrix, &order, &pivots, &x, &order, &info)
      return info
    }
    guard status == 0 else { throw .singular(row: Int(status) - 1) }
    return transposed(x, columns, n)
  }

  /// The symmetric square root of a symmetric positive semidefinite matrix. Eigenvalues that rounding made slightly
  /// negative count as zero.
  public static func squareRoot(_ a: [Double], order n: Int) throws(LinearAlgebraError) -> [Double] {
    let (values, vectors) = try symmetricEigen(a, order: n)
    let largest = values.reduce(0) { max($0, abs($1)) }
    if let bad = values.firstIndex(where: { $0 < -1e-9 * largest }) { throw .notPositiveDefinite(order: bad + 1) }
    // Σ sqrt(λ) v vᵀ as the product of the rows v λ^(1/4) with themselves.
    var scaled = vectors
    for j in 0..<n {
      let root = max(0, values[j]).squareRoot().squareRoot()
      for i in 0..<n { scaled[j * n + i] *= root }
    }
    return product(transposed(scaled, n, n), scaled, rows: n, inner: n, columns: n)
  }

  /// a b, with a rows x inner and b inner x columns.
  public static func product(_ a: [Double], _ b: [Double], rows: Int, inner: Int, columns: Int) -> [Double] {
    precondition(
      a.count == rows * inner && b.count == inner * columns,
      "\(a.count) and \(b.count) elements for a product \(rows) x \(inner) x \(columns)")
    var c = [Double](repeating: 0, count: rows * columns)
    guard rows * inner * columns > 0 else { return c }
    compute {
      cblas_dgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(inner), b,
        Int32(columns), 0, &c, Int32(columns))
    }
    return c
  }

  /// The transpose of a rows x columns matrix.
  public static func transposed(_ a: [Double], _ rows: Int, _ columns: Int) -> [Double] {
    precondition(a.count == rows * columns, "\(a.count) elements for a matrix \(rows) x \(columns)")
    return (0..<columns).flatMap { j in (0..<rows).map { a[$0 * columns + j] } }
  }

  private static func check(_ a: [Double], _ rows: Int, _ columns: Int) throws(LinearAlgebraError) {
    precondition(a.count == rows * columns, "\(a.count) elements for a matrix \(rows) x \(columns)")
    guard a.allSatisfy(\.isFinite) else { throw .notFinite }
  }

  /// OpenBLAS keeps to one thread on the compute thread.
  private static func compute<R>(_ body: () -> R) -> R { Compute.perform(body) }
}
