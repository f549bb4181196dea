import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import OneStepTestSupport
import Testing

/// What must hold of objectives and students whatever the networks are.
@Suite struct ObjectivePropertyTests {
  /// Some output that depends on everything.
  @Sendable static func network(_ x: Tensor, _ clocks: [Tensor], _: Void) -> Tensor {
    var sum = x * 1.7
    for clock in clocks { sum += clock.reshaped(-1, 1) }
    return sum.sin() + 0.3
  }
  static let points = Tensor.normal([6, 2], seed: 3)
  static func draw(_ rows: Int, _ seed: UInt64 = 5) -> Draw<Void> {
    Draw(data: .normal([rows, 2], seed: seed), noise: .normal([rows, 2], seed: seed + 1), condition: ())
  }

  // MARK: Boundaries

  @Test("a consistency function is the identity at the end of its path") func consistencyBoundary() throws {
    let path = Path.edm(0.002...20)
    let end = [Double](repeating: 0.002, count: 6)
    let student = Student(.consistency(path, deviation: 0.7), Self.network)
    #expect(try student.map(Self.points, from: end, to: end, ()).floats == Self.points.floats)
    let start = [Double](repeating: 0, count: 6)
    let trigonometric = Student(.trigonometric(deviation: 0.7), Self.network)
    #expect(try trigonometric.map(Self.points, from: start, to: start, ()).floats == Self.points.floats)
  }

  @Test("a jump over no time changes nothing") func noJump() throws {
    let times = [0.05, 0.3, 0.4, 0.7, 0.9, 1.0], path = Path.edm(0.002...20)
    for form in [
      StudentForm.trajectory(path, deviation: 0.7), .denoiser(path, deviation: 0.7), .average(.linear),
      .velocity(.linear),
    ] {
      let moved = try Student(form, Self.network).map(Self.points, from: times, to: times, ())
      expectClose(moved.floats, Self.points.floats.map(Double.init), relative: 1e-6, "\(form)")
    }
  }

  @Test("consistency of two equal times is no loss") func equalTimes() throws {
    let path = Path.edm(0.002...20)
    let objective = Consistency<Void>(
      path: path,
      intervals: IntervalLaw { rows, _, _ in (1...rows).map { (far: Double($0) / 10, near: Double($0) / 10) } },
      transport: .sameNoise(on: path))
    let map = Student(.consistency(path, deviation: 0.7), Self.network).map
    var random = RandomSource(seed: 1)
    #expect(try objective.losses(student: map, target: map, Self.draw(9), progress: 0, &random).total.item == 0)
  }

  // MARK: MeanFlow

  @Test("MeanFlow's target at equal times is the velocity") func meanFlowTarget() throws {
    let draw = Self.draw(32)
    // The target is v where the loss of a network that says v is 0, whatever its derivative is.
    var random = RandomSource(seed: 2)
    let total = try MeanFlow(times: TimePairLaw(equal: 1)).losses(
      { x, t, s, _ in
        let other = (x * 3).sin() * t.reshaped(32, 1) + s.reshaped(32, 1)
        return draw.noise - draw.data + (other - other.values)
      }, draw, &random
    ).total.item
    #expect(total == 0)
  }

  /// The average velocity of data N(1, 0.5²) on the linear path, written so that equal times are no exception:
  /// `u = -1 + ((1 + S²)(t + s) - 2 S²) / (sqrt(V_t) (sqrt(V_t) + sqrt(V_s))) (x - (1 - t))`.
  @Sendable static func average(_ x: Tensor, _ t: Tensor, _ s: Tensor, _: Void) -> Tensor {
    let t = t.reshaped(-1, 1), s = s.reshaped(-1, 1)
    func deviation(_ t: Tensor) -> Tensor { ((1 - t).squared() * 0.25 + t.squared()).squareRoot() }
    let (now, later) = (deviation(t), deviation(s))
    let gain = ((t + s) * 1.25 - 0.5) / (now * (now + later))
    return gain * (x - (1 - t)) - 1
  }

  @Test(
    "average velocity, velocity and total derivative of the Gaussian case",
    arguments: [
      // x, s, t, u, v, du/dt
      [0.3, 0, 1, -0.85, -0.7, 0.15], [0.3, 0.2, 0.7, -1, -1, 0], [-1.2, 0, 0.5, -1.35894755, -3.04, -3.36210490],
      [2, 0.4, 0.9, 0.69213925, 1.04615385, 0.70802918],
    ])
  func gaussianTable(_ row: [Double]) throws {
    let data = try GaussianData(mean: [1], covariance: [0.25])
    let x = Tensor([Float(row[0])], shape: [1, 1])
    func clock(_ t: Double) -> Tensor { Tensor([Float(t)], shape: [1]) }
    let v = data.predict(.velocity, x, at: [row[2]], on: .linear)
    let (u, slope) = jvp(
      { Self.average($0[0], $0[1], clock(row[1]), ()) }, at: [x, clock(row[2])], along: [v, .ones([1])])
    expectClose(
      [u.item, v.item, slope.item], Array(row[3...]), relative: 0, absolute: 2e-5, "u, v and du/dt at \(row)")
  }

  @Test("the exact average velocity leaves MeanFlow no residual") func meanFlowResidual() throws {
    let data = try GaussianData(mean: [1], covariance: [0.25]), n = 512
    let draw = Draw(data: .normal([n, 1], seed: 1).affine(0.5, 1), noise: .normal([n, 1], seed: 2), condition: ())
    var random = RandomSource(seed: 3)
    let total = try MeanFlow(times: TimePairLaw(equal: 0.25)).losses(
      Self.average,
      velocity: { x, t, _ in data.predict(.velocity, x, at: t, on: .linear) }, draw, &random
    ).total.item
    #expect(total.squareRoot() < 1e-4)
  }

  // MARK: Where gradients go

  static let path = Path.edm()

  /// `gain` x, or not a number in the rows named.
  static func linear(_ gain: Tensor, damaged: [Int: Float] = [:]) -> Denoiser<Void> {
    Denoiser(on: path) { x, _, _ in
      let damage = Tensor((0..<x.shape[0]).map { damaged[$0] ?? 1 }, shape: [x.shape[0], 1])
      return x * gain * damage
    }
  }

  @Test("score distillation moves the generator by the scores' difference and reaches no denoiser")
  func stopGradient() throws {
    let tape = Tape()
    defer { tape.reset() }
    let x = tape.watch(Self.points)
    let gains = [tape.watch(Tensor([0.5], shape: [1])), tape.watch(Tensor([0.8], shape: [1]))]
    var random = RandomSource(seed: 4), same = random
    let losses = try ScoreDistillation(times: .fixed(0.6), weight: .one).losses(
      generated: x, teacher: Self.linear(gains[0]), fake: Self.linear(gains[1]), (), &random)
    let gradients = tape.gradients(of: losses.total, for: [x] + gains)
    #expect(gradients[1].item == 0 && gradients[2].item == 0)
    // (0.8 - 0.5) x_t for each of 12 elements: nothing of a denoiser's own derivative is in it.
    let point = Self.path.point(Self.points, noise: same.normal([6, 2]), at: [0.6])
    expectClose(gradients[0].floats, point.floats.map { Double($0) * 0.3 / 12 }, relative: 1e-5, absolute: 1e-7)
  }

  @Test("rows whose scores are not finite do not move the generator", arguments: [ScoreWeight.one, .normalized])
  func notFinite(_ weight: ScoreWeight) throws {
    func gradient(_ damaged: [Int: Float]) throws -> [Float] {
      let tape = Tape()
      defer { tape.reset() }
      let x = tape.watch(Self.points)
      var random = RandomSource(seed: 4)
      let losses = try ScoreDistillation(times: .fixed(0.6), weight: weight).losses(
        generated: x, teacher: Self.linear(.filled(0.5, [1])), fake: Self.linear(.filled(0.8, [1]), damaged: damaged),
        (),
        &random)
      #expect(losses.total.item.isFinite)
      return tape.gradients(of: losses.total, for: [x])[0].floats
    }
    let sound = try gradient([:]), damaged = try gradient([1: .nan, 4: .infinity])
    for element in sound.indices {
      #expect(damaged[element] == ([1, 4].contains(element / 2) ? 0 : sound[element]))
    }
  }

  @Test("a trajectory model's gradient passes through the frozen outer jump") func trajectoryGradient() throws {
    let path = Path.edm(0.05...2), data = GaussianMixture(weights: [1], means: [[0, 0]], deviations: [0.5])
    let teacher = data.denoiser(on: path), draw = Self.draw(64)
    func jumps(_ theta: Tensor) -> FlowMap<Void> {
      FlowMap(average: { x, t, s, _ in
        let speed = zip(t, s).map { 1 / ($0 + $1) }
        return (x * theta).tanh() * perRow(speed, like: x)
      })
    }
    let objective = ConsistencyTrajectory<Void>(
      path: path, grid: [0.05, 0.2, 0.6, 1.2, 2], longest: 2, denoisingWeight: 0)
    let frozen = jumps(Tensor([0.7], shape: [1]))
    func loss(_ theta: Tensor) throws -> Tensor {
      var random = RandomSource(seed: 8)
      return try objective.losses(
        student: jumps(theta), frozen: frozen, diagonal: teacher, teacher: teacher.velocity, draw, &random
      ).total
    }
    let tape = Tape()
    defer { tape.reset() }
    let theta = tape.watch(Tensor([0.7], shape: [1]))
    let gradient = Double(tape.gradients(of: try loss(theta), for: [theta])[0].item)
    let numeric = try numericSlope(0.02) { Double(try loss(Tensor([Float(0.7 + $0)], shape: [1])).item) }
    #expect(abs(gradient) > 1e-3 && abs(gradient - numeric) < 0.01 * abs(numeric), "\(gradient) for \(numeric)")
  }

  /// Four-point central difference of a function that may throw.
  private func numericSlope(_ h: Double, _ f: (Double) throws -> Double) throws -> Double {
    (8 * (try f(h) - f(-h)) - (try f(2 * h) - f(-2 * h))) / (12 * h)
  }
}
