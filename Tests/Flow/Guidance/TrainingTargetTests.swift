import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

@Suite struct AmbientTrainingTests {
  /// The loss of D(x) = A x is a parabola in A, so two gradients find its bottom. Data N(0, S²) seen only at sigma_n.
  private func optimum(seen known: Double, sigma: Double, asIfClean: Bool = false) throws -> Double {
    let (n, s) = (200_000, 0.8)
    func slope(_ a: Float) throws -> Double {
      var random = RandomSource(seed: 7)
      let data = random.normal([n, 1]) * Float((s * s + known * known).squareRoot())
      let added = (sigma * sigma - known * known).squareRoot()
      let training = AmbientTraining(levels: (log(added), 0))
      let tape = Tape()
      defer { tape.reset() }
      let gain = tape.watch(Tensor(a))
      let denoiser = Denoiser<Void>(on: .edm()) { x, _, _ in x * gain }
      let losses = try training.losses(
        denoiser, data: data, knownAt: [Double](repeating: asIfClean ? 0 : known, count: n), (), &random)
      return Double(tape.gradients(of: losses.total, for: [gain])[0].item)
    }
    let (g0, g1) = (try slope(0), try slope(1))
    return g0 / (g0 - g1)
  }

  /// The error of A from n rows is sqrt(V / n) / (1 - r) / sqrt(S² + sigma²) with V the variance of x_n given x; at most
  /// 0.004 here, so 3 sigma are 0.012.
  @Test("a linear denoiser of noisy data is that of clean data", arguments: [0.8, 1.0, 2.0]) func linear(_ sigma: Double) throws {
    let exact = 0.64 / (0.64 + sigma * sigma)
    let a = try optimum(seen: 0.5, sigma: sigma)
    #expect(abs(a - exact) < 0.012)
    #expect(abs(try optimum(seen: 0, sigma: sigma) - exact) < 0.012)
  }

  @Test("taking noisy data for clean is what goes wrong without it") func naive() throws {
    // (S² + sigma_n²) / (S² + sigma²) when the added noise is taken for all of it.
    let a = try optimum(seen: 0.5, sigma: 1, asIfClean: true)
    #expect(abs(a - 0.89 / 1.64) < 0.012 && a - 0.64 / 1.64 > 0.1)
  }

  @Test("weights scale rows") func weights() throws {
    func loss(_ weight: (@Sendable (Double) -> Double)?) throws -> Float {
      var random = RandomSource(seed: 2)
      let denoiser = Denoiser<Void>(on: .edm()) { x, _, _ in x * 0.5 }
      let training = AmbientTraining(levels: (0, 0), weight: weight)
      let data = Tensor.normal([6, 2], seed: 1)
      return try training.losses(denoiser, data: data, knownAt: [0, 0, 0, 0, 0, 0], (), &random).total.item
    }
    #expect(abs(try loss { 3 * $0 } - 3 * loss(nil)) < 1e-5)
  }
}

@Suite struct GuidedStudentTargetTests {
  /// Class data N(1, 0.5²), all data N(0, 1), t = 0.5 on the linear path. Both velocities are lines in x, so a student that
  /// is a line for each can reach the guided one exactly.
  @Test("a student of mixed targets learns guidance at scale omega / (1 - kappa)", arguments: [
    (2.0, 0.0), (1.0, 0.5), (0.6, 0.7),
  ])
  func fixedPoint(_ omega: Double, _ kappa: Double) throws {
    let target = GuidedStudentTarget(omega: omega, kappa: kappa)
    let scope = ParameterScope()
    let line = scope.declare("line", [2], .zeros)
    let plan = TrainingPlan(
      steps: 600, rate: LearningRate(peak: 0.05, shape: .cosine, final: 0.01), averageDecay: 0.99, seed: 3)
    var trainer = Trainer(plan, from: scope.makeParameters(seed: 1))
    // U(x) = -m + V' / (2 V) (x - m / 2) with V = (S² + 1) / 4 and V' = 1 - S² at t = 1/2.
    func exact(_ m: Double, _ s: Double) -> (offset: Double, slope: Double) {
      let slope = 2 * (1 - s * s) / (1 + s * s)
      return (-m - slope * m / 2, slope)
    }
    let (c, u) = (exact(1, 0.5), exact(0, 1))
    while !trainer.isFinished {
      _ = try trainer.advance { p, random in
        let data = random.normal([512, 1]).affine(0.5, 1), noise = random.normal([512, 1])
        let times = [Double](repeating: 0.5, count: 512)
        let x = Path.linear.point(data, noise: noise, at: times)
        let student: VelocityField<Bool> = { x, _, isClass in
          isClass
            ? x * p[line].sliced(axis: 0, 1..<2) + p[line].sliced(axis: 0, 0..<1) : x.affine(Float(u.slope), Float(u.offset))
        }
        let v = Path.linear.velocity(data, noise: noise, at: times)
        let mixed = try target(v, student: student, x, at: times, true, without: false)
        var losses = Losses()
        losses.add("flow", Distance.l2(try student(x, times, true), mixed).mean())
        return losses
      }
    }
    let learnt = trainer.average.parameters[line].floats.map(Double.init)
    let wanted = [u.offset + target.scale * (c.offset - u.offset), u.slope + target.scale * (c.slope - u.slope)]
    for (a, b) in zip(learnt, wanted) { #expect(abs(a - b) < 0.1, "\(learnt) for \(wanted)") }
  }

  @Test("no guidance is the plain velocity") func plain() {
    let v = Tensor.normal([3, 2], seed: 1), u = Tensor.normal([3, 2], seed: 2)
    #expect(GuidedStudentTarget(omega: 1)(v, conditional: v, unconditional: u).floats == v.floats)
    #expect(GuidedStudentTarget(omega: 1, kappa: 0.5).scale == 2)
  }
}
