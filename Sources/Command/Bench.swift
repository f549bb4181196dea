import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the quality of results and the speed of the engine.",
    subcommands: [BenchRestore.self, BenchTTS.self, BenchControl.self, BenchEngine.self, BenchControl.self])
}
