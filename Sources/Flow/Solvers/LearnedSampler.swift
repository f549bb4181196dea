import Foundation
import OneStepTensors

/// A few-step DDIM sampler with one learnt factor a step on the teacher's data prediction and, if asked, learnt times: LSD's
/// students (Fu et al. 2025, there for discrete diffusion; here for continuous data). The fit matches the trajectory of a
/// many-step teacher sampler, point by point; nothing of the network changes.
public struct LearnedSampler: Sendable, Equatable {
  /// The times between which it steps.
  public private(set) var grid: TimeGrid
  /// Factor of each step's data prediction, 1 for DDIM.
  public private(set) var scales: [Double]

  public init(over grid: TimeGrid) {
    (self.grid, scales) = (grid, [Double](repeating: 1, count: grid.steps))
  }

  /// Solves from `x`, [N, ...], at the grid's first time -> like x.
  public func sample<C>(_ x: Tensor, with denoiser: Denoiser<C>, _ condition: C) throws -> Tensor {
    try trajectory(x, with: denoiser, condition).last!
  }

  private func trajectory<C>(_ x: Tensor, with denoiser: Denoiser<C>, _ condition: C) throws -> [Tensor] {
    var points = [x]
    for (i, scale) in scales.enumerated() {
      let scaled = Denoiser<C>(on: denoiser.path) { x, t, c in try denoiser(x, at: t, c) * Float(scale) }
      let step = try TimeGrid([grid.times[i], grid.times[i + 1]])
      points.append(try DPMSolver.ddim.sample(points[i], over: step, with: scaled, condition))
    }
    return points
  }

  // MARK: Fitting

  /// How a fit goes.
  public struct Fit: Sendable, Equatable {
    public var iterations: Int
    public var rate: Double
    /// Whether inner times are learnt too (LSD+), as shares of the whole whose sum stays.
    public var learnsTimes: Bool
    /// Steps of the teacher's sampler within each step of the student's.
    public var teacherSteps: Int

    public init(iterations: Int = 100, rate: Double = 0.02, learnsTimes: Bool = false, teacherSteps: Int = 16) {
      precondition(teacherSteps > 0, "a teacher that takes \(teacherSteps) steps")
      (self.iterations, self.rate) = (iterations, rate)
      (self.learnsTimes, self.teacherSteps) = (learnsTimes, teacherSteps)
    }
  }

  /// Fits factors by Adam to the teacher sampler's end points from `x`, [N, ...].
  ///
  /// Gradients are central differences: the parameters are a handful, and the teacher may then be anything, differentiable
  /// or not. An iteration samples 2 steps times (4 steps with times), on the same `x`, so that differences are smooth.
  ///
  /// - Returns: the fitted sampler, never worse on `x` than this one, and its mean squared distance from the teacher.
  public func fitted<C>(
    to denoiser: Denoiser<C>, from x: Tensor, _ condition: C, _ fit: Fit = Fit()
  ) throws -> (sampler: LearnedSampler, loss: Double) {
    let fine = try refined(fit.teacherSteps)
    let target = try UniPC(order: 2).sample(x, over: fine, with: denoiser, condition)
    func loss(_ sampler: LearnedSampler) throws -> Double {
      let difference = try sampler.sample(x, with: denoiser, condition) - target
      return difference.withUnsafeFloats { $0.reduce(0) { $0 + Double($1) * Double($1) } } / Double(x.count)
    }
    var parameters = [Double](repeating: 0, count: fit.learnsTimes ? 2 * grid.steps : grid.steps)
    var best = (sampler: self, loss: try loss(self))
    var moments = parameters.map { _ in (first: 0.0, second: 0.0) }
    for iteration in 0..<fit.iterations {
      for (i, slope) in try slopes(parameters, loss).enumerated() {
        moments[i] = (0.9 * moments[i].first + 0.1 * slope, 0.999 * moments[i].second + 0.001 * slope * slope)
        let step = Double(iteration + 1)
        let first = moments[i].first / (1 - pow(0.9, step)), second = moments[i].second / (1 - pow(0.999, step))
        parameters[i] -= fit.rate * first / (second.squareRoot() + 1e-12)
      }
      let sampler = try changed(by: parameters), value = try loss(sampler)
      if value < best.loss { best = (sampler, value) }
    }
    return best
  }

  private func slopes(_ parameters: [Double], _ loss: (LearnedSampler) throws -> Double) throws -> [Double] {
    // Wide enough for f32 samples.
    let width = 1e-2
    return try parameters.indices.map { i in
      func value(_ change: Double) throws -> Double {
        var moved = parameters
        moved[i] += change
        return try loss(changed(by: moved))
      }
      return try (value(width) - value(-width)) / (2 * width)
    }
  }

  /// The first `steps` parameters are added to the factors; the rest multiply the steps' lengths by their exponentials.
  private func changed(by parameters: [Double]) throws -> LearnedSampler {
    var sampler = self
    for i in scales.indices { sampler.scales[i] += parameters[i] }
    guard parameters.count > grid.steps else { return sampler }
    let (first, last) = (grid.times[0], grid.times[grid.steps])
    let lengths = (0..<grid.steps).map { (grid.times[$0] - grid.times[$0 + 1]) * exp(parameters[grid.steps + $0]) }
    let total = lengths.reduce(0, +)
    var times = [first]
    for length in lengths.dropLast() { times.append(times.last! - (first - last) * length / total) }
    sampler.grid = try TimeGrid(times + [last])
    return sampler
  }

  private func refined(_ parts: Int) throws(SolverError) -> TimeGrid {
    var times = [grid.times[0]]
    for (a, b) in zip(grid.times, grid.times.dropFirst()) {
      times += (1...parts).map { $0 == parts ? b : a + (b - a) * Double($0) / Double(parts) }
    }
    return try TimeGrid(times)
  }
}
