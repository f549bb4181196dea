import OneStepTensors

extension Solver {
  /// Integrates a teacher's velocity in t along a grid, from `x`, [N, ...], at its first time -> like x. The last step is
  /// an Euler step if it ends at data, where the velocity of a denoiser is 0 / 0.
  public func sample<C>(
    _ x: Tensor, over grid: TimeGrid, with denoiser: Denoiser<C>, _ condition: C
  ) throws -> Tensor {
    let path = denoiser.path
    try grid.check(on: path)
    return try zip(grid.times, grid.times.dropFirst()).reduce(x) { x, times in
      let solver = path.scales(times.1).noise == 0 ? .euler : self
      func row(_ t: Double) -> [Double] { [Double](repeating: t, count: x.shape[0]) }
      let slope = try solver.slope(x, from: row(times.0), to: row(times.1)) {
        try denoiser.velocity($0, $1, condition)
      }
      return x + slope * Float(times.1 - times.0)
    }
  }
}
