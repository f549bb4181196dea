import Foundation

/// A running program that is asked by lines and answers by lines.
///
/// Its standard input and output are one socket, so that writing to a program that has ended is an error of that call
/// and no signal; its standard error is this process's. It runs in a process group of its own, which ends with it.
final class ChildProgram {
  /// Why a program cannot be talked with.
  struct Failure: Error {
    var reason: String
  }

  /// Bytes of the longest answer.
  static let longestLine = 1 << 20

  private let process: pid_t
  private let socket: Int32
  private var buffer = [UInt8]()
  private var isOpen = true

  /// Starts a program: its name or path, and its arguments.
  init(_ command: [String]) throws(Failure) {
    guard let program = command.first, !program.isEmpty else { throw Failure(reason: "no program is named") }
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw Failure(reason: "no socket: \(Self.message(errno))")
    }
    let (code, process) = Self.spawn(command, ends[1])
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw Failure(reason: "cannot be started: \(Self.message(code))")
    }
    (self.process, socket) = (process, ends[0])
  }

  deinit { end() }

  private static func spawn(_ command: [String], _ end: Int32) -> (code: Int32, process: pid_t) {
    var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, end, 0)
    posix_spawn_file_actions_adddup2(&actions, end, 1)
    // This process may hold signals back or ignore them; the program begins as from a shell.
    var none = sigset_t(), all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var arguments = command.map { strdup($0) } + [nil]
    var variables = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, command[0], &actions, &attributes, &arguments, &variables)
    return (code, process)
  }

  private static func message(_ code: Int32) -> String { String(cString: strerror(code)) }

  // MARK: Lines

  /// Sends a line and waits for the line that answers it.
  func ask(_ line: String, within seconds: Double) throws(Failure) -> [UInt8] {
    try expectSilence()
    let deadline = Self.now + seconds
    let bytes = Array((line + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        try wait(for: POLLOUT, until: deadline, seconds)
      } else if errno != EINTR {
        throw Failure(reason: ending())
      }
    }
    return try readLine(until: deadline, seconds)
  }

  private func expectSilence() throws(Failure) {
    var byte: UInt8 = 0
    let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    if count > 0 || !buffer.isEmpty { throw Failure(reason: "it said more than it was asked") }
    if count == 0 { throw Failure(reason: ending()) }
  }

  /// The next line, without its end.
  func readLine(within seconds: Double) throws(Failure) -> [UInt8] {
    try readLine(until: Self.now + seconds, seconds)
  }

  private func readLine(until deadline: Double, _ seconds: Double) throws(Failure) -> [UInt8] {
    var searched = 0
    while true {
      if let end = buffer[searched...].firstIndex(of: 10) {
        defer { buffer.removeSubrange(...end) }
        return Array(buffer[..<end])
      }
      searched = buffer.count
      guard searched <= Self.longestLine else { throw Failure(reason: "a line of more than a megabyte") }
      try wait(for: POLLIN, until: deadline, seconds)
      var part = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(socket, &part, part.count)
      if count > 0 {
        buffer += part[..<count]
      } else if count == 0 || errno != EINTR {
        throw Failure(reason: ending())
      }
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func wait(for event: Int32, until deadline: Double, _ seconds: Double) throws(Failure) {
    while true {
      let left = deadline - Self.now
      guard left > 0 else { throw Failure(reason: "no answer within \(seconds) s") }
      var request = pollfd(fd: socket, events: Int16(event), revents: 0)
      let count = poll(&request, 1, Int32(min(left * 1000, 60_000).rounded(.up)))
      if count > 0 { return }
      if count < 0 && errno != EINTR { throw Failure(reason: "cannot wait: \(Self.message(errno))") }
    }
  }

  // MARK: End

  /// Ends the program and what it started, and says how it had ended if it had.
  private func ending() -> String {
    let status = end()
    if let status, status & 0x7f == 0 { return "it has ended with code \(status >> 8 & 0xff)" }
    if let status, status & 0x7f != SIGKILL { return "it was ended by signal \(status & 0x7f)" }
    return "it has closed its output"
  }

  /// Closes the program's input, gives it a moment to end by itself, then ends it. It leaves no zombie.
  /// - Returns: its status, or `nil` where that is already told.
  @discardableResult func end() -> Int32? {
    guard isOpen else { return nil }
    isOpen = false
    close(socket)
    // Peeks first: as long as the program is not reaped, the number of its group belongs to nobody else.
    for waited in 0... {
      var state = siginfo_t()
      if waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT) != 0 || state._sifields._sigchld.si_pid != 0
      {
        break
      }
      if waited == 50 { break }
      usleep(2000)
    }
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status
  }
}
