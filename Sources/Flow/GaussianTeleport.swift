import OneStepTensors

/// Skips the early, noisy part of sampling (Wang and Vastola 2024): there the teacher barely differs from that of a Gaussian
/// with the data's mean and covariance, whose flow is known in closed form. It saves the first 15 to 30 percent of the
/// steps, and by itself is a one-step generator that a student can start from.
public struct GaussianTeleport: Sendable, Equatable {
  public let data: GaussianData
  /// The time down to which the closed form replaces the teacher.
  public let skip: Double

  public init(_ data: GaussianData, to skip: Double) {
    (self.data, self.skip) = (data, skip)
  }

  /// What remains of a grid: its times below `skip`, after `skip` itself.
  public func remaining(_ grid: TimeGrid) throws(SolverError) -> TimeGrid {
    guard grid.times[0] > skip else { return grid }
    return try TimeGrid([skip] + grid.times.filter { $0 < skip })
  }

  /// Teleports `x`, [N, ...], from the grid's first time to `skip` and lets the solver do the rest.
  public func sample<C>(
    _ x: Tensor, over grid: TimeGrid, by solver: some TeacherSolver, with denoiser: Denoiser<C>, _ condition: C
  ) throws -> Tensor {
    let rest = try remaining(grid)
    let start = data.transported(x, from: [grid.times[0]], to: [rest.times[0]], on: denoiser.path)
    return try solver.sample(start, over: rest, with: denoiser, condition)
  }
}
