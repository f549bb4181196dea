import ArgumentParser
import OneStepFlow
import OneStepSuperResolution

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn published weights into a model file of this program.",
    discussion: """
      The architecture is recognised by the tensors' names; every shape is checked. OFTSR's published weights should \
      keep their file name, which says what they were trained for.

      Examples:
        onestep import run/student.safetensors -o photo.safetensors --type f16
        onestep import sr_bicubic-sf4-guided_unet-sigma0.1-FFHQ_DIS-checkpoint_2.pth -o ffhq.safetensors
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
    let model = try Registry([SuperResolutionPlugin.self]).load(openModel(file))
    var card = model.card
    if let figures { card.figures = figures }
    try Interruption.whileWriting {
      try card.write(model.parameters, as: type == .f16 ? .f16 : .f32, to: output)
    }
    try Console.writeLine(output)
  }
}
