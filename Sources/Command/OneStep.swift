import ArgumentParser

@main
struct OneStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "onestep", abstract: "Restoration in one network call, on an ordinary CPU.", version: "0.1.0")
}
