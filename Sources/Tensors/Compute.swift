import COpenBLAS
import Foundation
import Kernels

/// The one thread on which tensors are computed.
///
/// libgomp keeps a team of workers per calling thread; if every caller's thread made its own, teams would fight for
/// the cores. Public entry points hop here once; nested calls run inline.
public enum Compute {
  /// Threads that kernels use, from 1 to the processors available. oneDNN fixes the count when a primitive is made, so
  /// set it before the first tensor is computed.
  public static var threads: Int {
    get { perform { Int(os_threads()) } }
    set { perform { os_set_threads(Int32(max(1, newValue))) } }
  }

  /// Processors this process may run on.
  public static var availableProcessors: Int { Int(os_available_processors()) }

  /// Runs `body` on the compute thread and returns its result; inline when already there.
  public static func perform<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    if Worker.isCurrent { return try body() }
    // A thread that only lets tensors go never takes memory, and so would never give back what rests with it.
    StoragePool.keepRested()
    var result: Result<R, E>?
    func work() {
      do throws(E) { result = .success(try body()) } catch { result = .failure(error) }
    }
    withoutActuallyEscaping(work) { Worker.shared.run(Worker.Job(body: $0)) }
    return try result!.get()
  }
}

/// A thread with a deep stack that runs jobs one after the other while their callers wait.
private final class Worker: @unchecked Sendable {
  final class Job: @unchecked Sendable {
    /// Let go before the caller wakes up: it belongs to the caller's frame.
    var body: (() -> Void)?
    let done = DispatchSemaphore(value: 0)
    init(body: @escaping () -> Void) { self.body = body }
  }

  static let shared = Worker()
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()
  static var isCurrent: Bool { pthread_getspecific(key) != nil }

  private let condition = NSCondition()
  private var jobs: [Job] = []

  private init() {
    let thread = Thread { [self] in
      pthread_setspecific(Worker.key, UnsafeRawPointer(bitPattern: 1))
      os_set_threads(os_available_processors())
      openblas_set_num_threads(1)
      while true {
        let job = next()
        job.body?()
        job.body = nil
        job.done.signal()
      }
    }
    thread.stackSize = 256 << 20
    thread.name = "onestep-compute"
    thread.start()
  }

  private func next() -> Job {
    condition.lock()
    defer { condition.unlock() }
    while jobs.isEmpty { condition.wait() }
    return jobs.removeFirst()
  }

  func run(_ job: Job) {
    condition.lock()
    jobs.append(job)
    condition.signal()
    condition.unlock()
    job.done.wait()
  }
}
