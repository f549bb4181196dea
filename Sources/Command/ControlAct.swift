import ArgumentParser
import Foundation
import OneStepControl
import OneStepTensors

struct ControlAct: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "act", abstract: "Answer observations with actions, line by line.",
    discussion: """
      Each line of standard input is an observation, [0.1, -2, ...] or {"observation": [...]}; each is answered at once \
      by {"action": [...]}, numbers in -1...1. A line that is no observation of the policy ends the program.

      Example:
        ./robot | onestep control act --policy policy.safetensors --candidates 50
      """)

  @Option(help: "A policy's file.")
  var policy: String

  @Option(help: ArgumentHelp("Actions of which the critics choose one.", valueName: "n"))
  var candidates = 1

  @Option(help: ArgumentHelp("Of the noise; 0 always acts alike.", valueName: "0...10"))
  var temperature: Float = 1

  @Option(help: ArgumentHelp("Seed of the noise.", valueName: "n"))
  var seed: UInt64 = 1

  private struct Line: Decodable { var observation: [Float] }
  private struct Answer: Encodable { var action: [Float] }

  func run() throws {
    try CommandError.check("--candidates", candidates, 1...10_000)
    try CommandError.check("--temperature", temperature, 0...10)
    let loaded = try Policy(contentsOf: policy)
    var random = RandomSource(seed: seed)
    var actor = loaded.makeActor(candidates: candidates, temperature: temperature, seed: seed)
    var number = 0
    while let text = readLine() {
      number += 1
      if text.allSatisfy(\.isWhitespace) { continue }
      let observation = try parse(text, number)
      do {
        let action =
          try actor?.act(observation)
          ?? loaded.actions(
            Tensor(observation, shape: [1, observation.count]), candidates: candidates, temperature: temperature,
            &random
          ).floats
        try Console.writeJSON(Answer(action: action))
      } catch let error as PolicyError { throw CommandError.damagedTable("line \(number)", reason: "\(error)") }
    }
  }

  private func parse(_ text: String, _ number: Int) throws -> [Float] {
    let data = Data(text.utf8), decoder = JSONDecoder()
    if let plain = try? decoder.decode([Float].self, from: data) { return plain }
    if let line = try? decoder.decode(Line.self, from: data) { return line.observation }
    throw CommandError.damagedTable(
      "line \(number)", reason: "is no observation; expected [0.1, -2, ...] or {\"observation\": [...]}")
  }
}
