import ArgumentParser
import OneStepFlow
import OneStepSpeech
import OneStepSuperResolution

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn published weights into a model file of this program.",
    discussion: """
      The architecture is recognised by the tensors' names; every shape is checked. OFTSR's published weights should \
      keep their file name, which says what they were trained for.

      Examples:
        onestep import run/student.safetensors -o photo.safetensors --type f16
        onestep import photo/student.safetensors --blend clean --share 0.3 -o mild.safetensors
        onestep import sr_bicubic-sf4-guided_unet-sigma0.1-FFHQ_DIS-checkpoint_2.pth -o ffhq.safetensors
        onestep import generator_v1.pth -o hifi-gan-vocoder.safetensors
      """)

  @Argument(help: "The weights.")
  var file: String

  @Option(name: .shortAndLong, help: "The model file to write.")
  var output: String

  @Option(help: "How numbers are stored: f32 or f16.")
  var type = Stored.f32

  @Option(help: "Measured figures, and the command that prints them, for the model card.")
  var figures: String?

  @Option(help: ArgumentHelp("A model of the same network to average with, such as the one training started from.", valueName: "name"))
  var blend: String?

  @Option(help: ArgumentHelp("How much of the blended model.", valueName: "0...1"))
  var share = 0.5

  @Flag(help: "Replace an existing file.")
  var force = false

  enum Stored: String, ExpressibleByArgument, CaseIterable { case f32, f16 }

  func validate() throws {
    guard (0...1).contains(share) else { throw CommandError.usage("--share \(share) is outside 0...1") }
  }

  func run() throws {
    switch PathKind(output) {
    case .folder: throw CommandError.outputIsFolder(output)
    case .file where !force: throw CommandError.outputExists(output)
    default: try checkWritable(output)
    }
    let registry = try Registry([SuperResolutionPlugin.self, SpeechPlugin.self])
    let model = try registry.load(openModel(file))
    var (card, parameters) = (model.card, model.parameters)
    if let blend {
      let other = try registry.load(openModel(ModelLibrary.standard().find(blend).path))
      guard (other.card.architecture, other.card.configuration) == (card.architecture, card.configuration) else {
        throw CommandError.usage("--blend \(blend) is another network than \(file): only equal ones can be averaged")
      }
      parameters = parameters.blended(with: other.parameters, share: share)
      card.purpose += "; \(share) of it from a model for \(other.card.purpose)"
    }
    if let figures { card.figures = figures }
    try Interruption.whileWriting {
      try card.write(parameters, as: type == .f16 ? .f16 : .f32, to: output)
    }
    try Console.writeLine(output)
  }
}
