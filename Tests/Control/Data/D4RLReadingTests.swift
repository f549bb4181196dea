import OneStepControl
import Testing

@Suite struct D4RLReadingTests {
  @Test func rowsAreThoseOfQlearningDataset() throws {
    let steps = try Transitions(contentsOf: fixture("d4rl.hdf5"))
    let kept = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]  // without the time-out in row 7 and without the last row
    #expect(steps.count == 10 && steps.observationSize == 3 && steps.actionSize == 2)
    #expect(steps.observations == ramp(kept, 3))
    #expect(steps.nextObservations == ramp(kept.map { $0 + 1 }, 3), "not the stored next_observations")
    #expect(steps.actions == ramp(kept, 2, scale: 1 / 16))
    #expect(steps.rewards == kept.map { Float($0) / 2 })
    #expect(steps.isTerminal == kept.map { $0 == 3 }, "a true end stays")
    #expect(steps.episodeStarts == [0, 4, 7] && steps.lastEpisodeIsOpen)
    #expect(steps.episodes == [0..<4, 4..<7, 7..<10] && steps.episodeReturns == [3, 7.5, 13.5])
  }

  @Test func withoutTimeoutsStepsAreCountedAsD4RLCountsThem() throws {
    let steps = try Transitions(contentsOf: fixture("d4rl-old.hdf5"), options: DatasetOptions(stepLimit: 4))
    // Rows 3 and 8 are a fourth step; after the end in row 5 the count begins at 1.
    #expect(steps.observations == ramp([0, 1, 2, 4, 5, 6, 7, 9, 10], 3))
    #expect(steps.isTerminal.firstIndex(of: true) == 4 && steps.isTerminal.count { $0 } == 1)
    #expect(steps.actions.allSatisfy { $0 == 0 } && steps.rewards.allSatisfy { $0 == 1 })
    let whole = try Transitions(contentsOf: fixture("d4rl-old.hdf5"))
    #expect(whole.count == 11 && whole.episodeStarts == [0, 6])
  }

  @Test func rewardsOfTheRowAfterAreTakenOnRequest() throws {
    let steps = try Transitions(contentsOf: fixture("d4rl.hdf5"), options: DatasetOptions(usesNextReward: true))
    #expect(steps.rewards == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10].map { Float($0 + 1) / 2 })
  }

  @Test func arraysTextsAndAttributesOfH5pyAreRead() throws {
    let file = try HDF5File(contentsOf: fixture("d4rl.hdf5"))
    #expect(
      try file.names() == [
        "actions", "infos", "metadata", "next_observations", "observations", "rewards", "terminals", "timeouts",
      ])
    #expect(try file.entry("infos") == .group && file.entry("nothing/at/all") == nil)
    #expect(try file.array("infos/qpos").shape == [12, 4] && file.floats("infos/qpos") == ramp(0..<12, 4))
    #expect(try file.array("terminals").type == .enumeration(bytes: 1))
    #expect(try file.text("metadata/algorithm") == "SAC" && file.text("metadata/variable") == "größer")
    #expect(try file.floats("metadata/iteration") == [7])
    let minari = try HDF5File(contentsOf: fixture("minari.hdf5"))
    #expect(try minari.attribute("total_episodes") == .integer(4))
    #expect(try minari.attribute("seed", of: "episode_1") == .text("none"))
    #expect(try minari.attribute("absent", of: "episode_1") == nil)
  }

  @Test func manyThreadsMayReadAtOnce() async throws {
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<16 { group.addTask { try Transitions(contentsOf: fixture("d4rl.hdf5")).count } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts == Array(repeating: 10, count: 16))
  }
}
