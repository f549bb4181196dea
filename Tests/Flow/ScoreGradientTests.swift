import Foundation
import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

/// Score distillation at one noise level against closed forms: data N(1, 0.5²), generator N(0.4, 0.8²) with the parameters
/// (mean, deviation), points `0.7 x + 0.4 eps`, both denoisers exact. The points' variances are 0.2825 and 0.4736.
///
/// A gradient is the mean over batches and must be within 1 % of its value, or within three standard errors of that mean
/// where Monte-Carlo noise is the larger of the two.
@Suite struct ScoreGradientTests {
  static let signal = 0.7, noise = 0.4
  static let path = Path(
    name: "one level", range: 0...1, scales: { _ in Path.Scales(signal: signal, noise: noise) },
    derivatives: { _ in Path.Scales(signal: 0, noise: 0) }, time: { _ in 0.5 })
  static let level = TimeLaw.fixed(0.5)
  static var teacher: Denoiser<Void> { denoiser(mean: 1, deviation: 0.5) }
  static var fake: Denoiser<Void> { denoiser(mean: 0.4, deviation: 0.8) }

  /// The exact denoiser of N(mean, deviation²) at the one level: a line, which is a hundred times faster than a mixture's.
  static func denoiser(mean: Double, deviation: Double) -> Denoiser<Void> {
    let variance = deviation * deviation, gain = signal * variance / (signal * signal * variance + noise * noise)
    return Denoiser(on: path) { x, _, _ in x.affine(Float(gain), Float(mean - gain * signal * mean)) }
  }

  @Test("the lines are what a mixture of one mode says") func denoisers() throws {
    let mixture = GaussianMixture(weights: [1], means: [[0.4]], deviations: [0.8])
    let x = Tensor.normal([64, 1], seed: 1), times = [Double](repeating: 0.5, count: 64)
    let exact = try mixture.denoiser(on: Self.path)(x, at: times, ()).floats.map(Double.init)
    expectClose(try Self.fake(x, at: times, ()).floats, exact, relative: 1e-5)
  }

  /// p_data / p_generated of noisy points, `[N, 1]`.
  static func ratio(_ x: Tensor) -> [Double] {
    let (real, made) = (signal * signal * 0.25 + noise * noise, signal * signal * 0.64 + noise * noise)
    return x.floats.map { x in
      let (a, b) = (Double(x) - signal, Double(x) - signal * 0.4)
      return exp(0.5 * b * b / made - 0.5 * a * a / real) * (made / real).squareRoot()
    }
  }

  /// Mean and standard error of a loss's gradient at `start`, times `scale`: 16 batches of 20000 rows.
  private func gradient(
    at start: [Float], scale: Double = 1, of loss: (_ leaves: [Tensor], _ random: inout RandomSource) throws -> Losses
  ) rethrows -> [(mean: Double, error: Double)] {
    let batches = 16
    let found = try (0..<batches).map { batch in
      try Compute.perform {
        var random = RandomSource(seed: 11, stream: UInt64(batch) << 20)
        let tape = Tape()
        defer { tape.reset() }
        let leaves = start.map { tape.watch(Tensor([$0], shape: [1])) }
        return tape.gradients(of: try loss(leaves, &random).total, for: leaves).map { Double($0.item) * scale }
      }
    }
    return start.indices.map { index in
      let values = found.map { $0[index] }, mean = values.reduce(0, +) / Double(batches)
      let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(batches - 1)
      return (mean, (spread / Double(batches)).squareRoot())
    }
  }
  static let rows = 20000

  /// Compares the gradient with respect to the generator's mean and deviation, times `scale`, with closed forms.
  private func expectGradient(
    _ expected: [Double], scale: Double = 1, _ what: String,
    _ loss: (_ generated: Tensor, _ random: inout RandomSource) throws -> Losses
  ) rethrows {
    let found = try gradient(at: [0.4, 0.8], scale: scale) { theta, random in
      try loss(random.normal([Self.rows, 1]) * theta[1] + theta[0], &random)
    }
    let largest = max(abs(expected[0]), abs(expected[1]))
    for (found, exact) in zip(found, expected) {
      #expect(
        abs(found.mean - exact) <= max(0.01 * abs(exact), 3 * found.error),
        "\(what): \(found.mean) ± \(found.error) for \(exact)")
      // The error itself must be small enough for the comparison to mean something.
      #expect(found.error < 0.03 * largest, "\(what): noise \(found.error)")
    }
  }

  // MARK: Objective G

  static func scoreDistillation(_ weight: ScoreWeight, _ factor: ((Double) -> Double)? = nil)
    -> (Tensor, inout RandomSource) throws -> Losses
  {
    { generated, random in
      try ScoreDistillation(times: level, weight: weight).losses(
        generated: generated, teacher: teacher, fake: fake, (),
        factor: factor.map { h in { x, _ in Tensor(ratio(x).map { Float(h($0)) }, shape: [x.shape[0]]) } }, &random)
    }
  }

  @Test("the weight of the divergence gives the reverse divergence's gradient") func reverse() throws {
    try expectGradient([-1.04070796, 0.55990792], "reverse", Self.scoreDistillation(.divergence))
  }

  @Test("the other weights are fixed multiples of it at one level") func weights() throws {
    // signal² / noise² is 3.0625.
    try expectGradient(
      [-1.04070796, 0.55990792], scale: 3.0625, "one", Self.scoreDistillation(.one))
    try expectGradient(
      [-1.04070796, 0.55990792], scale: 3.0625 / 0.28, "noise", Self.scoreDistillation(.noise))
  }

  /// Closed forms by quadrature. The squared Hellinger divergence is that of f = (sqrt(r) - 1)², whose h is sqrt(r) / 2.
  static let divergences: [(Divergence, constant: Double, gradient: [Double])] = [
    (.reverse, 1, [-1.04070796, 0.55990792]), (.forward, 1, [-0.62077703, 0.02569093]),
    (.jensenShannon, 1, [-0.32941870, 0.05288218]), (.jeffreys, 1, [-1.66148499, 0.58559885]),
    (.squaredHellinger, 0.5, [-0.36080331, 0.08187954]),
  ]

  @Test("h(r) of the exact ratio gives each divergence's gradient", arguments: divergences.indices)
  func factors(_ index: Int) throws {
    let (divergence, constant, expected) = Self.divergences[index]
    try expectGradient(
      expected, scale: constant, divergence.rawValue, Self.scoreDistillation(.divergence) { divergence.factor($0) })
  }

  @Test("factors of a batch have mean 1 and clamp logits and ratios") func normalisedFactors() {
    for divergence in Divergence.allCases {
      let h = divergence.factors(logits: [-100, -1, 0, 0.5, 100]).map(Double.init)
      #expect(abs(h.reduce(0, +) / 5 - 1) < 1e-6)
      let raw = [0.1, exp(-1), 1, exp(0.5), 20].map(divergence.factor), mean = raw.reduce(0, +) / 5
      for (a, b) in zip(h, raw) { #expect(abs(a - b / mean) < 1e-5) }
    }
  }

  @Test("the discriminator is at rest where its logit is the log of the ratio") func discriminator() throws {
    let objective = Adversarial(path: Self.path, times: Self.level)
    func slope(_ offset: Float) throws -> [(mean: Double, error: Double)] {
      try gradient(at: [offset, offset]) { theta, random in
        let data = random.normal([Self.rows, 1]).affine(0.5, 1), made = random.normal([Self.rows, 1]).affine(0.8, 0.4)
        return try objective.losses(
          { x, _, _ in
            let logit = Tensor(Self.ratio(x).map { Float(log($0)) }, shape: [Self.rows, 1])
            return (logit + theta[0] + x * theta[1]).reshaped(Self.rows)
          }, data: data, generated: made, (), &random)
      }
    }
    for found in try slope(0) { #expect(abs(found.mean) < 3 * found.error && found.error < 1e-3) }
    // Elsewhere it is not.
    for found in try slope(0.1) { #expect(found.mean > 10 * found.error) }
  }

  // MARK: Objective S

  static func implicit(_ kind: ImplicitScoreMatching.Kind) -> (Tensor, inout RandomSource) throws -> Losses {
    { generated, random in
      try ImplicitScoreMatching(kind, times: level, isNormalized: false).losses(
        generated: generated, teacher: teacher, fake: fake, (), &random)
    }
  }

  @Test("implicit score matching gives the gradient of the score divergence") func squared() throws {
    // Scores differ by signal / noise² times what denoisers differ by, and the loss is of second degree.
    let unit = Self.signal / (Self.noise * Self.noise)
    try expectGradient([-4.39488161, 4.72895200], scale: unit * unit, "squared", Self.implicit(.squared))
  }

  @Test("its pseudo-Huber distance, of the first degree, too") func pseudoHuber() throws {
    let unit = Self.signal / (Self.noise * Self.noise)
    try expectGradient(
      [-1.23354, 0.64978], scale: unit, "pseudo-Huber", Self.implicit(.pseudoHuber(c: Float(0.3 / unit))))
  }

  static let alphas: [(alpha: Float, gradient: [Double])] = [
    (0.5, [-0.19246613, 0.16531398]), (1, [-0.11480507, 0.12353181]), (1.2, [-0.08374065, 0.10681894]),
  ]

  @Test("score identity distillation at its three alphas", arguments: alphas.indices) func identity(_ index: Int) throws
  {
    let (alpha, expected) = Self.alphas[index]
    try expectGradient(expected, "alpha \(alpha)", Self.implicit(.identity(alpha: alpha)))
  }
}
