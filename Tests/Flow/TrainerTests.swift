import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

@Suite struct TrainerTests {
  private func trainer(_ rule: OptimizerRule = .adam(), seed: UInt64 = 3) -> (Trainer, Trainer.Loss) {
    let scope = ParameterScope()
    let layer = Linear(scope.nested("layer"), inputs: 4, outputs: 2)
    let plan = TrainingPlan(steps: 8, rate: LearningRate(peak: 0.05, warmUp: 2, shape: .cosine), seed: seed)
    let loss: Trainer.Loss = { p, random in
      let x = random.normal([16, 4])
      var losses = Losses()
      losses.add("fit", (layer(x, p) - x.sliced(axis: 1, 0..<2)).squared().mean())
      return losses
    }
    return (Trainer(plan, rule: rule, from: scope.makeParameters(seed: 1)), loss)
  }
  private func temporary() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).state").path
  }

  @Test(
    "a resumed run ends with the same bits",
    arguments: [
      OptimizerRule.adam(), .adamW(), .rAdam(), .sgd(momentum: 0.9), .muon(),
    ])
  func resume(_ rule: OptimizerRule) throws {
    let path = temporary()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var (whole, loss) = trainer(rule)
    for _ in 0..<8 { _ = try whole.advance(loss) }
    var (first, _) = trainer(rule)
    for _ in 0..<3 { _ = try first.advance(loss) }
    try first.save(to: path)
    var (second, _) = trainer(rule)
    try second.restore(from: path)
    #expect(second.step == 3)
    while !second.isFinished { _ = try second.advance(loss) }
    for (a, b) in zip(whole.parameters.tensors, second.parameters.tensors) { #expect(a.floats == b.floats) }
    for (a, b) in zip(whole.average.parameters.tensors, second.average.parameters.tensors) {
      #expect(a.floats == b.floats)
    }
  }

  @Test("a state of another plan is refused") func otherPlan() throws {
    let path = temporary()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try trainer().0.save(to: path)
    var (other, _) = trainer(seed: 4)
    #expect(throws: TrainingError.self) { try other.restore(from: path) }
  }

  @Test("a loss that is not finite stops with its name and changes nothing") func notFinite() throws {
    var (trainer, loss) = trainer()
    _ = try trainer.advance(loss)
    let before = trainer.parameters.tensors.map(\.floats)
    #expect(throws: TrainingError.notFinite(term: "bad", step: 1)) {
      _ = try trainer.advance { p, _ in
        var losses = Losses()
        losses.add("good", p.tensors[0].sum())
        losses.add("bad", p.tensors[0].sum() * Float.nan)
        return losses
      }
    }
    #expect(trainer.step == 1 && trainer.parameters.tensors.map(\.floats) == before)
  }

  @Test("training lowers the loss") func learns() throws {
    var (trainer, loss) = trainer()
    let first = try trainer.advance(loss).total
    var last = first
    while !trainer.isFinished { last = try trainer.advance(loss).total }
    #expect(last < first)
  }

  @Test("rates rise, peak and fall") func rates() {
    let rate = LearningRate(peak: 2, warmUp: 10, shape: .cosine, final: 0.1)
    #expect(abs(rate(step: 0, of: 100) - 0.2) < 1e-12)
    #expect(abs(rate(step: 100, of: 100) - 0.2) < 1e-12)
    #expect(rate(step: 9, of: 100) > rate(step: 60, of: 100))
    #expect(LearningRate(peak: 1)(step: 50, of: 100) == 1)
  }
}
