import ArgumentParser

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, describe and check model files.",
    discussion: """
      Models are looked for in the folder $ONESTEP_MODELS, beside the executable, and in ../share/onestep.
      """,
    subcommands: [ModelsList.self, ModelsInfo.self, ModelsVerify.self])
}
