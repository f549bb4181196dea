import OneStepFlow
import OneStepLab
import OneStepTensors
import Testing

/// Studies that train for a few seconds; the figures are those of seed 1 with room for another machine's rounding.
@Suite struct StudyTests {
  private func run(_ name: String) throws -> StudyResult {
    try #require(Studies.named(name)).run(seed: 1) { _, _ in true }
  }

  @Test(
    "one-call students beat their baselines by half",
    arguments: [
      "distilled-decoding-1", "distilled-decoding-2", "tiue", "ditto-2",
    ])
  func halves(_ name: String) throws {
    let result = try run(name)
    #expect(result.distilled < 0.5 * result.baseline && result.distilled > 0)
  }

  @Test("adapters bring a frozen network's one step to what its many steps make") func adapters() throws {
    let result = try run("hipa")
    #expect(result.distilled < 0.75 * result.baseline)
    #expect(try #require(result.further["trained share"]) < 0.2)
  }

  @Test("a value moves the policy towards reward and leaves it in the modes") func bandit() throws {
    let result = try run("ofql")
    #expect(result.distilled < result.baseline - 0.05)
    #expect(try #require(result.further["in mode"]) > 0.5)
  }

  @Test("a trained decoder beats the teacher at the same pseudo-times") func codec() throws {
    let result = try run("oscar")
    #expect(result.distilled < 0.95 * result.baseline)
    #expect(result.baseline < (try #require(result.further["lattice alone"])))
  }

  @Test("a student of a coarse prior beats the teacher's one step and stays with what was seen") func conditioned()
    throws
  {
    let result = try run("comospeech")
    #expect(result.distilled < 0.8 * result.baseline)
    let (own, data) = (
      try #require(result.further["from condition"]), try #require(result.further["from condition, data"])
    )
    #expect(abs(own - data) < 0.05)
  }

  @Test("names of methods and studies differ") func names() {
    let names = LabMethod.all.map(\.name) + Studies.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Studies.named("dmd") == nil && LabMethod.named("tiue") == nil)
  }

  @Test("a study stops when its caller says so") func stopping() throws {
    var steps = 0
    _ = try DistilledDecoding1Study().run(seed: 1) { done, _ in
      steps = done
      return done < 3
    }
    #expect(steps == 3)
  }
}

@Suite struct RecordedMethodTests {
  @Test("backtracking walks from node to node and ends at the teacher") func backtracking() throws {
    let mixture = GaussianMixture.ring8
    var asked: [String] = []
    func node(_ name: String) -> Denoiser<Void> {
      let inner = mixture.denoiser(on: Method<Void>.scorePath)
      return Denoiser(on: inner.path) { x, t, c in
        if asked.last != name { asked.append(name) }
        return try inner(x, at: t, c)
      }
    }
    let experiment = Experiment(mixture, iterations: 9)
    var material = try experiment.material()
    material.teacher = node("teacher")
    _ = try experiment.train(.disBack(nodes: [node("far"), node("near")]), on: material)
    #expect(asked == ["far", "near", "teacher"])
  }

  @Test("the recorded end fits the untrained student") func recording() throws {
    let experiment = Experiment(.ring8, iterations: 10), material = try experiment.material()
    let recorded = try experiment.degradation(of: .disBack(nodes: []), on: material, nodes: 2, steps: 60)
    #expect(recorded.nodes.count == 2)
    // An untrained student returns about its noise, of unit variance: E[x0 | x] = x / (1 + t²).
    let x = Tensor([1, -0.5, 0.3, 0.8], shape: [2, 2]), t = [1.0, 1.0]
    func gap(_ denoiser: Denoiser<Void>) throws -> Float {
      try (denoiser(x, at: t, ()) - x * 0.5).squared().mean().item
    }
    let teacher = try gap(material.teacher.on(Method<Void>.scorePath))
    #expect(try gap(recorded.nodes[0]) < gap(recorded.nodes[1]))
    #expect(try gap(recorded.nodes[0]) < teacher)
  }

  @Test("the pseudo-time of noise is its own time") func pseudoTime() throws {
    let data = Tensor.normal([20_000, 2], seed: 1), noise = Tensor.normal([20_000, 2], seed: 2)
    let place = try #require(PseudoTime(data: data, degraded: data + noise * 0.7))
    #expect(abs(place.time(on: .edm(), deviation: 1) - 0.7) < 0.02)
    // Placed on the path, the noisy data are themselves.
    let point = place.point(data + noise * 0.7, on: .edm(), deviation: 1)
    #expect(abs(Double((point.point / (data + noise * 0.7)).floats[0]) - 1) < 0.02 && point.times.count == 20_000)
    #expect(PseudoTime(data: data, degraded: -data) == nil)
  }

  @Test("two noisy views are one: the conditioned teacher's denoiser is the posterior mean") func conditioned() throws {
    let one = GaussianMixture(weights: [1], means: [[0.4, -0.2]], deviations: [0.5]),
      points = ConditionedPoints(one, blur: 0.8)
    let (x, y, t) = ([1.1, 0.3], [0.2, -0.9], 0.6)
    let found = try points.teacher(
      Tensor(x.map(Float.init), shape: [1, 2]), at: [t], Tensor(y.map(Float.init), shape: [1, 2]))
    for i in 0..<2 {
      let precisions = [1 / (t * t), 1 / 0.64, 1 / 0.25], mean = [0.4, -0.2][i]
      let expected = (x[i] * precisions[0] + y[i] * precisions[1] + mean * precisions[2]) / precisions.reduce(0, +)
      #expect(abs(Double(found.floats[i]) - expected) < 1e-5)
    }
  }
}
