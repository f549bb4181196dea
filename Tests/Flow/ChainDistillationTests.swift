import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

/// The closed form of the Gaussian case: with x1 ~ N(mu, s²) and x0 = m + d, d ~ N(0, sigma²), the optimal student is
/// x1_hat(t) = mu + c(t) d with c(t) = 1 + (S(t) / sigma - 1) / t, S(t)² = (1 - t)² sigma² + t² s² (paper's time).
@Suite struct ChainDistillationTests {
  static let (mu, s, m, sigma) = (0.3, 0.5, -0.2, 0.2)

  /// u(x, t) = a(t) + b(t) d with tables over 21 knots: rich enough for the optimum, nothing else.
  struct Student {
    let intercept: ParameterKey, slope: ParameterKey
    init(_ scope: ParameterScope) {
      intercept = scope.declare("a", [21, 1], .zeros)
      slope = scope.declare("b", [21, 1], .zeros)
    }
    func callAsFunction(_ x: Tensor, _ times: [Double], _ p: Parameters) -> Tensor {
      var weights = [Float](repeating: 0, count: times.count * 21)
      for (row, t) in times.enumerated() {
        let at = min(19.999_999, max(0, t * 20)), k = Int(at)
        weights[row * 21 + k] = Float(1 - (at - Double(k)))
        weights[row * 21 + k + 1] = Float(at - Double(k))
      }
      let w = Tensor(weights, shape: [times.count, 21])
      return w.matmul(p[intercept]) + w.matmul(p[slope]) * (x - Float(ChainDistillationTests.m))
    }
  }

  /// The exact velocity of the path, dx/dt in our time t = 1 - t_paper.
  static func teacher(_ x: Tensor, _ times: [Double]) -> Tensor {
    let spread = times.map { t -> (gain: Double, mean: Double) in
      let p = 1 - t, variance = (1 - p) * (1 - p) * sigma * sigma + p * p * s * s
      return (-(-(1 - p) * sigma * sigma + p * s * s) / variance, p * mu + (1 - p) * m)
    }
    return (x - perRow(spread.map(\.mean), like: x)) * perRow(spread.map(\.gain), like: x) + Float(m - mu)
  }

  @Test("distillation reaches the closed form's knob within 2 %") func knob() throws {
    let scope = ParameterScope()
    let student = Student(scope)
    // The path with x = data and no anchor: source = m + sigma eps is fed as noise (eps' = source).
    let path = Path.linear
    let objective = ChainDistillation(
      path: path, step: 0.05, weights: (1, 0.01, 0.5), boundaryDistance: .l2, boundaryShare: 1)
    let plan = TrainingPlan(
      steps: 3000, rate: LearningRate(peak: 0.02, shape: .cosine, final: 0.01), averageDecay: 0.99, seed: 5)
    var trainer = Trainer(plan, from: Parameters(specs: scope.specs, seed: 1))
    while !trainer.isFinished {
      _ = try trainer.advance { p, random in
        let n = 256
        let draw = Draw(
          data: random.normal([n, 1]).affine(Float(Self.s), Float(Self.mu)),
          noise: random.normal([n, 1]).affine(Float(Self.sigma), Float(Self.m)), condition: ())
        return try objective.losses(
          student: { x, t, _ in student(x, t, p) }, teacher: { x, t, _ in Self.teacher(x, t) }, draw,
          part: { _, _ in () }, &random)
      }
    }
    let p = trainer.average.parameters
    for paper in [0.05, 0.2, 0.4, 0.6, 0.8, 1.0] {
      // x1_hat = x - u(x, 1, s): its slope in d is c(t).
      let d = Tensor([-1, 1], shape: [2, 1]) + Float(Self.m)
      let x1 = (d - student(d, [1 - paper, 1 - paper], p)).floats
      let c = Double(x1[1] - x1[0]) / 2
      let spread = ((1 - paper) * (1 - paper) * Self.sigma * Self.sigma + paper * paper * Self.s * Self.s).squareRoot()
      let exact = 1 + (spread / Self.sigma - 1) / paper
      // 2 % of the largest value, c(1) = s / sigma.
      #expect(abs(c - exact) <= 0.02 * Self.s / Self.sigma, "t = \(paper): c = \(c), exact \(exact)")
      #expect(abs(Double(x1[0] + x1[1]) / 2 - Self.mu) < 0.02, "mean at t = \(paper)")
    }
  }
}
