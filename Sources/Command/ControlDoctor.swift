import ArgumentParser
import OneStepControl

struct ControlDoctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examine recorded steps, and mend what can be mended.",
    discussion: """
      Reads D4RL and Minari HDF5, CSV with a header, JSON lines, and folders of raw arrays. Beside what any file may lack, \
      it knows the defects of D4RL's: rewards one step early, goals flagged as ends, time-outs out of step. A repaired \
      copy is examined again. The code is 0 for a sound file, or a sound copy, and 65 where something is wrong.

      Examples:
        onestep control doctor hopper-medium-v2.hdf5
        onestep control doctor maze2d-umaze-sparse-v1.hdf5 --repair umaze.hdf5 --step-limit 300
      """)

  @Argument(help: "A file, or a folder.")
  var file: String

  @Option(help: ArgumentHelp("Write a mended copy, .hdf5 or .h5.", valueName: "file"))
  var repair: String?

  @Option(
    help: ArgumentHelp("Steps after which an episode counts as cut, where a file has no time-outs.", valueName: "n"))
  var stepLimit = 1000

  @Flag(help: "Print one JSON object: the report, and that of the copy.")
  var json = false

  @Flag(help: "Replace a copy that exists.")
  var force = false

  /// Beside the report's own fields.
  struct Reply: Encodable {
    var isSound: Bool
    /// Defects that the copy is without; nil where none was made.
    var repaired: [DatasetReport.Defect]?
    var copy: DatasetReport?
  }

  func validate() throws {
    try CommandError.check("--step-limit", stepLimit, 1...1_000_000_000)
    if let repair, !(repair.hasSuffix(".hdf5") || repair.hasSuffix(".h5")) {
      throw CommandError.usage("--repair \(repair): steps are written as HDF5; let the name end in .hdf5")
    }
  }

  func run() throws {
    if let repair { try checkOutput(repair, force: force) }
    let options = DatasetOptions(stepLimit: stepLimit)
    let (reply, seconds) = try timed { () -> Joined<DatasetReport, Reply> in
      let doctor = try DatasetDoctor(contentsOf: file, options: options)
      var reply = Reply(isSound: doctor.report.isSound)
      if let repair, !doctor.report.findings.contains(where: { $0.defect == .unreadable }) {
        reply.repaired = try Interruption.whileWriting { try doctor.writeRepaired(to: repair) }
        if Interruption.isRequested { throw CommandError.interrupted(saved: "the copy is written") }
        reply.copy = try DatasetDoctor(contentsOf: repair, options: options).report
      }
      return Joined(doctor.report, reply)
    }
    if json {
      let facts = RunFacts(seconds: seconds, model: "none", seed: 0, precision: "f64", networkCalls: 0)
      try Console.writeJSON(Joined(reply, facts))
    } else {
      try show(reply.first, reply.second)
    }
    guard reply.second.copy?.isSound ?? reply.second.isSound else { throw ReportedFailure(code: .badData) }
  }

  // MARK: Words

  private func show(_ report: DatasetReport, _ reply: Reply) throws {
    try report.lines.forEach(Console.writeLine)
    guard let copy = reply.copy else { return }
    let defects = reply.repaired?.map(\.rawValue) ?? []
    try Console.writeLine("\nrepaired: \(defects.isEmpty ? "nothing" : defects.joined(separator: ", "))")
    try copy.lines.forEach(Console.writeLine)
  }
}

extension DatasetReport {
  /// Whether there is nothing that learning could suffer from.
  fileprivate var isSound: Bool { findings.allSatisfy { $0.severity == .note } }

  fileprivate var lines: [String] {
    var lines = ["\(path): \(format?.rawValue ?? "unreadable"), \(bytes) bytes, SHA-256 \(sha256)"]
    if let episodes {
      lines += [
        "  \(rows) rows, \(steps) steps to learn from, \(episodes.terminals) terminals, \(episodes.timeouts) time-outs",
        "  \(episodes.count) episodes of \(episodes.shortest) to \(episodes.longest) steps, median \(episodes.median); "
          + "returns \(fixed(episodes.lowestReturn, 2)) to \(fixed(episodes.highestReturn, 2)), "
          + "mean \(fixed(episodes.meanReturn, 2))",
      ]
    }
    for name in ["observations", "actions", "rewards"] {
      guard let range = ranges[name] else { continue }
      let shape = range.shape.map { "\($0)" }.joined(separator: " x ")
      lines.append(
        "  \(name) \(shape): \(fixed(Double(range.low), 3)) to \(fixed(Double(range.high), 3)), "
          + "mean \(fixed(range.mean, 3))" + (range.notFinite > 0 ? ", \(range.notFinite) not finite" : ""))
    }
    if findings.isEmpty { lines.append("  sound: nothing was found") }
    return lines
      + findings.map { "  \($0.severity.rawValue): \($0.text)\($0.canRepair ? " (can be repaired)" : "")" }
  }
}
