import Foundation
import OneStepControl
import Testing

/// Policies are trained, judged and asked as a user does it.
@Suite(.serialized)
struct ControlTrainTests {
  let folder: Folder
  init() throws {
    folder = try Folder()
    let made = try Executable.run(
      ["control", "collect", "--env", "maze2d-umaze", "-o", "data.hdf5", "--steps", "3000", "-q"], in: folder)
    #expect(made.code == 0, "\(made.errors)")
  }

  func control(_ arguments: String..., input: String? = nil) throws -> Executable.Outcome {
    try Executable.run(["control"] + arguments, in: folder, input: input)
  }

  func arguments(_ output: String) -> [String] {
    [
      "control", "train", "--env", "maze2d-umaze", "--dataset", "data.hdf5", "-o", output, "--steps", "300", "--seeds",
      "2",
      "--episodes", "2", "--rows", "16", "--threads", "1", "--checkpoint-seconds", "0",
    ]
  }

  func train(_ output: String, _ more: String...) throws -> Executable.Outcome {
    try Executable.run(arguments(output) + more, in: folder)
  }

  @Test func aRunLeavesPoliciesAndAReportAndGoesOnWithTheSameBits() throws {
    let whole = try train("whole", "--json")
    #expect(whole.code == 0 && whole.output.split(separator: 10).count == 3, "\(whole.errors)")
    let line = try #require(whole.text.split(separator: "\n").first)
    let reply = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(reply["seeds"] as? Int == 2 && reply["episodes"] as? Int == 4 && reply["candidates"] as? Int == 1)
    for key in ["seconds", "model", "seed", "threads", "precision", "network_calls", "peak_bytes", "median", "score"] {
      #expect(reply[key] != nil, "\(key)")
    }
    #expect(folder.exists("whole/report.html") && folder.exists("whole/report.json"))
    // Killed as soon as it has a state to go on from.
    let process = try Executable.start(arguments("cut"), in: folder)
    while process.isRunning && !folder.exists("cut/seed-1/state.safetensors") { usleep(2000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let resumed = try control(
      "train", "-o", "cut", "--dataset", "data.hdf5", "--resume", "--threads", "1", "--episodes", "2", "-q")
    #expect(resumed.code == 0, "\(resumed.errors)")
    for name in ["seed-1/policy.safetensors", "seed-2/policy.safetensors", "seed-1/log.csv", "seed-2/log.csv"] {
      #expect(!folder.bytes("cut/" + name).isEmpty && folder.bytes("cut/" + name) == folder.bytes("whole/" + name))
    }
  }

  @Test func aPolicyAnswersLinesAndIsJudged() throws {
    #expect(try train("run").code == 0)
    let policy = "run/seed-1/policy.safetensors"
    folder.write(Array("[0.5, 1, 0, 0]\n\n{\"observation\": [1, 1, 0.5, -1]}\n".utf8), "lines")
    let answers = try control("act", "--policy", policy, "--candidates", "5", input: folder.file("lines"))
    let actions = answers.text.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: [Double]])?["action"]
    }
    #expect(answers.code == 0 && actions.count == 2, "\(answers.errors)")
    #expect(actions.allSatisfy { $0.count == 2 && $0.allSatisfy { (-1...1).contains($0) } })
    let again = try control("act", "--policy", policy, "--candidates", "5", input: folder.file("lines"))
    #expect(again.output == answers.output)
    let judged = try control("eval", "--policy", policy, "--episodes", "3", "--candidates", "1,4", "--json")
    #expect(judged.code == 0 && judged.text.split(separator: "\n").count == 2, "\(judged.errors)")
  }

  @Test func swiftAndCActAlike() throws {
    #expect(try train("run").code == 0)
    func act(_ program: String, _ file: String) throws -> Executable.Outcome {
      try Executable.run([file], in: folder, program: Executable.built(program))
    }
    let swift = try act("ActInThreeLines", "run/seed-1/policy.safetensors")
    let c = try act("ActInC", "run/seed-1/policy.safetensors")
    #expect(swift.code == 0 && c.code == 0, "\(swift.errors) \(c.errors)")
    let numbers = [swift, c].map { $0.text.split { $0.isWhitespace }.compactMap { Float($0) } }
    #expect(numbers[0].count == 2 && numbers[0] == numbers[1])
    let refused = try act("ActInC", "data.hdf5")
    #expect(refused.code == 65 && refused.errors.contains("data.hdf5"))
  }

  @Test func whatDoesNotFitIsRefusedAndNothingWritten() throws {
    func refuse(_ code: Int32, _ part: String, _ arguments: String..., input: String? = nil) throws {
      let outcome = try Executable.run(["control"] + arguments, in: folder, input: input)
      #expect(outcome.code == code && outcome.errors.contains(part), "\(arguments): \(outcome.errors)")
    }
    let data = ["--dataset", "data.hdf5", "-o", "no"]
    func train(_ more: String...) -> [String] { ["train"] + data + more }
    for (code, part, arguments) in [
      (64, "closest", train("--env", "maze2d-umazee")), (65, "11 and 3", train("--env", "hopper-d4rl")),
      (64, "did you mean ofql", train("--env", "maze2d-umaze", "--method", "ofqll")),
      (64, "--discount", train("--env", "maze2d-umaze", "--discount", "2")), (64, "--env", train()),
    ] {
      let outcome = try Executable.run(["control"] + arguments, in: folder)
      #expect(outcome.code == code && outcome.errors.contains(part), "\(arguments): \(outcome.errors)")
    }
    try refuse(66, "none.hdf5", "train", "--env", "maze2d-umaze", "--dataset", "none.hdf5", "-o", "no")
    try refuse(65, "data.hdf5", "eval", "--policy", "data.hdf5")
    #expect(!folder.exists("no"))
    #expect(try self.train("run").code == 0)
    try refuse(73, "--resume", "train", "--env", "maze2d-umaze", "--dataset", "data.hdf5", "-o", "run")
    try refuse(65, "--eta", "train", "--dataset", "data.hdf5", "-o", "run", "--resume", "--eta", "3")
    let policy = "run/seed-1/policy.safetensors"
    try refuse(65, "hopper-v4", "eval", "--policy", policy, "--env", "hopper-v4")
    for (text, part) in [("[1, 2]", "4 numbers"), ("hello", "no observation"), ("[1e999, 0, 0, 0]", "line 1")] {
      folder.write(Array((text + "\n").utf8), "line")
      try refuse(65, part, "act", "--policy", policy, input: folder.file("line"))
    }
  }
}
