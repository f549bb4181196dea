import ArgumentParser
import Foundation
import OneStepFlow

struct ModelsList: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the models that are found.")

  @Flag(help: "Print one JSON object per model.")
  var json = false

  func run() throws {
    let entries = ModelLibrary.standard().entries
    if entries.isEmpty { Console.report("no models are found; set ONESTEP_MODELS to a folder of .safetensors files") }
    for entry in entries {
      do {
        try show(entry, try ModelCard(of: openModel(entry.path)))
      } catch let error as ModelError { Console.report("\(error)") }
    }
  }

  private func show(_ entry: ModelLibrary.Entry, _ card: ModelCard) throws {
    struct Line: Encodable { let name: String, path: String, bytes: Int, architecture: String, purpose: String }
    let attributes = try? FileManager.default.attributesOfItem(atPath: entry.path)
    let bytes = (attributes?[.size] as? Int) ?? 0
    if json {
      try Console.writeJSON(
        Line(
          name: entry.name, path: entry.path, bytes: bytes, architecture: card.architecture, purpose: card.purpose))
    } else {
      let name = entry.name.padding(toLength: max(12, entry.name.count), withPad: " ", startingAt: 0)
      try Console.writeLine("\(name) \(card.architecture), \(fixed(Double(bytes) / 1e6, 1)) MB. \(card.purpose)")
    }
  }
}
