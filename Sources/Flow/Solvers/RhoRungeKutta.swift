import OneStepTensors

/// An explicit Runge-Kutta method on `d(x / signal) / d rho = E[eps]`, rho = noise / signal (DEIS's rhoRK, Zhang and Chen
/// 2023; `heun` on a Karras grid is EDM's deterministic sampler). As many evaluations a step as stages; a step that starts
/// without signal or ends without noise is an Euler step.
public struct RhoRungeKutta: TeacherSolver, Equatable {
  /// Shares of the step, rows of the tableau, and the stages' weights.
  let nodes: [Double], inner: [[Double]], weights: [Double]
  public var memory: Int { 1 }

  /// One stage, order 1: DDIM.
  public static let euler = RhoRungeKutta(nodes: [0], inner: [[]], weights: [1])
  /// Two stages, order 2, the second at a share `alpha` of the step: 1/2 midpoint, 2/3 Ralston, 1 Heun.
  public static func secondOrder(alpha: Double) -> RhoRungeKutta {
    precondition(alpha > 0 && alpha <= 1, "an inner point at \(alpha) of the step")
    return RhoRungeKutta(
      nodes: [0, alpha], inner: [[], [alpha]], weights: [1 - 1 / (2 * alpha), 1 / (2 * alpha)])
  }
  public static let heun = secondOrder(alpha: 1)
  /// Three stages, order 3, from here on until `classical`.
  public static let kutta = RhoRungeKutta(
    nodes: [0, 1 / 2, 1], inner: [[], [1 / 2], [-1, 2]], weights: [1 / 6, 2 / 3, 1 / 6])
  public static let ralston = RhoRungeKutta(
    nodes: [0, 1 / 2, 3 / 4], inner: [[], [1 / 2], [0, 3 / 4]], weights: [2 / 9, 1 / 3, 4 / 9])
  public static let heun3 = RhoRungeKutta(
    nodes: [0, 1 / 3, 2 / 3], inner: [[], [1 / 3], [0, 2 / 3]], weights: [1 / 4, 0, 3 / 4])
  public static let vanDerHouwen = RhoRungeKutta(
    nodes: [0, 8 / 15, 2 / 3], inner: [[], [8 / 15], [1 / 4, 5 / 12]], weights: [1 / 4, 0, 3 / 4])
  public static let stronglyStable = RhoRungeKutta(
    nodes: [0, 1, 1 / 2], inner: [[], [1], [1 / 4, 1 / 4]], weights: [1 / 6, 1 / 6, 2 / 3])
  /// The classical four stages, order 4.
  public static let classical = RhoRungeKutta(
    nodes: [0, 1 / 2, 1 / 2, 1], inner: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]], weights: [1 / 6, 1 / 3, 1 / 3, 1 / 6])

  public func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?) {
    let path = step.path, start = step.start, end = step.end
    guard start.signal > 0 && end.noise > 0 else { return (step.exponential(x), nil) }
    let rho = start.noise / start.signal, h = end.noise / end.signal - rho
    var slopes = [step.history[0].noise]
    // Combined in x rather than in x / signal, which is large where little signal is left.
    func point(_ weights: [Double], signal: Double) -> Tensor {
      zip(weights, slopes).reduce(x * Float(signal / start.signal)) {
        $1.0 == 0 ? $0 : $0 + $1.1 * Float(signal * $1.0 * h)
      }
    }
    for stage in nodes.indices.dropFirst() {
      // The end is the grid's own time, free of the inverse's rounding.
      let time = nodes[stage] == 1 ? step.next : path.time(rho + nodes[stage] * h)
      slopes.append(try step.evaluate(point(inner[stage], signal: path.scales(time).signal), time).noise)
    }
    return (point(weights, signal: end.signal), nil)
  }
}
