import Foundation
import OneStepFlow
import OneStepLab
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct CodebookTests {
  @Test("the velocity is that of the mixture of points, written out") func velocity() throws {
    let codebook = try Codebook.circle(5, radius: 1.2)
    let c = codebook.vectors.floats.map(Double.init)
    let p = [0.1, 0.3, 0.2, 0.15, 0.25]
    let (x, t) = ([0.4, -0.7], 0.6)
    let w = (0..<5).map { k in
      p[k] * exp(-(pow(x[0] - (1 - t) * c[2 * k], 2) + pow(x[1] - (1 - t) * c[2 * k + 1], 2)) / (2 * t * t))
    }
    let total = w.reduce(0, +)
    let expected = (0..<2).map { axis in (x[axis] - (0..<5).reduce(0) { $0 + w[$1] * c[2 * $1 + axis] } / total) / t }
    let logs = Tensor(p.map { Float(log($0)) }, shape: [1, 5])
    let u = codebook.velocity(Tensor(x.map(Float.init), shape: [1, 2]), at: [t], logs)
    expectClose(u.floats, expected, relative: 1e-5)
  }

  @Test("every vector is its own nearest") func nearest() throws {
    let codebook = try Codebook.circle(8)
    #expect(codebook.nearest(codebook.vectors * 0.9) == Array(0..<8))
    #expect(codebook.vectors(of: [[1, 2], [7, 0]]).shape == [2, 2, 2])
    #expect(throws: TokenError.codebook(shape: [3])) { try Codebook(Tensor.zeros([3])) }
    #expect(throws: TokenError.codebook(shape: [0, 2])) { try Codebook.circle(0) }
  }
}

@Suite struct TokenTeacherTests {
  @Test("the map from noise makes the model's distribution, like sampling does") func distribution() throws {
    let chain = MarkovChain(), teacher = try chain.teacher(), n = 40_000
    var random = RandomSource(seed: 1)
    let mapped = try teacher.sequences(from: random.normal([n, MarkovChain.length, 2]))
    let sampled = try teacher.sample(n, &random)
    // sqrt(64 / (2 pi n)) = 0.016 is what sampling alone makes of cells that are filled alike.
    #expect(chain.pairDistance(sampled) < 0.02)
    #expect(chain.pairDistance(mapped) < 0.03)
    #expect(chain.pairDistance(try chain.independent(n, &random)) > 0.4)
  }

  @Test("the map is deterministic, and a token depends on the noise up to its own") func causal() throws {
    let teacher = try MarkovChain().teacher()
    let noise = Tensor.normal([16, 4, 2], seed: 3)
    let other = Tensor.concatenated([noise.sliced(axis: 1, 0..<2), Tensor.normal([16, 2, 2], seed: 4)], axis: 1)
    let (a, b) = (try teacher.sequences(from: noise), try teacher.sequences(from: other))
    #expect(try teacher.sequences(from: noise) == a)
    #expect(zip(a, b).allSatisfy { $0[..<2] == $1[..<2] } && a != b)
  }

  @Test("shapes are checked") func shapes() throws {
    let teacher = TokenTeacher(try .circle(3), length: 2) { Tensor.zeros([$0.count, 4]) }
    #expect(throws: TokenError.noise(shape: [1, 3, 2], expected: [0, 2, 2])) {
      try teacher.sequences(from: Tensor.zeros([1, 3, 2]))
    }
    #expect(throws: TokenError.logProbabilities(shape: [1, 4], expected: [1, 3])) {
      try teacher.sequences(from: Tensor.zeros([1, 2, 2]))
    }
  }
}
