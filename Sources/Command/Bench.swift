import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the quality of restoration and the speed of the engine.",
    subcommands: [BenchRestore.self, BenchEngine.self])
}
