import OneStepTensors

/// A solver of the probability-flow equation that asks a teacher for its denoiser, along a path without an anchor. In
/// contrast to ``Solver`` it knows the linear part of the equation and may keep past evaluations. Deterministic.
public protocol TeacherSolver: Sendable {
  /// Evaluations it keeps, the newest included.
  var memory: Int { get }
  /// From `x` at the newest evaluation's time to `step.next`; the evaluation there if one was made on the way.
  func advance(_ x: Tensor, _ step: SolverStep) throws -> (x: Tensor, evaluation: Evaluation?)
}

/// The same with fresh noise in every step: samples a stochastic equation with the path's marginals.
public protocol StochasticSolver: Sendable {
  var memory: Int { get }
  func advance(_ x: Tensor, _ step: SolverStep, _ random: inout RandomSource) throws -> Tensor
}

/// What happens at the end of a grid.
public enum SolverEnding: Sendable, Equatable {
  /// Nothing: full order and the corrector on every step.
  case full
  /// The official rule of DPM-Solver++ and UniPC: order at most the number of steps left, no corrector on the last step.
  /// Below some fifteen steps it saves a large error.
  case lowerOrder
}

extension TeacherSolver {
  /// Solves along a grid, from `x`, [N, ...], at its first time -> like x.
  ///
  /// A step that starts without signal or ends without noise is of first order whatever the solver: half the log
  /// signal-to-noise ratio, in which solvers are written, is infinite there.
  public func sample<C>(
    _ x: Tensor, over grid: TimeGrid, with denoiser: Denoiser<C>, _ condition: C, ending: SolverEnding = .lowerOrder
  ) throws -> Tensor {
    try march(x, over: grid, with: denoiser, condition, memory: memory, ending, advance)
  }
}

extension StochasticSolver {
  /// Samples along a grid, from `x`, [N, ...], at its first time -> like x.
  public func sample<C>(
    _ x: Tensor, over grid: TimeGrid, with denoiser: Denoiser<C>, _ condition: C, ending: SolverEnding = .lowerOrder,
    _ random: inout RandomSource
  ) throws -> Tensor {
    try march(x, over: grid, with: denoiser, condition, memory: memory, ending) {
      (try advance($0, $1, &random), nil)
    }
  }
}

/// The loop that all solvers share: evaluate, remember, advance.
private func march<C>(
  _ x: Tensor, over grid: TimeGrid, with denoiser: Denoiser<C>, _ condition: C, memory: Int, _ ending: SolverEnding,
  _ advance: (Tensor, SolverStep) throws -> (x: Tensor, evaluation: Evaluation?)
) throws -> Tensor {
  let path = denoiser.path
  try grid.check(on: path)
  func evaluate(_ x: Tensor, _ time: Double) throws -> Evaluation {
    let data = try denoiser(x, at: [Double](repeating: time, count: x.shape[0]), condition)
    return Evaluation(of: x, at: time, data: data, on: path)
  }
  var (x, known, history) = (x, Evaluation?.none, [Evaluation]())
  for i in 0..<grid.steps {
    let (now, next, left) = (grid.times[i], grid.times[i + 1], grid.steps - i)
    history.insert(try known ?? evaluate(x, now), at: 0)
    if history.count > memory { history.removeLast() }
    let isSimple = path.scales(now).signal == 0 || path.scales(next).noise == 0
    let available = isSimple ? 1 : ending == .full ? history.count : min(history.count, left)
    let step = SolverStep(
      index: i, count: grid.steps, path: path, next: next, history: history, order: available,
      corrects: !isSimple && (ending == .full || left > 1), evaluate: evaluate)
    (x, known) = try advance(x, step)
    // A point without signal is infinitely far back; no multistep formula has a use for it.
    if path.scales(now).signal == 0 { history.removeAll() }
  }
  return x
}
