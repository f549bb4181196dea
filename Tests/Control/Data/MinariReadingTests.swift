import Foundation
import OneStepControl
import Testing

@Suite struct MinariReadingTests {
  /// Episodes in the order of their numbers, with their lengths.
  private let episodes = [(0, 3), (1, 2), (2, 2), (10, 4)]

  @Test func everyStepHasItsOwnNextObservation() throws {
    let steps = try Transitions(contentsOf: fixture("minari.hdf5"))
    #expect(steps.count == 11 && steps.episodeStarts == [0, 3, 5, 7])
    #expect(steps.observations == episodes.flatMap { e, t in ramp(0..<t, 3).map { $0 + Float(10 * e) } })
    #expect(steps.nextObservations == episodes.flatMap { e, t in ramp(1...t, 3).map { $0 + Float(10 * e) } })
    #expect(steps.actions == episodes.flatMap { ramp(0..<$0.1, 2, scale: 1 / 8) })
    #expect(steps.rewards == [0, 1, 2, 3, 4, 9, 10, 5, 6, 7, 8])
    #expect(steps.isTerminal.indices.filter { steps.isTerminal[$0] } == [4], "truncations are no ends")
    #expect(steps.lastEpisodeIsOpen, "neither ended nor cut")
  }

  @Test func dictionaryObservationsAreJoinedWithTheGoal() throws {
    let steps = try Transitions(contentsOf: fixture("minari-maze.hdf5"))
    #expect(steps.observationSize == 5 && steps.count == 11)
    #expect(Array(steps.observations[15..<20]) == [10, 10.25, 10.5, 1, 1])
    #expect(Array(steps.nextObservations[15..<20]) == [11, 11.25, 11.5, 1, 1])
  }

  @Test func aFolderIsReadByItsMainFile() throws {
    let scratch = try ScratchFolder()
    try FileManager.default.createDirectory(atPath: scratch.file("set-v0/data"), withIntermediateDirectories: true)
    #expect(throws: DatasetError.missing(path: scratch.file("set-v0"), key: "data/main_data.hdf5", found: ["data"])) {
      try Transitions(contentsOf: scratch.file("set-v0"))
    }
    try FileManager.default.copyItem(
      atPath: fixture("minari.hdf5"), toPath: scratch.file("set-v0/data/main_data.hdf5"))
    #expect(try Transitions(contentsOf: scratch.file("set-v0")).count == 11)
  }
}
