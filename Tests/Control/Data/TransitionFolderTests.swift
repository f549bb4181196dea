import Foundation
import OneStepControl
import OneStepTensors
import Testing

@Suite struct TransitionFolderTests {
  private func same(_ a: Transitions, _ b: Transitions) -> Bool {
    a.observationSize == b.observationSize && a.actionSize == b.actionSize && a.observations == b.observations
      && a.actions == b.actions && a.rewards == b.rewards && a.nextObservations == b.nextObservations
      && a.isTerminal == b.isTerminal && a.episodeStarts == b.episodeStarts
      && a.lastEpisodeIsOpen == b.lastEpisodeIsOpen
  }

  @Test func aBatchHoldsItsRowsInTheirOrder() throws {
    let batch = try Transitions(contentsOf: fixture("d4rl.hdf5")).batch([9, 3, 3])
    #expect(batch.observations.shape == [3, 3] && batch.observations.floats == ramp([10, 3, 3], 3))
    #expect(batch.nextObservations.shape == [3, 3] && batch.nextObservations.floats == ramp([11, 4, 4], 3))
    #expect(batch.actions.shape == [3, 2] && batch.actions.floats == ramp([10, 3, 3], 2, scale: 1 / 16))
    #expect(batch.rewards.shape == [3] && batch.rewards.floats == [5, 1.5, 1.5])
    #expect(batch.continues.shape == [3] && batch.continues.floats == [1, 0, 0])
  }

  @Test(arguments: ["d4rl.hdf5", "minari-maze.hdf5"])
  func aFolderHoldsWhatWasWritten(_ name: String) throws {
    let scratch = try ScratchFolder()
    let steps = try Transitions(contentsOf: fixture(name))
    let origin = TransitionFolder.Origin(environment: "hopper-d4rl", seed: 7)
    let folder = try TransitionFolder(writing: steps, to: scratch.file("a"), origin: origin)
    try folder.verify()
    #expect(folder.meta.origin == origin && folder.meta.steps == steps.count)
    #expect(folder.meta.standardization == Standardization(of: steps))
    #expect(same(folder.transitions, steps))
    #expect(try same(Transitions(contentsOf: scratch.file("a")), steps))
    let rows = [7, 0, 3]
    #expect(folder.transitions.batch(rows).observations.floats == steps.batch(rows).observations.floats)
    #expect(folder.transitions.batch(rows).continues.floats == steps.batch(rows).continues.floats)
    #expect(scratch.names == ["a"], "nothing temporary is left")
    #expect(throws: DatasetError.self) { try TransitionFolder(writing: steps, to: scratch.file("a")) }
  }

  @Test func mappedStepsCanBeAddedTo() throws {
    let scratch = try ScratchFolder()
    let steps = try Transitions(contentsOf: fixture("d4rl.hdf5"))
    var mapped = try TransitionFolder(writing: steps, to: scratch.file("a")).transitions
    mapped.append(observation: [1, 2, 3], action: [0, 1], reward: 9, next: [4, 5, 6], isTerminal: true)
    #expect(mapped.count == 11 && mapped.batch([10]).nextObservations.floats == [4, 5, 6])
    #expect(mapped.episodeStarts == steps.episodeStarts, "the open episode went on")
    #expect(mapped.batch([4]).observations.floats == steps.batch([4]).observations.floats)
  }

  @Test func damagedFoldersAreRefused() throws {
    let scratch = try ScratchFolder()
    let path = scratch.file("a"), obs = URL(fileURLWithPath: "\(path)/obs.f32")
    let folder = try TransitionFolder(writing: Transitions(contentsOf: fixture("d4rl.hdf5")), to: path)
    var bytes = try Data(contentsOf: obs)
    bytes[5] ^= 1
    try bytes.write(to: obs, options: .atomic)  // the old file stays mapped
    #expect(throws: DatasetError.damaged(path: path, key: "obs.f32", reason: "its SHA-256 is not the recorded one")) {
      try TransitionFolder(path).verify()
    }
    try bytes.dropLast(4).write(to: obs, options: .atomic)
    #expect(throws: DatasetError.damaged(path: path, key: "obs.f32", reason: "it has 116 bytes, not 120")) {
      try TransitionFolder(path)
    }
    for text in ["{}", "", "{\"version\": 2}"] {
      _ = try scratch.write(text, "a/meta.json")
      #expect(throws: DatasetError.self) { try TransitionFolder(path) }
    }
    var meta = folder.meta
    meta.steps = -1
    try JSONEncoder().encode(meta).write(to: URL(fileURLWithPath: "\(path)/meta.json"))
    #expect(throws: DatasetError.self) { try TransitionFolder(path) }
    meta = folder.meta
    meta.steps = .max
    try JSONEncoder().encode(meta).write(to: URL(fileURLWithPath: "\(path)/meta.json"))
    #expect(throws: DatasetError.self) { try TransitionFolder(path) }
  }

  @Test func aCacheConvertsOnceForAFileAndItsOptions() throws {
    let scratch = try ScratchFolder()
    let cache = TransitionCache(folder: scratch.file("cache")), path = fixture("d4rl.hdf5")
    let first = try cache.folder(of: path), again = try cache.folder(of: path)
    #expect(try first.path == again.path && same(first.transitions, Transitions(contentsOf: path)))
    let shifted = try cache.folder(of: path, options: DatasetOptions(usesNextReward: true))
    #expect(shifted.path != first.path && shifted.transitions.rewards[0] == 0.5)
    #expect(first.meta.origin.source?.count == 64)

    // A copy under another name is the same data; a damaged conversion is made anew.
    try FileManager.default.copyItem(atPath: path, toPath: scratch.file("copy.hdf5"))
    #expect(try cache.folder(of: scratch.file("copy.hdf5")).path == first.path)
    try Data().write(to: URL(fileURLWithPath: "\(first.path)/rew.f32"), options: .atomic)
    #expect(try cache.folder(of: path).transitions.rewards == first.transitions.rewards.map { $0 })
    #expect(throws: DatasetError.self) { try cache.folder(of: scratch.file("none")) }
  }
}
