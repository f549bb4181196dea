import OneStepTensors

/// DDIM with noise (Song et al. 2021, equation 16): eta 0 is deterministic, 1 is DDPM's ancestral sampling. Written in the
/// noise-to-signal ratio, which on a variance-preserving path is the paper's formula and holds on any other.
public struct StochasticDDIM: StochasticSolver, Equatable {
  public let eta: Double
  public var memory: Int { 1 }

  public init(eta: Double) {
    precondition(eta >= 0 && eta <= 1, "eta \(eta) is not between 0 and 1")
    self.eta = eta
  }

  public func advance(_ x: Tensor, _ step: SolverStep, _ random: inout RandomSource) throws -> Tensor {
    let (start, end) = (step.start, step.end)
    let ratio = end.noise * start.signal / (end.signal * start.noise)
    let fresh = eta * end.noise * (1 - ratio * ratio).squareRoot()
    let kept = (end.noise * end.noise - fresh * fresh).squareRoot()
    return step.history[0].data * Float(end.signal) + step.history[0].noise * Float(kept)
      + random.normal(x.shape) * Float(fresh)
  }
}
