import Foundation
import OneStepMedia

/// Standard output carries results only; messages and progress go to standard error.
enum Console {
  static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
  static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var standardInputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Writes bytes to standard output at once; a full disk is an error like any other.
  static func write(_ bytes: [UInt8]) throws(MediaError) {
    let code = send(bytes, to: STDOUT_FILENO)
    guard code == 0 else { throw .unwritable(path: "standard output", reason: String(cString: strerror(code))) }
  }

  static func writeLine(_ text: String) throws(MediaError) { try write(Array((text + "\n").utf8)) }

  /// One line of a failure or a warning.
  static func report(_ text: String) { note("onestep: \(text)") }

  /// One line on standard error.
  static func note(_ text: String) { _ = send(Array((text + "\n").utf8), to: STDERR_FILENO) }

  /// Text on standard error without a line's end.
  static func progress(_ text: String) { _ = send(Array(text.utf8), to: STDERR_FILENO) }

  static func readStandardInput() throws(MediaError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = read(STDIN_FILENO, &part, part.count)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path: "standard input", code: errno) }
      if got == 0 { return bytes }
      bytes += part[..<got]
    }
  }

  /// 0, or the system's error number.
  private static func send(_ bytes: [UInt8], to file: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var sent = 0
      while sent < buffer.count {
        let step = Foundation.write(file, buffer.baseAddress! + sent, buffer.count - sent)
        if step < 0 && errno == EINTR { continue }
        if step < 0 { return errno }
        sent += step
      }
      return 0
    }
  }
}

/// "8 s", "3:05", "1:02:09".
func clockTime(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "?" }
  let whole = Int(seconds.rounded())
  func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
  return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
}

/// A number with a fixed count of decimals.
func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

/// Runs `body` and measures it.
func timed<R>(_ body: () throws -> R) rethrows -> (result: R, seconds: Double) {
  let clock = ContinuousClock(), start = clock.now
  let result = try body()
  return (result, start.duration(to: clock.now).seconds)
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// A line on the terminal that is written over; nothing when standard error is no terminal.
final class ProgressLine {
  private let isShown: Bool
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?

  init(quiet: Bool) { isShown = !quiet && Console.standardErrorIsTerminal }

  /// Shows the text, at most ten times a second.
  func show(_ text: @autoclosure () -> String) {
    guard isShown else { return }
    if let last, last.duration(to: clock.now) < .milliseconds(100) { return }
    last = clock.now
    Console.progress("\r\u{1B}[K" + text())
  }

  func clear() {
    if last != nil { Console.progress("\r\u{1B}[K") }
    last = nil
  }
}
