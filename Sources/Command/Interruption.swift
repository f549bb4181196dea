import Foundation
import Synchronization

/// Ctrl-C (and SIGTERM): what runs finishes its tile or step, puts its files in order, and the program ends with 130.
enum Interruption {
  private enum State {
    static let idle: Int32 = 0, working: Int32 = 1, writing: Int32 = 2
  }
  private static let state = Atomic<Int32>(State.idle)
  private static let signalNumber = Atomic<Int32>(0)

  /// Whether the program was asked to end.
  static var isRequested: Bool { signalNumber.load(ordering: .relaxed) != 0 }

  static func install() {
    // Both are touched here so that the handler never has to initialise them.
    _ = (state.load(ordering: .relaxed), signalNumber.load(ordering: .relaxed))
    // A parent's threads may have blocked them, as those of Dispatch do, and a child begins with the same mask.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&wanted, number) }
    pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    signal(SIGINT, interruptionHandler)
    signal(SIGTERM, interruptionHandler)
    signal(SIGPIPE, SIG_DFL)  // a closed pipe ends the program without a word
  }

  /// Work that asks ``isRequested`` from time to time. A second signal ends it at once.
  static func whileWorking<R>(_ body: () throws -> R) rethrows -> R { try during(State.working, body) }

  /// A file is being written: no signal ends the program before it is whole or gone.
  static func whileWriting<R>(_ body: () throws -> R) rethrows -> R { try during(State.writing, body) }

  private static func during<R>(_ new: Int32, _ body: () throws -> R) rethrows -> R {
    let old = state.exchange(new, ordering: .relaxed)
    defer { state.store(old, ordering: .relaxed) }
    return try body()
  }

  fileprivate static func receive(_ number: Int32) {
    let earlier = signalNumber.exchange(number, ordering: .relaxed)
    switch state.load(ordering: .relaxed) {
    case State.idle: _exit(ExitCode.interrupted.rawValue)
    case State.working where earlier != 0: _exit(ExitCode.interrupted.rawValue)
    default: break
    }
  }
}

private func interruptionHandler(_ number: Int32) { Interruption.receive(number) }
