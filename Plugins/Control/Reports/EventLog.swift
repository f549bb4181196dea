import Foundation

/// Curves of a run in a file for TensorBoard (`events.out.tfevents...`), written as they grow.
///
/// ```swift
/// let log = try EventLog(folder: "run")
/// try log.add(["loss/value": 0.3, "loss/flow": 0.1], step: 100)
/// ```
/// An instance is used by one thread at a time.
public final class EventLog {
  private static let prefix = "events.out.tfevents."

  public let path: String
  private let file: Int32

  /// Begins a log in a folder, or goes on with its latest.
  ///
  /// - Parameter step: of the run's state that training goes on from: what the log says of later steps, and a record
  ///   that was cut off, is removed. nil for a new run, which gets a file of its own.
  public init(folder: String, resumingAfter step: Int? = nil) throws(ReportError) {
    let now = Date().timeIntervalSince1970
    let earlier = step == nil ? nil : Self.latest(in: folder)
    path = "\(folder)/\(earlier ?? Self.prefix + String(Int(now)) + ".onestep")"
    if let step, earlier != nil { try Self.cut(path, after: step) }
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .unwritable(path: path, code: errno) }
    var status = stat()
    if fstat(file, &status) == 0, status.st_size == 0 {
      try Self.write(EventRecord.version(at: now), to: file, path)
    }
  }

  deinit { close(file) }

  /// Adds numbers by name; a slash in a name makes a group. They are in the file when this returns.
  /// - Parameter time: seconds since 1970.
  public func add(
    _ values: [String: Double], step: Int, at time: Double = Date().timeIntervalSince1970
  ) throws(ReportError) {
    let sorted = values.sorted { $0.key < $1.key }.map { (name: $0.key, value: Float($0.value)) }
    try Self.write(EventRecord.scalars(sorted, step: step, at: time), to: file, path)
  }

  private static func latest(in folder: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) && !$0.hasSuffix(".part") }.max()
  }

  /// Leaves the records up to `step` in the file, which is replaced as a whole.
  private static func cut(_ path: String, after step: Int) throws(ReportError) {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path, code: access(path, R_OK) == 0 ? EIO : errno)
    }
    let kept = EventRecord.records(in: Array(bytes)).filter { $0.step <= step }.flatMap { $0.bytes }
    if kept.count == bytes.count { return }
    let temporary = "\(path).\(getpid()).part"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .unwritable(path: path, code: errno) }
    do throws(ReportError) {
      defer { close(file) }
      try write(kept, to: file, path)
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw .unwritable(path: path, code: code)
    }
  }

  private static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(ReportError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let step = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if step < 0 && errno == EINTR { continue }
      guard step >= 0 else { throw .unwritable(path: path, code: errno) }
      rest = rest.dropFirst(step)
    }
  }
}
