import Foundation
import OneStepControl
import Testing

@Suite struct D4RLWriterTests {
  /// Steps of an episode whose observations count up from `start`.
  private func episode(_ length: Int, from start: Float, ends: Bool) -> Transitions {
    var steps = Transitions(observationSize: 2, actionSize: 1)
    for step in 0..<length {
      let x = start + Float(step)
      steps.append(
        observation: [x, -x], action: [x / 100], reward: x, next: [x + 1, -x - 1],
        isTerminal: ends && step == length - 1)
    }
    steps.cutEpisode()
    return steps
  }

  @Test func episodesComeBackByTheRuleOfD4RL() throws {
    let scratch = try ScratchFolder()
    let path = scratch.file("own.hdf5")
    let layout = D4RLWriter.Layout(observationSize: 2, actionSize: 1, positions: 3, velocities: 1)
    let writer = try D4RLWriter(
      path: path, layout: layout, metadata: ["algorithm": "SAC", "name": "größer", "none": ""])
    try writer.append(
      episode(3, from: 0, ends: false), positions: (0..<9).map(Float.init), velocities: [1, 2, 3])
    try writer.append(
      episode(2, from: 10, ends: true), positions: (9..<15).map(Float.init), velocities: [4, 5])
    #expect(scratch.names != ["own.hdf5"], "a part has no name yet")
    try writer.finish()
    #expect(scratch.names == ["own.hdf5"] && writer.count == 5)

    let file = try HDF5File(contentsOf: path)
    #expect(try file.floats("observations") == [0, 0, 1, -1, 2, -2, 10, -10, 11, -11])
    #expect(try file.floats("next_observations") == [1, -1, 2, -2, 3, -3, 11, -11, 12, -12])
    #expect(try file.flags("timeouts") == [false, false, true, false, false])
    #expect(try file.flags("terminals") == [false, false, false, false, true])
    #expect(try file.array("terminals").type == .enumeration(bytes: 1))
    #expect(try file.floats("infos/qpos") == (0..<15).map(Float.init) && file.array("infos/qpos").shape == [5, 3])
    #expect(try file.floats("infos/qvel") == [1, 2, 3, 4, 5])
    #expect(try file.text("metadata/algorithm") == "SAC" && file.text("metadata/name") == "größer")
    #expect(try file.text("metadata/none") == "")

    let steps = try Transitions(contentsOf: path)
    #expect(steps.rewards == [0, 1, 10] && steps.isTerminal == [false, false, false])
  }

  @Test func manyRowsAreChunkedAndPacked() throws {
    let scratch = try ScratchFolder()
    let writer = try D4RLWriter(
      path: scratch.file("own.hdf5"), layout: D4RLWriter.Layout(observationSize: 2, actionSize: 1))
    let part = episode(700, from: 0, ends: true)
    for _ in 0..<100 { try writer.append(part) }
    try writer.finish()
    let steps = try Transitions(contentsOf: scratch.file("own.hdf5"))
    #expect(steps.count == 69_999 && steps.episodeStarts.count == 100)
    #expect(Array(steps.observations[139_990..<139_998]) == [695, -695, 696, -696, 697, -697, 698, -698])
    let bytes = try FileManager.default.attributesOfItem(atPath: scratch.file("own.hdf5"))[.size] as? Int
    #expect(try #require(bytes) < 70_000 * 26 / 4)
  }

  @Test func anUnfinishedFileLeavesNothing() throws {
    let scratch = try ScratchFolder()
    do {
      let writer = try D4RLWriter(
        path: scratch.file("own.hdf5"), layout: D4RLWriter.Layout(observationSize: 2, actionSize: 1))
      try writer.append(episode(3, from: 0, ends: true))
    }
    #expect(scratch.names == [])
    let nowhere = scratch.file("none/own.hdf5")
    let error = #expect(throws: DatasetError.self) {
      try D4RLWriter(path: nowhere, layout: D4RLWriter.Layout(observationSize: 2, actionSize: 1))
    }
    #expect(
      error?.kind == .cannotWrite && error?.description.hasPrefix("\(nowhere): cannot be written: unable to") == true)
  }
}
