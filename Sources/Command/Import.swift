import ArgumentParser
import OneStepFlow
import OneStepNetworks
import OneStepSuperResolution

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn published weights into a model file of this program.",
    discussion: """
      The architecture is recognised by the tensors' names; every shape is checked.

      Examples:
        onestep import run/student.safetensors -o photo.safetensors --type f16
        onestep import download.safetensors -o models/mine.safetensors
      """)

  @Argument(help: "The weights.")
  var file: String

  @Option(name: .shortAndLong, help: "The model file to write.")
  var output: String

  @Option(help: "How numbers are stored: f32 or f16.")
  var type = Stored.f32

  @Option(help: "Measured figures, and the command that prints them, for the model card.")
  var figures: String?

  @Flag(help: "Replace an existing file.")
  var force = false

  enum Stored: String, ExpressibleByArgument, CaseIterable { case f32, f16 }

  func run() throws {
    switch PathKind(output) {
    case .folder: throw CommandError.outputIsFolder(output)
    case .file where !force: throw CommandError.outputExists(output)
    default: try checkWritable(output)
    }
    let checkpoint = try openModel(file)
    let registry = try Registry([SuperResolutionPlugin.self])
    guard try registry.architecture(of: checkpoint) == OFTSR.self else {
      throw ModelError.configuration(file: checkpoint.name, reason: "models of this architecture are not written yet")
    }
    let model = try OFTSR.load(checkpoint)
    var card = model.card
    if let figures { card.figures = figures }
    try Interruption.whileWriting {
      try card.write(model.parameters, as: type == .f16 ? .f16 : .f32, to: output)
    }
    try Console.writeLine(output)
  }
}
