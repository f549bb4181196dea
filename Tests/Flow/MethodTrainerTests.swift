import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors
import Testing

@Suite struct MethodTrainerTests {
  /// Switches the damage of a loss on and off.
  private final class Switch { var isOn = false }

  /// A fake score and a student in turn; the student's loss is NaN while `damage` is on.
  private func method(_ damage: Switch) -> Method<Void> {
    Method(
      "damaged", "none", .velocity(.linear), critics: [.init("fake", .points(clocks: 1), rate: 1e-2)],
      plan: .all("fake", "student")
    ) { group, scene in
      let draw = try scene.draw()
      if group == "fake" {
        return try DenoisingScoreMatching(times: .fixed(0.5), weight: .one).losses(
          scene.denoiser(on: .edm()), data: draw.data, (), &scene.random)
      }
      var losses = try FlowMatching(path: .linear, times: .uniform(0...1)).losses(
        scene.student.velocity, draw, &scene.random)
      if damage.isOn { losses.add("bad", losses.total * Float.nan) }
      return losses
    }
  }

  @Test("a number that is not finite stops with group, term and iteration, and changes no group") func notFinite()
    throws
  {
    let damage = Switch()
    var whole = SmallMethod.trainer(method(damage))
    while !whole.isFinished { _ = try whole.advance() }

    var trainer = SmallMethod.trainer(method(damage))
    for _ in 0..<3 { _ = try trainer.advance() }
    let before = trainer.numbers
    damage.isOn = true
    // The fake score's turn comes first and is sound, so it has stepped when the student's fails.
    #expect(throws: TrainingError.notFinite(term: "student's bad", step: 3)) { _ = try trainer.advance() }
    #expect(trainer.iteration == 3 && trainer.numbers == before)
    damage.isOn = false
    while !trainer.isFinished { _ = try trainer.advance() }
    #expect(trainer.numbers == whole.numbers)
  }

  @Test("a copy of a trainer has numbers of its own") func copies() throws {
    var whole = SmallMethod.trainer(.dmd2())
    while !whole.isFinished { _ = try whole.advance() }
    var first = SmallMethod.trainer(.dmd2())
    for _ in 0..<2 { _ = try first.advance() }
    var copy = first
    while !copy.isFinished { _ = try copy.advance() }
    #expect(first.iteration == 2)
    while !first.isFinished { _ = try first.advance() }
    #expect(first.numbers == whole.numbers && copy.numbers == whole.numbers)
  }

  // MARK: State

  @Test("a resumed method ends with the same bits") func resume() throws {
    let path = SmallMethod.temporaryFile()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var whole = SmallMethod.trainer(.fDistill())
    while !whole.isFinished { _ = try whole.advance() }
    var first = SmallMethod.trainer(.fDistill())
    for _ in 0..<3 { _ = try first.advance() }
    try first.save(to: path)
    var second = SmallMethod.trainer(.fDistill())
    try second.restore(from: path)
    #expect(second.iteration == 3 && second.numbers == first.numbers)
    while !second.isFinished { _ = try second.advance() }
    #expect(second.numbers == whole.numbers)
  }

  private func expectRefusal(_ reason: String, of trainer: MethodTrainer<Void>, from path: String) {
    var trainer = trainer
    let before = trainer.numbers
    do {
      try trainer.restore(from: path)
      Issue.record("a state was taken although \(reason)")
    } catch TrainingError.otherRun(_, let found) {
      #expect(found.contains(reason))
    } catch { Issue.record("\(error) instead of a refusal because \(reason)") }
    #expect(trainer.iteration == 0 && trainer.numbers == before)
  }

  @Test("a state of another method or plan is refused and changes nothing") func foreign() throws {
    let path = SmallMethod.temporaryFile()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var saved = SmallMethod.trainer(.dmd2())
    _ = try saved.advance()
    try saved.save(to: path)
    expectRefusal("it trains dmd2, not sid", of: SmallMethod.trainer(.sid()), from: path)
    expectRefusal("its plan differs (6 iterations", of: SmallMethod.trainer(.dmd2(), iterations: 7), from: path)
    expectRefusal("rows against 6 of 8", of: SmallMethod.trainer(.dmd2(), rows: 8), from: path)
    expectRefusal("its plan of", of: SmallMethod.trainer(.dmd2(), seed: 2), from: path)
    expectRefusal("its plan of student differs", of: SmallMethod.trainer(.dmd2(studentEvery: 3)), from: path)
    try saved.trainers["student"]!.save(to: path)
    expectRefusal("no state of this kind", of: SmallMethod.trainer(.dmd2()), from: path)
  }

  @Test("a file that cannot be read is an error") func unreadable() throws {
    let path = SmallMethod.temporaryFile()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var trainer = SmallMethod.trainer(.dmd2())
    #expect(throws: TrainingError.self) { try trainer.restore(from: path) }
    try Data("no state".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: TrainingError.self) { try trainer.restore(from: path) }
  }

  // MARK: Turns

  @Test("a turn moves its own group and no other") func turns() throws {
    // The student alone at even iterations, fake score and discriminator at odd ones.
    var trainer = SmallMethod.trainer(.fDistill(.reverse, studentEvery: 2))
    let start = trainer.numbers
    let first = try trainer.advance()
    let after = trainer.numbers
    #expect(Set(first.keys) == ["student"])
    #expect(after["student"] != start["student"])
    #expect(after["fake"] == start["fake"] && after["discriminator"] == start["discriminator"])
    let second = try trainer.advance()
    #expect(Set(second.keys) == ["fake", "discriminator"])
    #expect(trainer.numbers["student"] == after["student"])
    #expect(trainer.numbers["fake"] != after["fake"] && trainer.numbers["discriminator"] != after["discriminator"])
  }
}
