import Foundation
import OneStepControl
import Testing

@Suite struct HostileDataTests {
  private func error(_ path: String) -> DatasetError? {
    #expect(throws: DatasetError.self) { try Transitions(contentsOf: path) }
  }

  @Test(arguments: [
    ("", DatasetError.ForeignContent.empty), ("<!DOCTYPE html><html>", .page), (" \n<html>", .page),
    ("version https://git-lfs.github.com/spec/v1\noid", .pointer), ("PK\u{3}\u{4}", .zip), ("hello", .unknown),
    ("a\u{0}b,c", .unknown), ("   \n", .unknown),
  ])
  func otherFilesAreToldByTheirFirstBytes(_ text: String, _ content: DatasetError.ForeignContent) throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write(text, "hopper.hdf5")
    #expect(error(path) == .foreign(path: path, content))
  }

  @Test func filesThatAreNotThereOrFoldersWithoutDataAreNamed() throws {
    let scratch = try ScratchFolder()
    #expect(error(scratch.file("none.hdf5")) == .unreadable(path: scratch.file("none.hdf5"), code: ENOENT))
    #expect(error(scratch.path) == .missing(path: scratch.path, key: "data/main_data.hdf5", found: []))
    #expect(error("/dev/null") == .foreign(path: "/dev/null", .empty))
  }

  @Test func aFileThatWasCutOffIsDamaged() throws {
    let scratch = try ScratchFolder()
    let whole = try #require(FileManager.default.contents(atPath: fixture("d4rl.hdf5")))
    for share in [0.001, 0.02, 0.3, 0.6, 0.9, 0.999] {
      let path = scratch.file("cut.hdf5")
      try whole.prefix(Int(share * Double(whole.count))).write(to: URL(fileURLWithPath: path))
      guard case .damaged(path, nil, let reason) = error(path) else {
        Issue.record("at \(share): \(String(describing: error(path)))")
        continue
      }
      #expect(!reason.isEmpty && reason != "no reason is given")
    }
  }

  @Test func packedDataThatChangedAreDamagedOrNotNeeded() throws {
    let scratch = try ScratchFolder()
    let whole = try #require(FileManager.default.contents(atPath: fixture("d4rl.hdf5")))
    let steps = try Transitions(contentsOf: fixture("d4rl.hdf5"))
    let packed = whole.indices.dropLast().filter { whole[$0] == 0x78 && whole[$0 + 1] == 0x5E }  // how deflate begins
    var damaged: Set<String> = []
    for start in packed {
      var bytes = whole
      bytes[start + 4] ^= 0x55
      let path = scratch.file("changed.hdf5")
      try bytes.write(to: URL(fileURLWithPath: path))
      do throws(DatasetError) {
        let found = try Transitions(contentsOf: path)
        #expect(found.observations == steps.observations && found.actions == steps.actions)
        #expect(found.rewards == steps.rewards && found.isTerminal == steps.isTerminal)
      } catch {
        guard case .damaged(path, let key?, _) = error else {
          Issue.record("\(error)")
          continue
        }
        damaged.insert(key)
      }
    }
    #expect(damaged == ["observations", "actions", "rewards", "terminals", "timeouts"])
  }

  @Test func sizesThatTheFileCannotHoldAreRefused() throws {
    let path = fixture("claims.hdf5")
    guard case .tooLarge(path, "rewards", _) = error(path) else {
      Issue.record("\(String(describing: error(path)))")
      return
    }
  }

  @Test func typesThatAreNoNumbersAreNamed() throws {
    let path = fixture("types.hdf5")
    #expect(
      error(path) == .type(path: path, key: "terminals", expected: "truth values", found: "something else in row 0"))
    let file = try HDF5File(contentsOf: path)
    #expect(throws: DatasetError.type(path: path, key: "actions", expected: "numbers", found: "text")) {
      try file.floats("actions")
    }
    #expect(throws: DatasetError.type(path: path, key: "records", expected: "truth values", found: "records")) {
      try file.flags("records")
    }
    #expect(throws: DatasetError.self) { try file.text("observations") }
    #expect(throws: DatasetError.self) { try file.names(in: "observations") }
  }

  @Test func missingKeysAndWrongShapesAreNamed() throws {
    let scratch = try ScratchFolder()
    func check(_ expected: DatasetError, _ change: (inout FlatFile) -> Void) throws {
      var flat = FlatFile()
      change(&flat)
      try? FileManager.default.removeItem(atPath: scratch.file("a.hdf5"))
      try flat.write(scratch.file("a.hdf5"))
      #expect(error(scratch.file("a.hdf5")) == expected)
    }
    let path = scratch.file("a.hdf5")
    try check(.missing(path: path, key: "rewards", found: ["actions", "observations", "terminals"])) {
      $0.rewards = nil
    }
    try check(.missing(path: path, key: "terminals", found: ["actions", "observations", "rewards"])) {
      $0.terminals = nil
    }
    try check(.missing(path: path, key: "observations", found: ["actions", "rewards", "terminals"])) {
      $0.observations = nil
    }
    try check(.shape(path: path, key: "observations", expected: "[N, S]", found: [4])) {
      $0.observations = ([1, 2, 3, 4], nil)
    }
    try check(
      .shape(path: path, key: "actions", expected: "[4, A] as there are 4 observations", found: [2, 1])
    ) { $0.actions = ([0, 0], 1) }
    try check(.shape(path: path, key: "rewards", expected: "[4]", found: [2, 2])) { $0.rewards = ([1, 2, 3, 4], 2) }
    try check(.shape(path: path, key: "timeouts", expected: "[4]", found: [1])) { $0.timeouts = [true] }
    try check(.notFinite(path: path, key: "observations", row: 3)) { $0.observations!.values[6] = .nan }
    try check(.notFinite(path: path, key: "rewards", row: 1)) { $0.rewards!.values[1] = .infinity }
    try check(.notFinite(path: path, key: "actions", row: 0)) { $0.actions!.values[0] = -.infinity }
    try check(.tooShort(path: path, steps: 4)) { $0.timeouts = [true, true, true, true] }
    try check(.tooShort(path: path, steps: 0)) {
      $0 = FlatFile(observations: ([], 2), actions: ([], 1), rewards: ([], nil), terminals: [])
    }
  }

  @Test func messagesSayWhereAndWhatToDo() {
    let error = DatasetError.missing(path: "a.hdf5", key: "rewards", found: ["x", "y"])
    #expect(
      error.description == "a.hdf5: there is no rewards, only x, y. "
        + "D4RL files have observations, actions, rewards and terminals; Minari files have episode_0 and so on.")
    #expect(
      DatasetError.line(path: "a.csv", number: 3, .number(column: "reward", text: "x")).description
        == "a.csv:3: 'x' is not a finite number (reward). Correct the line.")
    #expect(DatasetError.unreadable(path: "a", code: ENOENT).kind == .cannotRead)
  }
}
