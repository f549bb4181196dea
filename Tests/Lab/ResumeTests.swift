import Foundation
import OneStepFlow
import OneStepLab
import OneStepNetworks
import OneStepTensors
import Testing

@Suite struct ResumeTests {
  /// A method of the lab on few rows with a narrow network.
  private func trainer(_ name: String) throws -> MethodTrainer<Void> {
    var experiment = Experiment(.moons, iterations: 6)
    experiment.pairs = 32
    let method = try #require(LabMethod.named(name)), material = try experiment.material()
    return MethodTrainer(method.make(material), on: material, iterations: 6, rows: 32) {
      PointNetwork.make(for: $0, width: 8)
    }
  }

  @Test("every method goes on from a saved state with the same bits", arguments: LabMethod.all.map(\.name))
  func resume(_ name: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).state").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var whole = try trainer(name)
    while !whole.isFinished { _ = try whole.advance() }
    var first = try trainer(name)
    for _ in 0..<3 { _ = try first.advance() }
    try first.save(to: path)
    var second = try trainer(name)
    try second.restore(from: path)
    #expect(second.iteration == 3)
    while !second.isFinished { _ = try second.advance() }
    for (group, expected) in whole.trainers {
      let resumed = try #require(second.trainers[group])
      #expect(resumed.parameters.tensors.map(\.floats) == expected.parameters.tensors.map(\.floats), "\(group)")
      #expect(
        resumed.average.parameters.tensors.map(\.floats) == expected.average.parameters.tensors.map(\.floats),
        "average of \(group)")
      #expect(expected.parameters.tensors.allSatisfy { $0.floats.allSatisfy(\.isFinite) }, "\(group)")
    }
  }
}
