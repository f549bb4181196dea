import Foundation

/// A phone and the time at which it ends.
public struct TimedPhone: Equatable, Sendable {
  /// ARPAbet in capitals, vowels with a stress digit; `pau` is a pause.
  public let name: String
  /// Seconds from the beginning of the recording.
  public let end: Double

  public init(_ name: String, end: Double) { (self.name, self.end) = (name, end) }

  /// Parses `phone:seconds phone:seconds ...`; times rise.
  static func list(_ text: Substring) throws(LineFailure) -> [TimedPhone] {
    var phones: [TimedPhone] = []
    for item in text.split(separator: " ") {
      let parts = item.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, let end = Double(parts[1]), end.isFinite else {
        throw LineFailure(.phone(String(item)))
      }
      guard end > phones.last?.end ?? 0 else { throw LineFailure(.timesNotRising(String(item))) }
      phones.append(TimedPhone(String(parts[0]), end: end))
    }
    guard !phones.isEmpty else { throw LineFailure(.phone("")) }
    return phones
  }
}

/// A fault of a line whose number the caller knows.
struct LineFailure: Error {
  let fault: CorpusError.LineFault
  init(_ fault: CorpusError.LineFault) { self.fault = fault }
}

extension TimedPhone {
  /// Whole frames for intervals that end at `ends`, in frames: nearest boundaries, moved where an interval would have no
  /// frame; the last one ends with the clip. Nil when there are more intervals than frames.
  package static func wholeFrames(ends: [Double], total: Int) -> [Int]? {
    let n = ends.count
    guard n > 0 && n <= total else { return nil }
    var result = [Int](repeating: 0, count: n)
    var start = 0
    for i in 0..<n {
      let latest = total - (n - 1 - i)
      let wanted = min(max(ends[i], 0), Double(total)).rounded()
      let end = i == n - 1 ? total : min(max(Int(wanted), start + 1), latest)
      result[i] = end - start
      start = end
    }
    return result
  }
}
