import OneStepTensors

/// Muon's step for matrices and filters: momentum, made orthogonal.
///
/// Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks": the update of a matrix is the nearest
/// (semi-)orthogonal matrix to its Nesterov momentum, found by a quintic Newton-Schulz iteration. All directions in which
/// a layer could change then change equally fast, where Adam's step is ruled by a few.
package struct MuonStep {
  let momentum: Float
  /// Root mean square by which an entry moves, as a share of the learning rate (Liu et al. 2025 match Adam's with 0.2).
  let scale: Float

  package init(momentum: Float, scale: Float) { (self.momentum, self.scale) = (momentum, scale) }

  /// The moved weight and its new momentum; `gradient` is already clipped.
  package func callAsFunction(
    _ weight: Tensor, _ gradient: Tensor, _ average: Tensor, rate: Double
  ) -> (weight: Tensor, average: Tensor) {
    let m = average * momentum + gradient * (1 - momentum)
    let nesterov = gradient * (1 - momentum) + m * momentum
    let columns = weight.shape[weight.rank - 1], rows = weight.count / columns
    let direction = Self.orthogonalized(nesterov.reshaped(rows, columns)).reshaped(weight.shape)
    // Entries of a semi-orthogonal matrix have a mean square of 1 / max(rows, columns).
    let length = Float(rate) * scale * Float(max(rows, columns)).squareRoot()
    return (weight - direction * length, m)
  }

  /// Five Newton-Schulz iterations with the coefficients of the paper: singular values end between about 0.7 and 1.2.
  package static func orthogonalized(_ matrix: Tensor) -> Tensor {
    let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)
    var x = matrix / (matrix.squared().sum().squareRoot() + 1e-7)
    let tall = matrix.shape[0] >= matrix.shape[1]
    for _ in 0..<5 {
      // The smaller of the two Gram matrices.
      let gram = tall ? x.matmul(x, transposeA: true) : x.matmul(x, transposeB: true)
      let polynomial = gram * b + gram.matmul(gram) * c
      x = x * a + (tall ? x.matmul(polynomial) : polynomial.matmul(x))
    }
    return x
  }
}
