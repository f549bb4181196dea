import Foundation

/// Every step of a run, in order, in a file of little-endian floats. Steps reach the file when asked to; what lies there
/// beyond them belongs to a run that was broken off and is cut away.
struct StepLog {
  let path: String
  let layout: StepLayout
  /// Steps in the file.
  private(set) var written: Int
  private var pending: [Float] = []

  /// - Parameter written: steps of the file that count.
  init(_ path: String, _ layout: StepLayout, written: Int) {
    (self.path, self.layout, self.written) = (path, layout, written)
  }

  mutating func append(_ row: [Float]) { pending += row }

  /// Brings all steps to the disk.
  mutating func flush() throws(BehaviourError) {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw unwritable() }
    defer { close(file) }
    let place = written * layout.width * 4
    guard ftruncate(file, off_t(place)) == 0 else { throw unwritable() }
    let code = pending.withUnsafeBytes { bytes -> Int32 in
      var done = 0
      while done < bytes.count {
        let step = pwrite(file, bytes.baseAddress! + done, bytes.count - done, off_t(place + done))
        if step < 0 && errno != EINTR { return errno }
        done += max(0, step)
      }
      return fsync(file) == 0 ? 0 : errno
    }
    guard code == 0 else { throw unwritable(code) }
    written += pending.count / layout.width
    pending.removeAll(keepingCapacity: true)
  }

  /// Hands the steps of a range to `body`, one row at a time.
  /// - Throws: `damaged` where the file is too short or a number is not finite; what `body` throws.
  func read(_ rows: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws -> Void) throws {
    let file: MappedFile
    do throws(DatasetError) { file = try MappedFile(path) } catch {
      guard case .unreadable(_, let code) = error else { throw error }
      throw BehaviourError.unreadable(path: path, reason: String(cString: strerror(code)))
    }
    let width = layout.width
    guard rows.upperBound <= file.bytes.count / (4 * width) else {
      throw damaged("it has \(file.bytes.count / (4 * width)) steps, not \(rows.upperBound)")
    }
    try withExtendedLifetime(file) {
      let floats = file.bytes.assumingMemoryBound(to: Float.self)
      for row in rows {
        let numbers = UnsafeBufferPointer(rebasing: floats[row * width..<(row + 1) * width])
        guard numbers.allSatisfy(\.isFinite), StepLayout.End(rawValue: numbers[layout.end]) != nil else {
          throw damaged("step \(row) is no step")
        }
        try body(numbers)
      }
    }
  }

  private func damaged(_ reason: String) -> BehaviourError { .damaged(file: path, reason: reason) }

  private func unwritable(_ code: Int32 = errno) -> BehaviourError {
    .unwritable(path: path, reason: String(cString: strerror(code)))
  }
}
