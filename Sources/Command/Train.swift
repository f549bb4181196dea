import ArgumentParser

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on your own files.", subcommands: [TrainRestore.self, TrainTTS.self])
}
