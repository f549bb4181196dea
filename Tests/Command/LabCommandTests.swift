import Foundation
import OneStepLab
import Testing

@Suite struct LabCommandTests {
  @Test("lab solvers prints the golden errors in aligned columns") func solverTable() throws {
    let run = try Executable.run(["lab", "solvers"], in: Folder())
    #expect(run.code == 0 && run.messages.isEmpty, "\(run.errors)")
    let lines = run.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 10 && lines[0] == "exact: 1.0740420652")
    #expect(Set(lines.dropFirst().map(\.count)).count == 1)
    #expect(lines[1].split(separator: " ").map(String.init) == ["grid", "steps"] + SolverTable.solvers.map(\.name))
    // f32 states: a few units of the last printed digit above values computed in double precision.
    let cells = lines[4].split(separator: " ").compactMap { Double($0) }
    for (found, value) in zip(cells, [40, -0.027087, 0.003308, 0.000388, -0.000138, -0.001613, 0.000010, 0.004245]) {
      #expect(abs(found - value) < 3e-6, "\(found) for \(value)")
    }
  }

  @Test("lab solvers has one object a row with --json, and refuses what it does not know") func solverJSON() throws {
    let run = try Executable.run(["lab", "solvers", "--json"], in: Folder())
    #expect(run.code == 0 && run.replies.count == 8, "\(run.errors)")
    let errors = run.replies.last?["errors"] as? [String: Double]
    #expect(run.replies.last?["grid"] as? String == "t^2" && errors?.count == 7)
    #expect(abs((errors?["DPM++2M"] ?? .nan) - 0.000324) < 3e-6)
    let refused = try Executable.run(["lab", "solvers", "--grid", "x"], in: Folder())
    #expect(refused.code == 64 && refused.messages.count == 1 && refused.output.isEmpty)
  }

  @Test("a study is a row with its baseline") func study() throws {
    let run = try Executable.run(["lab", "--method", "oscar", "--json"], in: Folder())
    #expect(run.code == 0 && run.replies.count == 1, "\(run.errors)")
    let row = run.replies.first
    #expect(row?["study"] as? String == "oscar" && row?["unit"] as? String == "rmse")
    #expect((row?["distilled"] as? Double ?? .nan) < (row?["baseline"] as? Double ?? .nan))
    for option in [["--set", "ring8"], ["--steps", "5"], ["--plot", "x.png"]] {
      let refused = try Executable.run(["lab", "--method", "oscar"] + option, in: Folder())
      #expect(refused.code == 64 && refused.messages.count == 1 && refused.errors.contains(option[0]), "\(refused.errors)")
    }
  }

  @Test("lab lists methods and studies") func names() throws {
    let run = try Executable.run(["lab"], in: Folder())
    let names = run.text.split(separator: "\n").map(String.init)
    #expect(run.code == 0 && names == LabMethod.all.map(\.name) + Studies.all.map(\.name))
  }

  @Test("the toy method of the samples is short and works") func toyMethod() throws {
    let run = try Executable.run([], in: Folder(), program: Executable.built("ToyMethod"))
    #expect(run.code == 0, "\(run.errors)")
    let words = run.text.split(whereSeparator: \.isWhitespace)
    let distance = words.firstIndex(of: "distance").flatMap { Double(words[$0 + 1]) } ?? .nan
    #expect(distance.isFinite && distance < 0.5, "\(run.text)")
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let source = try String(contentsOf: root.appendingPathComponent("Samples/ToyMethod/main.swift"), encoding: .utf8)
    #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count < 40)
  }
}
