import Foundation
import OneStepFlow
import OneStepLab
import OneStepTensors
import Testing

@Suite struct PointMetricsTests {
  @Test("the distance of two Gaussians is known: sqrt(1/2 + 1/4) for N(0, 1) and N((1, 0), 1.5²)") func gaussians() {
    let n = 65536, a = Tensor.normal([n, 2], seed: 1), b = Tensor.normal([n, 2], seed: 2) * 1.5
    let moved = b + Tensor([1, 0], shape: [1, 2])
    #expect(abs(PointMetrics.slicedWasserstein(a, moved) - 0.75.squareRoot()) < 0.01)
    #expect(PointMetrics.slicedWasserstein(a, a) == 0)
  }

  @Test("data score as data, and a circle without modes does not pass for a ring of eight") func references() {
    let n = 16384, ring = GaussianMixture.ring8
    let data = PointMetrics(ring.stratified(count: n, seed: 3), of: ring)
    #expect(data.slicedWasserstein < 0.05 && abs(data.shareInMode - 0.8647) < 0.01 && data.modes == 8)
    let noise = Tensor.normal([n, 2], seed: 4) * 0.15
    let angles = (0..<n).map { 2 * Double.pi * Double($0) / Double(n) }
    let circle = Tensor(angles.flatMap { [Float(2 * cos($0)), Float(2 * sin($0))] }, shape: [n, 2]) + noise
    let bare = PointMetrics(circle, of: ring)
    #expect(bare.shareInMode < 0.45 && bare.slicedWasserstein > 2 * data.slicedWasserstein)
    #expect(PointMetrics(Tensor.zeros([64, 2]), of: ring).modes == 0)
  }
}

@Suite struct ExperimentTests {
  @Test("distilled pairs beat the teacher's own single step by far, the same for the same seed") func instaFlow() throws
  {
    func run(_ method: Method<Void>) throws -> (PointMetrics, [Float]) {
      var experiment = Experiment(.ring8, iterations: 1200)
      experiment.samples = 8192
      let trainer = try experiment.train(method, on: experiment.material())
      return (try experiment.measure(trainer)[0].metrics, try experiment.sample(trainer, .oneStep).floats)
    }
    let (distilled, samples) = try run(.instaFlow()), (plain, _) = try run(.flowMatching())
    #expect(distilled.slicedWasserstein < 0.12 && distilled.modes == 8 && distilled.shareInMode > 0.5)
    // One Euler step of flow matching ends at the mean of the data.
    #expect(plain.slicedWasserstein > 1 && plain.modes == 0)
    #expect(try run(.instaFlow()).1 == samples)
  }

  @Test("every method has a name of its own and losses for each of its groups", arguments: LabMethod.all.map(\.name))
  func turns(_ name: String) throws {
    let lab = try #require(LabMethod.named(name))
    #expect(LabMethod.all.count { $0.name == name } == 1)
    var experiment = Experiment(.moons, iterations: 12)
    (experiment.samples, experiment.pairs) = (256, 256)
    let material = try experiment.material(), method = lab.make(material)
    var trainer = try experiment.train(method, on: material) { done, _ in done < 11 }
    let reports = try trainer.advance()
    #expect(!reports.isEmpty && reports.values.allSatisfy { $0.total.isFinite && $0.gradientNorm > 0 })
    #expect(try experiment.measure(trainer).allSatisfy { $0.metrics.slicedWasserstein.isFinite })
  }
}
