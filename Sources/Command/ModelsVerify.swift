import ArgumentParser
import OneStepFlow
import OneStepSpeech
import OneStepSuperResolution

struct ModelsVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check a model's hash, its shapes and its numbers.")

  @Argument(help: "Names of 'onestep models list', or paths (default: all that are found).")
  var names: [String] = []

  @Flag(help: "Print one JSON object per model.")
  var json = false

  func run() throws {
    let library = ModelLibrary.standard()
    let registry = try Registry([SuperResolutionPlugin.self, SpeechPlugin.self])
    var first: ExitCode?
    for name in names.isEmpty ? library.entries.map(\.path) : names {
      do {
        let entry = try library.find(name)
        let file = try openModel(entry.path)
        _ = try registry.load(file)
        try show(entry.name, nil)
      } catch {
        guard let code = ExitCode(of: error) else { throw error }
        first = first ?? code
        Console.report("\(error)")
        if json { try show(name, "\(error)") }
      }
    }
    if let first { throw ReportedFailure(code: first) }
  }

  private func show(_ name: String, _ failure: String?) throws {
    struct Line: Encodable { let model: String, ok: Bool, error: String? }
    if json {
      try Console.writeJSON(Line(model: name, ok: failure == nil, error: failure))
    } else {
      try Console.writeLine("\(name): good")
    }
  }
}
