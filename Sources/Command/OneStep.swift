import ArgumentParser

@main
struct OneStep: ParsableCommand {
  static let version = "0.1.0"
  static let configuration = CommandConfiguration(
    commandName: "onestep",
    abstract: "Restoration and speech in one network call, on an ordinary CPU.",
    discussion: """
      Examples:
        onestep restore photo.jpg -o sharp.png
        onestep restore holiday/ -o sharp/ --realism 0.6
        onestep tts "Hello" -o hello.wav
      """,
    version: version,
    subcommands: [Restore.self, TTS.self, Control.self, Train.self, Lab.self, Models.self, Import.self, Compare.self, Bench.self])

  // The parser's own `main` prints several lines and knows one code for failures; here a failure is one line, and its
  // code comes from ExitCodes.swift.
  static func main() {
    Interruption.install()
    var command: any ParsableCommand
    do { command = try parseAsRoot() } catch {
      if exitCode(for: error) == .success { exit(withError: error) }  // help and version
      fail(message(for: error) + " (see 'onestep --help')", .usage)
    }
    do { try command.run() } catch {
      if let failure = error as? ReportedFailure { exit(withError: ArgumentParser.ExitCode(failure.code.rawValue)) }
      if let code = ExitCode(of: error) { fail("\(error)", code) }
      if exitCode(for: error) == .success { exit(withError: error) }  // a group without its subcommand shows help
      fail("\(error)", .internalFailure)
    }
  }

  private static func fail(_ message: String, _ code: ExitCode) -> Never {
    let line = message.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.joined(separator: " ")
    Console.report(line)
    exit(withError: ArgumentParser.ExitCode(code.rawValue))
  }
}
