import Foundation
import OneStepControl
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import Testing

@Suite struct ControlCommandTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  private func control(_ arguments: [String]) throws -> Executable.Outcome {
    try Executable.run(["control"] + arguments, in: folder)
  }

  /// A policy of random numbers.
  private func policy(_ name: String, environment: String, sizes: (Int, Int), sampler: ActionSampler) throws {
    let clocks = sampler == .flow(steps: 1) ? 2 : 1
    let sizes = ControlSizes(observationSize: sizes.0, actionSize: sizes.1, width: 8, timeWidth: 4)
    let settings = PolicySettings(
      method: "ofql", sizes: sizes, clocks: clocks, sampler: sampler, criticHeads: 1, environment: environment)
    func named(_ specs: [ParameterSpec], _ prefix: String) -> [ParameterSpec] {
      specs.map { ParameterSpec(name: prefix + $0.name, shape: $0.shape, initialization: $0.initialization) }
    }
    let specs =
      named(PolicyNetwork(sizes, clocks: clocks).specs, "actor.")
      + named(CriticNetwork(sizes, heads: 1).specs, "critic.")
    let card = ModelCard(
      architecture: PolicyFile.id, role: "policy", preset: "small",
      configuration: String(decoding: try JSONEncoder().encode(settings), as: UTF8.self), purpose: "tests",
      data: "none", steps: 0, seed: 7, figures: "")
    try Policy(settings, parameters: Parameters(specs: specs, seed: 7), card: card).write(to: folder.file(name))
  }

  @Test("envs shows every environment, one a line") func environments() throws {
    let table = try control(["envs"]), objects = try control(["envs", "--json"])
    #expect(table.code == 0 && objects.code == 0)
    #expect(objects.replies.compactMap { $0["name"] as? String } == Environments.names)
    let lines = table.text.split(separator: "\n").dropFirst().map(String.init)
    #expect(lines.map { String($0.prefix { $0 != " " }) } == Environments.names)
    let hopper = objects.replies.first { $0["name"] as? String == "hopper-d4rl" }
    #expect(hopper?["observation_size"] as? Int == 11 && hopper?["step_limit"] as? Int == 1000)
    #expect((hopper?["reference"] as? [String: Double])?["expert"] == 3234.3)
    #expect(lines.first { $0.hasPrefix("hopper-d4rl") }?.hasSuffix("-20.27   3234.30") == true)
  }

  // MARK: Collecting

  @Test("data of way-points is sound, reads as written, and follows from its seed") func waypoints() throws {
    func collect(_ name: String, _ more: [String] = []) throws -> Transitions {
      let run = try control(["collect", "--env", "maze2d-umaze", "-o", name, "--steps", "3000", "--json"] + more)
      #expect(run.code == 0 && run.messages.isEmpty, "\(run.errors)")
      let reply = try #require(run.replies.first)
      #expect(reply["steps"] as? Int == 3000 && reply["policy"] as? String == "waypoint")
      for key in ["seconds", "model", "seed", "threads", "precision", "network_calls", "peak_bytes", "reward_per_step"]
      {
        #expect(reply[key] != nil, "\(key)")
      }
      return try Transitions(contentsOf: folder.file(name))
    }
    let data = try collect("a.hdf5")
    let doctor = try control(["doctor", "a.hdf5", "--json"]), report = try #require(doctor.replies.first)
    #expect(doctor.code == 0 && report["rows"] as? Int == 3000 && report["is_sound"] as? Bool == true)
    #expect(report["sha256"] as? String == (try DatasetDoctor(contentsOf: folder.file("a.hdf5"))).report.sha256)
    // One row a course, and the walk's last, is left out by D4RL's rule.
    #expect(data.count < 3000 && data.count > 2800 && data.observationSize == 4 && data.actionSize == 2)
    #expect(try collect("b.hdf5").observations == data.observations)
    #expect(try collect("c.hdf5", ["--seed", "2"]).observations != data.observations)
    #expect(try collect("d.hdf5", ["--noise", "0.5"]).actions != data.actions)
    #expect(folder.names() == ["a.hdf5", "b.hdf5", "c.hdf5", "d.hdf5"])
  }

  @Test("episodes of chance carry the robot's states") func robot() throws {
    let run = try control(
      ["collect", "--env", "hopper-d4rl", "-o", "h.h5", "--episodes", "5", "--policy", "random", "--json"])
    let reply = try #require(run.replies.first)
    #expect(run.code == 0 && reply["episodes"] as? Int == 5, "\(run.errors)")
    #expect((reply["mean_return"] as? Double ?? .nan) > 2 && (reply["score"] as? Double ?? .nan) < 5)
    let file = try HDF5File(contentsOf: folder.file("h.h5"))
    let steps = try #require(reply["steps"] as? Int)
    #expect(try file.array("infos/qpos").shape == [steps, 6] && file.array("infos/qvel").shape == [steps, 6])
    let seen = try file.floats("observations"), positions = try file.floats("infos/qpos")
    #expect((0..<steps).allSatisfy { row in seen[11 * row] == positions[6 * row + 1] })
    #expect(try file.text("metadata/environment") == "hopper-d4rl" && file.text("metadata/algorithm") == "random")
    let terminals = try file.flags("terminals")
    #expect(terminals.count { $0 } == 5 && terminals.last == true)
    #expect(try control(["doctor", "h.h5"]).code == 0)
  }

  @Test("the goals of pointmaze are found too") func goals() throws {
    let run = try control(["collect", "--env", "pointmaze-umaze", "-o", "p.hdf5", "--episodes", "10", "--json"])
    #expect(run.code == 0, "\(run.errors)")
    // Of 300 steps; chance is there in about a tenth.
    #expect((run.replies.first?["mean_return"] as? Double ?? 0) > 150)
  }

  @Test("policies act, where their sizes fit") func policies() throws {
    try policy("maze.safetensors", environment: "maze2d-umaze", sizes: (4, 2), sampler: .flow(steps: 1))
    try policy("chain.safetensors", environment: "maze2d-umaze", sizes: (4, 2), sampler: .diffusion(steps: 5))
    for (name, calls) in [("maze", 1), ("chain", 5)] {
      let run = try control(
        [
          "collect", "--env", "maze2d-umaze", "--policy", "\(name).safetensors", "-o", "\(name).hdf5", "--steps", "50",
          "--candidates", "4", "--json",
        ])
      #expect(run.code == 0 && run.replies.first?["network_calls"] as? Int == calls, "\(run.errors)")
      #expect(run.replies.first?["episodes"] as? Int == 1 && run.replies.first?["mean_return"] == nil)
    }
    for command in ["collect", "play"] {
      let run = try control(
        [command, "--env", "hopper-v4", "--policy", "maze.safetensors", "-o", command == "play" ? "x.svg" : "x.hdf5"])
      #expect(run.code == 65 && run.messages.count == 1, "\(run.errors)")
      #expect(run.errors.contains("maze2d-umaze") && run.errors.contains("hopper-v4"))
    }
    folder.write(Array("no policy".utf8), "junk.safetensors")
    #expect(try control(["play", "--env", "maze2d-umaze", "--policy", "junk.safetensors", "-o", "x.png"]).code == 65)
    #expect(try control(["play", "--env", "maze2d-umaze", "--policy", "none.safetensors", "-o", "x.png"]).code == 66)
    #expect(!folder.exists("x.png") && !folder.exists("x.svg") && !folder.exists("x.hdf5"))
  }

  @Test("an interrupted recording leaves nothing", arguments: ["waypoint", "random"])
  func interruption(_ policy: String) throws {
    let process = try Executable.start(
      ["control", "collect", "--env", "maze2d-umaze", "--policy", policy, "-o", "a.hdf5", "--steps", "900000000"],
      in: folder)
    while folder.names().isEmpty && process.isRunning { usleep(1000) }
    usleep(100_000)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130 && folder.names().isEmpty, "\(folder.names())")
  }

  @Test("what cannot be collected is said in a line")
  func refusedCollecting() throws {
    folder.write([1, 2, 3], "there.hdf5")
    let cases: [([String], Int32, String)] = [
      (["--env", "maze2d-umace", "-o", "a.hdf5"], 64, "maze2d-umaze"),
      (["--env", "hoper-d4rl", "-o", "a.hdf5"], 64, "hopper-d4rl"),
      (["--env", "maze2d-umaze", "-o", "a.csv"], 64, ".hdf5"),
      (["--env", "maze2d-umaze", "-o", "there.hdf5"], 73, "--force"),
      (["--env", "maze2d-umaze", "-o", "nowhere/a.hdf5"], 73, "nowhere/a.hdf5"),
      (["--env", "hopper-v4", "--policy", "waypoint", "-o", "a.hdf5"], 64, "maze"),
      (["--env", "maze2d-umaze", "-o", "a.hdf5", "--noise", "-1"], 64, "--noise"),
      (["--env", "maze2d-umaze", "-o", "a.hdf5", "--steps", "0"], 64, "--steps"),
      (["--env", "maze2d-umaze", "-o", "a.hdf5", "--policy", "nobody"], 66, "nobody"),
      (["-o", "a.hdf5"], 64, "--env"),
    ]
    for (arguments, code, word) in cases {
      let run = try control(["collect"] + arguments)
      #expect(run.code == code && run.messages.count == 1 && run.errors.contains(word), "\(arguments): \(run.errors)")
      #expect(run.output.isEmpty)
    }
    #expect(folder.names() == ["there.hdf5"] && folder.bytes("there.hdf5") == [1, 2, 3])
    let replaced = try control(
      ["collect", "--env", "maze2d-umaze", "-o", "there.hdf5", "--steps", "100", "--force"])
    #expect(replaced.code == 0 && replaced.text == "there.hdf5\n" && folder.bytes("there.hdf5").count > 1000)
  }

  // MARK: The doctor

  @Test("a file with defects is refused; its repaired copy is sound") func repair() throws {
    var csv = "observation_0,action_0,reward,terminal,timeout\n"
    for row in 0..<60 {
      csv += "\(row % 20),\(row == 7 ? "3.5" : "0.\(row)"),\(row % 3),\(row % 20 == 19 ? 1 : 0),0\n"
    }
    folder.write(Array(csv.utf8), "steps.csv")
    let sick = try control(["doctor", "steps.csv"])
    #expect(sick.code == 65 && sick.errors.isEmpty, "\(sick.errors)\(sick.text)")
    #expect(
      sick.text.contains("outside -1...1") && sick.text.contains("can be repaired") && sick.text.contains("SHA-256"))
    let mended = try control(["doctor", "steps.csv", "--repair", "steps.hdf5", "--json"])
    let reply = try #require(mended.replies.first)
    #expect(mended.code == 0 && reply["repaired"] as? [String] == ["action-range"], "\(mended.errors)\(mended.text)")
    #expect(reply["is_sound"] as? Bool == false && (reply["copy"] as? [String: Any])?["format"] as? String == "d4rl")
    #expect((reply["episodes"] as? [String: Any])?["count"] as? Int == 3)
    #expect(try control(["doctor", "steps.hdf5"]).code == 0)
    #expect(try control(["doctor", "steps.csv", "--repair", "steps.hdf5"]).code == 73)
    let shown = try control(["doctor", "steps.csv", "--repair", "steps.hdf5", "--force"])
    #expect(shown.code == 0 && shown.text.contains("repaired: action-range"))
    #expect(try control(["doctor", "steps.csv", "--repair", "steps.txt"]).code == 64)
  }

  @Test("what is no data is a finding; what is not there cannot be read") func unreadable() throws {
    _ = try control(["collect", "--env", "maze2d-umaze", "-o", "a.hdf5", "--steps", "500", "-q"])
    folder.write(Array(folder.bytes("a.hdf5").prefix(3000)), "cut.hdf5")
    folder.write([], "empty.hdf5")
    folder.write(Array("<html>".utf8), "page.hdf5")
    for name in ["cut.hdf5", "empty.hdf5", "page.hdf5"] {
      let run = try control(["doctor", name, "--json"])
      #expect(run.code == 65 && run.replies.count == 1 && run.messages.isEmpty, "\(name): \(run.errors)")
      let findings = run.replies.first?["findings"] as? [[String: Any]]
      #expect(findings?.first?["defect"] as? String == "unreadable" && findings?.count == 1)
    }
    let repaired = try control(["doctor", "cut.hdf5", "--repair", "new.hdf5"])
    #expect(repaired.code == 65 && !folder.exists("new.hdf5") && repaired.text.contains("cut.hdf5"))
    let missing = try control(["doctor", "none.hdf5"])
    #expect(missing.code == 66 && missing.messages.count == 1 && missing.output.isEmpty)
    #expect(try control(["doctor", "a.hdf5", "--step-limit", "0"]).code == 64)
  }

  // MARK: Playing

  @Test("mazes are pictures, robots animations") func pictures() throws {
    let maze = try control(["play", "--env", "maze2d-umaze", "-o", "m.png", "--episodes", "2", "--json"])
    let reply = try #require(maze.replies.first)
    #expect(maze.code == 0 && reply["lengths"] as? [Int] == [300, 300], "\(maze.errors)")
    #expect((reply["score"] as? Double ?? 0) > 50, "the controller finds the goal")
    let image = try Image(contentsOf: folder.file("m.png"))
    #expect(image.width == 240 && image.height == 240)
    let text = image.metadata.text.first { $0.key == "onestep" }?.value
    #expect(text?.contains("environment=maze2d-umaze") == true && text?.contains("seed=1") == true)
    let robot = try control(["play", "--env", "hopper-v4", "-o", "h.svg", "--seed", "3"])
    let svg = String(decoding: folder.bytes("h.svg"), as: UTF8.self)
    #expect(robot.code == 0 && robot.text == "h.svg\n" && svg.hasPrefix("<svg") && svg.contains("seed=3"))
    _ = try control(["play", "--env", "maze2d-umaze", "-o", "n.png", "--episodes", "2"])
    #expect(folder.bytes("n.png") == folder.bytes("m.png"))
  }

  @Test("what cannot be drawn is said in a line") func refusedPictures() throws {
    folder.write([1], "there.png")
    let cases: [([String], Int32, String)] = [
      (["--env", "walker3d-v4", "-o", "a.svg"], 64, "walker2d-v4"),
      (["--env", "maze2d-umaze", "-o", "a.svg"], 64, ".png"), (["--env", "ant-v4", "-o", "a.png"], 64, ".svg"),
      (["--env", "pointmaze-umaze", "-o", "a.png"], 64, "maze2d"),
      (["--env", "maze2d-umaze", "-o", "there.png"], 73, "--force"),
      (["--env", "maze2d-umaze", "-o", "a.png", "--episodes", "0"], 64, "--episodes"),
    ]
    for (arguments, code, word) in cases {
      let run = try control(["play"] + arguments)
      #expect(run.code == code && run.messages.count == 1 && run.errors.contains(word), "\(arguments): \(run.errors)")
    }
    #expect(folder.names() == ["there.png"] && folder.bytes("there.png") == [1])
  }
}
