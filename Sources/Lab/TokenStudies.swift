import OneStepFlow
import OneStepNetworks
import OneStepTensors

// One-call students of the Markov chain. The baseline knows how often each token comes at each place, but no dependence.

/// Distilled decoding 1: the teacher's map from noise to tokens, regressed.
public struct DistilledDecoding1Study: LabStudy {
  public let name = "distilled-decoding-1", paper = "Liu et al. 2025"
  public let summary = "total variation of neighbouring tokens; baseline: independent tokens"
  public var steps = 1200, pairs = 16_384, measured = 20_000

  public init() {}

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: steps, progress)
    let chain = MarkovChain(), teacher = try chain.teacher(), objective = DistilledDecoding1(teacher.codebook)
    let scope = ParameterScope()
    let network = SequenceNetwork(
      scope, length: MarkovChain.length, tokens: MarkovChain.tokens, width: 2, channels: 128)
    var random = RandomSource(seed: seed)
    let noise = random.normal([pairs, MarkovChain.length, 2])
    let sequences = try teacher.sequences(from: noise)
    let rate = LearningRate(peak: 3e-3, warmUp: 50, shape: .cosine, final: 0.01)
    var trainer = Trainer(
      TrainingPlan(steps: steps, rate: rate, averageDecay: 0.99, seed: seed &+ 1),
      from: scope.makeParameters(seed: seed &+ 2))
    while !trainer.isFinished {
      let rows = random.integers(below: pairs, count: 256)
      // A third of the steps practises the second call, which knows the first half.
      let known = trainer.step % 3 == 0 ? MarkovChain.length / 2 : 0
      _ = try trainer.advance { p, _ in
        try objective.losses(
          { network($0, known: $1, p) }, noise: noise.gathered(rows: rows.map(Int32.init)),
          sequences: rows.map { sequences[$0] }, known: known)
      }
      guard clock.tick() else { break }
    }
    let p = trainer.average.parameters, fresh = random.normal([measured, MarkovChain.length, 2])
    func distance(splits: [Int]) throws -> Double {
      chain.pairDistance(try objective.sequences({ network($0, known: $1, p) }, from: fresh, splits: splits))
    }
    return StudyResult(
      baseline: chain.pairDistance(try chain.independent(measured, &random)), distilled: try distance(splits: []),
      unit: "pair TV", seconds: clock.seconds, further: ["two calls": try distance(splits: [MarkovChain.length / 2])])
  }
}

/// Distilled decoding 2: the teacher's conditional scores against those of the student's own sequences.
public struct DistilledDecoding2Study: LabStudy {
  public let name = "distilled-decoding-2", paper = "Liu et al. 2025b"
  public let summary = "total variation of neighbouring tokens; baseline: independent tokens"
  public var steps = 700, fakeSteps = 2, rows = 128, measured = 20_000

  public init() {}

  public func run(seed: UInt64, progress: @escaping StudyProgress) throws -> StudyResult {
    var clock = StudyClock(steps: steps, progress)
    let chain = MarkovChain(), teacher = try chain.teacher(), objective = DistilledDecoding2()
    let (scope, scoreScope) = (ParameterScope(), ParameterScope())
    let network = SequenceNetwork(scope, length: MarkovChain.length, tokens: MarkovChain.tokens, width: 2, channels: 96)
    let score = TokenScoreNetwork(scoreScope, length: MarkovChain.length, width: 2)
    func plan(_ steps: Int, _ peak: Double, _ stream: UInt64) -> TrainingPlan {
      let rate = LearningRate(peak: peak, warmUp: 20, shape: .cosine, final: 0.05)
      return TrainingPlan(steps: steps, rate: rate, averageDecay: 0.98, seed: seed &+ stream)
    }
    var student = Trainer(plan(steps, 1e-3, 4), from: scope.makeParameters(seed: seed &+ 5))
    var fake = Trainer(plan(steps * fakeSteps, 3e-3, 6), from: scoreScope.makeParameters(seed: seed &+ 7))
    var random = RandomSource(seed: seed &+ 8)
    func made(_ p: Parameters, _ count: Int) -> Tensor {
      network(random.normal([count, MarkovChain.length, 2]), p).vectors
    }
    while !student.isFinished {
      for _ in 0..<fakeSteps {
        let vectors = made(student.parameters, rows)
        _ = try fake.advance { p, random in
          try objective.fakeLosses(
            vectors, codebook: teacher.codebook, fake: { score($0, at: $1, given: $2, p) }, &random)
        }
      }
      _ = try student.advance { p, random in
        try objective.studentLosses(
          made(p, rows), teacher: teacher, fake: { score($0, at: $1, given: $2, fake.parameters) }, &random)
      }
      guard clock.tick() else { break }
    }
    let sequences = objective.tokens(of: made(student.average.parameters, measured), teacher.codebook)
    return StudyResult(
      baseline: chain.pairDistance(try chain.independent(measured, &random)), distilled: chain.pairDistance(sequences),
      unit: "pair TV", seconds: clock.seconds)
  }
}
