import Foundation
import OneStepFlow
import OneStepLab
import OneStepNetworks
import OneStepTensors
import Testing

/// One-call students of the Markov chain. Pairs of neighbouring tokens that are each right but independent are 0.50 away
/// from it (whole sequences 0.79), 20 000 sequences of the chain itself 0.014 (0.07).
@Suite struct DistilledDecodingTests {
  static let n = 20_000

  private func network(channels: Int) -> (network: SequenceNetwork, scope: ParameterScope) {
    let scope = ParameterScope()
    let network = SequenceNetwork(
      scope, length: MarkovChain.length, tokens: MarkovChain.tokens, width: 2, channels: channels)
    return (network, scope)
  }

  /// Measured: pairs 0.063 and sequences 0.16 in one call, 0.038 and 0.11 in two; 48 % and 63 % are the map's own.
  @Test("DD1 learns the map from noise to tokens; a second call makes it better") func first() throws {
    let chain = MarkovChain(), teacher = try chain.teacher()
    let (network, scope) = network(channels: 128)
    let objective = DistilledDecoding1(teacher.codebook)
    let pairs = 32_768, batch = 256
    var random = RandomSource(seed: 1)
    let noise = random.normal([pairs, MarkovChain.length, 2])
    let sequences = try teacher.sequences(from: noise)
    let plan = TrainingPlan(
      steps: 1500, rate: LearningRate(peak: 3e-3, warmUp: 50, shape: .cosine, final: 0.01), averageDecay: 0.99, seed: 2)
    var trainer = Trainer(plan, from: scope.makeParameters(seed: 3))
    while !trainer.isFinished {
      let rows = random.integers(below: pairs, count: batch)
      let known = trainer.step % 3 == 0 ? 2 : 0
      _ = try trainer.advance { p, _ in
        try objective.losses(
          { network($0, known: $1, p) }, noise: noise.gathered(rows: rows.map(Int32.init)),
          sequences: rows.map { sequences[$0] }, known: known)
      }
    }
    let p = trainer.average.parameters
    let fresh = random.normal([Self.n, MarkovChain.length, 2])
    let one = try objective.sequences({ network($0, known: $1, p) }, from: fresh)
    let two = try objective.sequences({ network($0, known: $1, p) }, from: fresh, splits: [2])
    let exact = try teacher.sequences(from: fresh)
    func agreement(_ a: [[Int]]) -> Double { Double(zip(a, exact).count { $0 == $1 }) / Double(Self.n) }
    #expect(chain.pairDistance(one) < 0.12 && chain.sequenceDistance(one) < 0.25)
    let independent = try chain.independent(Self.n, &random)
    #expect(chain.pairDistance(independent) > 0.45)
    #expect(chain.pairDistance(two) < chain.pairDistance(one))
    #expect(agreement(one) > 0.4)
  }

  /// Measured: pairs 0.103, sequences 0.26.
  @Test("DD2 learns the distribution from scores alone") func second() throws {
    let chain = MarkovChain(), teacher = try chain.teacher()
    let (network, scope) = network(channels: 96)
    let scoreScope = ParameterScope()
    let score = TokenScoreNetwork(scoreScope, length: MarkovChain.length, width: 2)
    let objective = DistilledDecoding2()
    let steps = 1000, fakeSteps = 2, batch = 128
    func plan(_ steps: Int, _ peak: Double, _ seed: UInt64) -> TrainingPlan {
      TrainingPlan(
        steps: steps, rate: LearningRate(peak: peak, warmUp: 20, shape: .cosine, final: 0.05), averageDecay: 0.98, seed: seed)
    }
    var student = Trainer(plan(steps, 5e-3, 4), from: scope.makeParameters(seed: 5))
    var fake = Trainer(plan(steps * fakeSteps, 1e-2, 6), from: scoreScope.makeParameters(seed: 7))
    var random = RandomSource(seed: 8)
    while !student.isFinished {
      for _ in 0..<fakeSteps {
        let made = Compute.perform { network(random.normal([batch, MarkovChain.length, 2]), student.parameters).vectors }
        _ = try fake.advance { p, random in
          try objective.fakeLosses(made, codebook: teacher.codebook, fake: { score($0, at: $1, given: $2, p) }, &random)
        }
      }
      _ = try student.advance { p, random in
        let made = network(random.normal([batch, MarkovChain.length, 2]), p).vectors
        return try objective.studentLosses(
          made, teacher: teacher, fake: { score($0, at: $1, given: $2, fake.parameters) }, &random)
      }
    }
    let made = network(random.normal([Self.n, MarkovChain.length, 2]), student.average.parameters).vectors
    let sequences = objective.tokens(of: made, teacher.codebook)
    #expect(chain.pairDistance(sequences) < 0.2 && chain.sequenceDistance(sequences) < 0.4)
  }
}
