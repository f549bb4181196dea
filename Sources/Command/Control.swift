import ArgumentParser

struct Control: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Policies that act in one network call: data, training, evaluation.",
    subcommands: [ControlDoctor.self, ControlCollect.self, ControlPlay.self, ControlEnvironments.self])
}
