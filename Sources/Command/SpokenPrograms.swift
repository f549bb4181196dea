import Foundation
import OneStepMedia

/// Whole programs that speak, timed from their start to their end.
enum SpokenProgram {
  struct Result {
    /// Medians.
    var seconds: Double
    var soundSeconds: Double
    /// Until the first byte of sound on standard output; nil for programs that write a file.
    var firstSeconds: Double?
  }

  /// Ten sentences, a paragraph as in a newspaper.
  static let paragraph = """
    The harbour was quiet when the first boats came back. Nobody had expected them before noon, and the market was \
    still closed. A woman in a yellow coat counted the crates on the pier. Twelve of them were full, she said, and the \
    rest would have to wait. The price of fish had fallen again in March. Two of the younger men wanted to sail north, \
    where the water is colder. Their father shook his head and went on mending the net. By the evening the wind had \
    turned, and rain was coming in from the west. They tied up the boats, locked the shed, and walked home along the \
    river. Tomorrow would be another day.
    """

  /// Debian's synthesizers that are installed, and what they are called with.
  static func peers(file: String) -> [(name: String, program: String, arguments: [String])] {
    [
      ("flite", "flite", ["-voice", "slt", "-t", paragraph, "-o", file]),
      ("espeak-ng", "espeak-ng", ["-v", "en-us", "-w", file, paragraph]),
    ].compactMap { name, program, arguments in path(of: program).map { (name, $0, arguments) } }
  }

  static func path(of program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a program that writes `file`.
  static func time(_ program: String, _ arguments: [String], file: String, runs: Int) throws -> Result {
    var times: [Double] = []
    for _ in 0..<runs {
      times.append(try timed { _ = try output(program, arguments) { _ in } }.seconds)
    }
    let audio = try Audio(contentsOf: file)
    return Result(seconds: median(times), soundSeconds: audio.duration)
  }

  /// Runs this program, whose 16-bit samples come to standard output.
  static func timeOwn(_ arguments: [String], sampleRate: Int, runs: Int) throws -> Result {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var times: [Double] = [], firsts: [Double] = [], bytes = 0
    for _ in 0..<runs {
      let clock = ContinuousClock(), start = clock.now
      bytes = try output(own, arguments) { if $0 { firsts.append(start.duration(to: clock.now).seconds) } }
      times.append(start.duration(to: clock.now).seconds)
    }
    return Result(
      seconds: median(times), soundSeconds: Double(bytes) / 2 / Double(sampleRate), firstSeconds: median(firsts))
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// Bytes on standard output of a program that ends well.
  /// - Parameter arrived: called for every part, with whether it is the first.
  private static func output(_ program: String, _ arguments: [String], arrived: (Bool) -> Void) throws -> Int {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    var count = 0
    while case let part = pipe.fileHandleForReading.availableData, !part.isEmpty {
      arrived(count == 0)
      count += part.count
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandError.programFailed(program.lastPathComponent, code: process.terminationStatus)
    }
    return count
  }
}
