import ArgumentParser
import Foundation
import OneStepFlow
import OneStepNetworks

struct ModelsInfo: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "info", abstract: "Show what a model says about itself.")

  @Argument(help: "A name of 'onestep models list', or a path.")
  var name: String

  @Flag(help: "Print a JSON object.")
  var json = false

  struct Info: Encodable {
    var name: String, path: String
    var architecture: String, role: String, preset: String, configuration: String
    var purpose: String, data: String, figures: String
    var steps: Int, seed: UInt64
    var tensors: Int, parameters: Int
    var storedAs: String, sha256: String
  }

  func run() throws {
    let entry = try ModelLibrary.standard().find(name)
    let file = try openModel(entry.path)
    let card = try ModelCard(of: file)
    let types = Set(file.tensors.values.map { "\($0.elementType)" }).sorted()
    let info = Info(
      name: entry.name, path: entry.path, architecture: card.architecture, role: card.role, preset: card.preset,
      configuration: card.configuration, purpose: card.purpose, data: card.data, figures: card.figures,
      steps: card.steps, seed: card.seed, tensors: file.tensors.count,
      parameters: file.tensors.values.reduce(0) { $0 + $1.elementCount }, storedAs: types.joined(separator: ", ").lowercased(),
      sha256: file.digest())
    if json { return try Console.writeJSON(info) }
    let rows: [(String, String)] = [
      ("name", info.name), ("path", info.path), ("purpose", info.purpose), ("architecture", info.architecture),
      ("role", info.role), ("preset", info.preset), ("configuration", info.configuration), ("data", info.data),
      ("training", "\(info.steps) steps, seed \(info.seed)"), ("figures", info.figures),
      ("weights", "\(info.parameters) numbers in \(info.tensors) tensors, \(info.storedAs)"), ("sha256", info.sha256),
    ]
    for (key, value) in rows where !value.isEmpty {
      try Console.writeLine(key.padding(toLength: 14, withPad: " ", startingAt: 0) + value)
    }
  }
}
