import OneStepNetworks
import OneStepTensors

/// A way to train a one-step student: which networks learn, by which losses and in which order. A value, put together from
/// the objectives of this module; see `Methods/` for the published ones.
public struct Method<C> {
  /// Networks that learn together.
  public struct Group {
    /// What its network makes.
    public enum Output: Equatable, Sendable {
      /// Like the points, from so many clocks.
      case points(clocks: Int)
      /// One number a row, `[N]`, from one clock.
      case logit
      /// So many numbers a row, `[N, K]`, from no clock: several critics of the same points.
      case scores(Int)
    }
    public var name: String
    public var output: Output
    /// Peak of the learning rate.
    public var rate: Double
    public var beta1: Float
    /// The average that follows the parameters: what samples, or what others aim at.
    public var average = Averaging(decay: 0.999)
    /// Whether the rate rises at first and falls to the end, or stays.
    public var isConstant = false
    /// Largest global norm of the gradient.
    public var clip: Double? = 1
    /// Compute in bf16 with f32 master weights, norms and losses.
    public var mixedPrecision = false

    public init(_ name: String, _ output: Output, rate: Double, beta1: Float = 0.9) {
      (self.name, self.output, self.rate, self.beta1) = (name, output, rate, beta1)
    }

    /// The same with a rate that stays, without clipping, and an average of its own: a learner without an end in sight.
    public func steady(_ average: Averaging) -> Group {
      var group = self
      (group.average, group.isConstant, group.clip) = (average, true, nil)
      return group
    }

    func plan(steps: Int, seed: UInt64) -> TrainingPlan {
      let rate =
        isConstant
        ? LearningRate(peak: rate)
        : LearningRate(peak: rate, warmUp: min(100, steps / 10), shape: .cosine, final: 0.02)
      var plan = TrainingPlan(steps: steps, rate: rate, clip: clip, seed: seed)
      (plan.average, plan.mixedPrecision) = (average, mixedPrecision)
      return plan
    }
  }

  /// Its name on the command line, such as "meanflow".
  public let name: String
  /// Authors and year.
  public let paper: String
  public let form: StudentForm
  /// Called "student".
  public var studentGroup: Group
  /// Beside the student.
  public var critics: [Group]
  public var plan: UpdatePlan
  /// Samplers of one network call and of two.
  public var samplers: [Sampler]
  /// Losses of the group whose turn it is.
  public let losses: (_ group: String, _ scene: inout Scene<C>) throws -> Losses

  public init(
    _ name: String, _ paper: String, _ form: StudentForm, rate: Double = 2e-3, beta1: Float = 0.9,
    critics: [Group] = [],
    plan: UpdatePlan = .student, samplers: [Sampler] = [.oneStep],
    losses: @escaping (_ group: String, _ scene: inout Scene<C>) throws -> Losses
  ) {
    (self.name, self.paper, self.form) = (name, paper, form)
    studentGroup = Group("student", .points(clocks: form.clocks), rate: rate, beta1: beta1)
    (self.critics, self.plan, self.samplers, self.losses) = (critics, plan, samplers, losses)
  }

  /// All groups, the student first.
  public var groups: [Group] { [studentGroup] + critics }
}

/// Which groups learn at which iteration.
public struct UpdatePlan: Sendable {
  private let turns: @Sendable (Int) -> [String]
  public init(_ turns: @escaping @Sendable (_ iteration: Int) -> [String]) { self.turns = turns }

  /// The groups whose turn it is, in order.
  public func callAsFunction(_ iteration: Int) -> [String] { turns(iteration) }

  /// The student alone.
  public static let student = UpdatePlan { _ in ["student"] }
  /// All of them in this order at every iteration: 1:1.
  public static func all(_ names: String...) -> UpdatePlan { UpdatePlan { _ in names } }
  /// The critics at every iteration, the student after them at each n-th: DMD2's two time scales.
  public static func critics(_ names: [String], studentEvery n: Int) -> UpdatePlan {
    UpdatePlan { $0 % n == 0 ? names + ["student"] : names }
  }
  /// The student alone at each n-th iteration, the critics at the others: n - 1 to 1.
  public static func exclusive(_ names: [String], studentEvery n: Int) -> UpdatePlan {
    UpdatePlan { $0 % n == 0 ? ["student"] : names }
  }

  /// How often a group has its turn in so many iterations.
  func count(of name: String, in iterations: Int) -> Int {
    (0..<iterations).reduce(0) { $0 + (turns($1).contains(name) ? 1 : 0) }
  }
}

/// What a domain gives to a method: data, a teacher and what it made.
public struct Material<C> {
  /// Data and fresh noise.
  public var draw: (_ rows: Int, _ random: inout RandomSource) throws -> Draw<C>
  /// Noise and the teacher's samples from it.
  public var pairs: (_ rows: Int, _ random: inout RandomSource) throws -> Draw<C>
  public var teacher: Denoiser<C>
  /// Standard deviation of data, over all their elements.
  public var deviation: Double

  public init(
    deviation: Double, teacher: Denoiser<C>,
    draw: @escaping (_ rows: Int, _ random: inout RandomSource) throws -> Draw<C>,
    pairs: @escaping (_ rows: Int, _ random: inout RandomSource) throws -> Draw<C>
  ) {
    (self.deviation, self.teacher, self.draw, self.pairs) = (deviation, teacher, draw, pairs)
  }
}

/// What a method's losses see at one iteration.
public struct Scene<C> {
  public let material: Material<C>
  /// The student; gradients reach its parameters in its own turn.
  public let student: Student<C>
  /// The same without gradients.
  public let frozen: Student<C>
  /// The average of the student, without gradients.
  public let average: Student<C>
  /// Critics by name; gradients reach one's parameters in its own turn.
  public let critics: [String: BoundNetwork<C>]
  /// Averages of the critics, without gradients.
  public let averageCritics: [String: BoundNetwork<C>]
  public let rows: Int
  /// 0 at the first iteration, 1 after the last.
  public let progress: Double
  public var random: RandomSource

  /// A critic as a denoiser, preconditioned for the material's deviation.
  public func denoiser(_ critic: String = "fake", on path: Path) -> Denoiser<C> {
    guard let network = critics[critic] else { preconditionFailure("no critic is called \(critic)") }
    return .preconditioned(on: path, deviation: material.deviation) { try network($0, [clock($1)], $2) }
  }

  /// A critic's logits at points of `path`.
  public func logits(_ critic: String = "discriminator", on path: Path) -> Adversarial.Logits<C> {
    guard let network = critics[critic] else { preconditionFailure("no critic is called \(critic)") }
    return { x, t, c in
      let input = t.map { Preconditioning.edm(noise: path.noiseToSignal($0), deviation: material.deviation) }
      return try network(x * perRow(input.map(\.input), like: x), [clock(input.map(\.time))], c)
    }
  }

  /// Fresh data and noise.
  public mutating func draw() throws -> Draw<C> { try material.draw(rows, &random) }
  /// Noise and what the teacher made of it.
  public mutating func pairs() throws -> Draw<C> { try material.pairs(rows, &random) }
}
