import Foundation
import OneStepControl
import Testing

@Suite struct DatasetDoctorTests {
  private func defects(_ path: String) throws -> [DatasetReport.Defect] {
    try DatasetDoctor(contentsOf: path).report.findings.map(\.defect)
  }

  /// A point in a maze, as in Maze2D's files: position, velocity; the goal is (3, 2).
  ///
  /// It circles about the middle; every `segment` steps it starts from `starts` elsewhere, if there is one.
  private func maze(_ count: Int, early: Bool = true, dense: Bool = false, segment: Int = .max) -> FlatFile {
    var flat = FlatFile(observations: ([], 4), actions: ([], 2), rewards: ([], nil), terminals: [])
    func position(_ row: Int, _ part: Int) -> (Float, Float) {
      let jump = Float(part % 2) * 1.5, angle = Float(row) * 0.013
      return (2 + jump + cos(angle) * 1.3, 2 + 1.1 * sin(angle * 1.7))
    }
    for row in 0..<count {
      let (x, y) = position(row, row / segment), (xn, yn) = position(row + 1, row / segment)
      flat.observations!.values += [x, y, xn - x, yn - y]
      flat.actions!.values += [sin(Float(row)), cos(Float(row))]
      let rewarded = early ? (x, y) : (xn, yn), distance = hypot(rewarded.0 - 3, rewarded.1 - 2)
      flat.rewards!.values.append(dense ? exp(-distance) : distance <= 0.5 ? 1 : 0)
      flat.terminals!.append(false)
    }
    return flat
  }

  @Test func aSoundFileHasFiguresAndNoDefect() throws {
    let report = try DatasetDoctor(contentsOf: fixture("minari.hdf5")).report
    #expect(report.findings == [] && report.format == .minari && report.rows == 11 && report.steps == 11)
    #expect(report.sha256 == "a2e06a5d48af74164216cd8057049cfc5d707425ff9062d7eb2267fd1b37eb47")
    #expect(try report.sha256 == Transitions.sha256(of: fixture("minari.hdf5")) && report.bytes == 15266)
    let actions = try #require(report.ranges["actions"])
    #expect(actions.shape == [11, 2] && actions.low == 0 && actions.high == 3.25 / 8 && actions.notFinite == 0)
    let episodes = try #require(report.episodes)
    #expect(episodes.count == 4 && episodes.shortest == 2 && episodes.longest == 4 && episodes.median == 3)
    #expect(episodes.highestReturn == 26 && episodes.terminals == 1 && episodes.timeouts == 2)
    let copy = try JSONDecoder().decode(DatasetReport.self, from: JSONEncoder().encode(report))
    #expect(copy == report)
  }

  @Test func storedNextObservationsTellJumps() throws {
    // Every next observation of the fixture is elsewhere, on purpose.
    let report = try DatasetDoctor(contentsOf: fixture("d4rl.hdf5")).report
    let jumps = report.findings.filter { $0.defect == .jumps }
    #expect(jumps.count == 1 && jumps[0].text.hasPrefix("9 rows") && jumps[0].severity == .warning)
  }

  @Test func whatIsNotFiniteOrOutOfRangeIsFoundAndMended() throws {
    let scratch = try ScratchFolder()
    var flat = FlatFile(
      observations: (ramp(0..<8, 2), 2), actions: ([0, 2, 0, 0, -3, 0, 0.5, 1], 1),
      rewards: ([1, 2, 3, .nan, 5, 6, 7, 8], nil), terminals: Array(repeating: false, count: 8),
      timeouts: Array(repeating: false, count: 8))
    flat.observations!.values[0] = .infinity
    try flat.write(scratch.file("a.hdf5"))
    let doctor = try DatasetDoctor(contentsOf: scratch.file("a.hdf5"))
    #expect(doctor.report.findings.map(\.defect) == [.notFinite, .actionRange, .noEnds])
    #expect(doctor.report.findings[0].text == "2 of 8 rows have numbers that are not finite")
    #expect(doctor.report.ranges["rewards"]?.notFinite == 1 && doctor.report.ranges["rewards"]?.high == 8)
    #expect(try doctor.writeRepaired(to: scratch.file("b.hdf5")) == [.notFinite, .actionRange])

    let file = try HDF5File(contentsOf: scratch.file("b.hdf5"))
    #expect(try file.floats("rewards") == [2, 3, 5, 6, 7, 8] && file.floats("actions") == [1, 0, -1, 0, 0.5, 1])
    #expect(try file.flags("timeouts") == [false, true, false, false, false, false], "row 3 is gone: cut before it")
    #expect(try file.text("metadata/repaired_from") == doctor.report.sha256)
    #expect(try defects(scratch.file("b.hdf5")) == [])
  }

  @Test(arguments: [false, true])
  func mazeRewardsThatComeEarlyAreFoundAndMoved(_ dense: Bool) throws {
    let scratch = try ScratchFolder()
    try maze(3000, early: true, dense: dense).write(scratch.file("early.hdf5"))
    try maze(3000, early: false, dense: dense).write(scratch.file("right.hdf5"))
    #expect(try !defects(scratch.file("right.hdf5")).contains(.mazeRewards))
    let doctor = try DatasetDoctor(contentsOf: scratch.file("early.hdf5"))
    #expect(doctor.report.findings.map(\.defect).contains(.mazeRewards))
    try doctor.writeRepaired(to: scratch.file("mended.hdf5"))
    let mended = try HDF5File(contentsOf: scratch.file("mended.hdf5")).floats("rewards")
    let right = try HDF5File(contentsOf: scratch.file("right.hdf5")).floats("rewards")
    #expect(mended.dropLast() == right.dropLast())
    #expect(try !defects(scratch.file("mended.hdf5")).contains(.mazeRewards))
  }

  @Test func goalsFlaggedAsEndsBecomeTimeouts() throws {
    let scratch = try ScratchFolder()
    var flat = maze(3000)
    for row in stride(from: 99, to: 3000, by: 100) { flat.terminals![row] = true }
    try flat.write(scratch.file("a.hdf5"))
    let doctor = try DatasetDoctor(contentsOf: scratch.file("a.hdf5"))
    #expect(doctor.report.findings.contains { $0.defect == .goalTerminals && $0.canRepair })
    try doctor.writeRepaired(to: scratch.file("b.hdf5"))
    let file = try HDF5File(contentsOf: scratch.file("b.hdf5"))
    #expect(try file.flags("timeouts") == flat.terminals! && !file.flags("terminals").contains(true))
  }

  @Test func timeoutsOutOfStepWithJumpsAreMoved() throws {
    let scratch = try ScratchFolder()
    var flat = maze(3000, segment: 250)
    // Flags 30 steps before the jumps.
    flat.timeouts = (0..<3000).map { $0 % 250 == 219 }
    try flat.write(scratch.file("a.hdf5"))
    let doctor = try DatasetDoctor(contentsOf: scratch.file("a.hdf5"))
    let found = doctor.report.findings
    #expect(found.contains { $0.defect == .jumps && $0.text.hasPrefix("11 rows") })
    #expect(found.contains { $0.defect == .misplacedTimeouts && $0.severity == .warning && $0.canRepair })
    try doctor.writeRepaired(to: scratch.file("b.hdf5"))
    let timeouts = try HDF5File(contentsOf: scratch.file("b.hdf5")).flags("timeouts")
    #expect(timeouts.indices.filter { timeouts[$0] } == stride(from: 249, to: 2999, by: 250).map { $0 })
    #expect(try !defects(scratch.file("b.hdf5")).contains(.jumps))

    flat.timeouts = (0..<3000).map { $0 % 250 == 249 }
    try flat.write(scratch.file("right.hdf5"))
    let right = try defects(scratch.file("right.hdf5"))
    #expect(!right.contains(.jumps) && !right.contains(.misplacedTimeouts))
  }

  @Test func missingFlagsAreFoundAndComeWhereObservationsJump() throws {
    let scratch = try ScratchFolder()
    var flat = maze(3000, segment: 300)
    flat.terminals = nil
    try flat.write(scratch.file("a.hdf5"))
    let doctor = try DatasetDoctor(contentsOf: scratch.file("a.hdf5"))
    #expect(doctor.report.findings.first?.defect == .missingTerminals && doctor.report.findings[0].severity == .error)
    #expect(doctor.report.findings.map(\.defect).contains(.missingTimeouts))
    try doctor.writeRepaired(to: scratch.file("b.hdf5"))
    let timeouts = try HDF5File(contentsOf: scratch.file("b.hdf5")).flags("timeouts")
    #expect(timeouts.indices.filter { timeouts[$0] } == stride(from: 299, to: 2999, by: 300).map { $0 })
    #expect(try Transitions(contentsOf: scratch.file("b.hdf5")).episodeStarts.count == 10)
  }

  @Test func dullAndRepeatedDataAreNoted() throws {
    let scratch = try ScratchFolder()
    let flat = FlatFile(
      observations: ([1, 7, 2, 7, 1, 7, 2, 7], 2), actions: ([0, 1, 0, 1], 1), rewards: ([3, 3, 3, 3], nil),
      terminals: [false, true, false, true])
    try flat.write(scratch.file("a.hdf5"))
    let report = try DatasetDoctor(contentsOf: scratch.file("a.hdf5")).report
    let texts = Dictionary(uniqueKeysWithValues: report.findings.map { ($0.defect, $0.text) })
    #expect(texts[.duplicates] == "2 of 4 rows repeat an earlier observation and action")
    #expect(texts[.constantObservations] == "numbers of the observation that never change: 1 (1)")
    #expect(texts[.constantRewards] == "every reward is 3.0; there is nothing to prefer")
  }

  @Test func aFileThatCannotBeReadIsAFinding() throws {
    let scratch = try ScratchFolder()
    for path in [try scratch.write("<html>", "a.hdf5"), fixture("claims.hdf5"), fixture("types.hdf5")] {
      let doctor = try DatasetDoctor(contentsOf: path)
      #expect(doctor.report.findings.map(\.defect) == [.unreadable] && doctor.report.sha256.count == 64)
      #expect(throws: DatasetError.self) { try doctor.writeRepaired(to: scratch.file("b.hdf5")) }
    }
    #expect(throws: DatasetError.unreadable(path: "/none", code: ENOENT)) { try DatasetDoctor(contentsOf: "/none") }
  }
}
