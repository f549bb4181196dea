import Foundation

/// A range of numbers with round ones marked.
struct ChartAxis {
  let low: Double
  let high: Double
  /// 2 to 7 multiples of 1, 2 or 5 times a power of ten within the range.
  let ticks: [Double]
  private let step: Double

  /// - Parameters:
  ///   - values: below 1e150 in size; none are taken as 0...1.
  ///   - pads: whether the axis reaches beyond the values.
  init(over values: [Double], pads: Bool) {
    var (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size || low == high {
      let room = size > 0 ? 0.5 * size : 0.5
      (low, high) = (low - room, high + room)
    } else if pads {
      let room = 0.04 * (high - low)
      (low, high) = (low - room, high + room)
    }
    let step = Self.roundStep((high - low) / 6)
    let first = (low / step).rounded(.up)
    ticks = (0..<8).map { (first + Double($0)) * step }.filter { $0 <= high + 1e-6 * step }
    (self.low, self.high, self.step) = (low, high, step)
  }

  /// Where a value lies: 0 at the axis's beginning, 1 at its end.
  func share(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A tick with as many decimals as the ticks need; thousands and millions are shortened.
  func text(_ tick: Double) -> String {
    if abs(tick) < 1e-6 * step { return "0" }
    let size = max(abs(low), abs(high))
    if size >= 1e9 || size < 1e-3 { return String(format: "%.3g", tick) }
    let (unit, suffix) = size >= 1e6 ? (1e6, "M") : size >= 1e4 ? (1e3, "k") : (1, "")
    let decimals = Int(max(0, -log10(step / unit).rounded(.down)).clamped(to: 0...6))
    return String(format: "%.\(decimals)f", tick / unit) + suffix
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is not below `step`.
  private static func roundStep(_ step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step * (1 - 1e-9) } ?? 10 * power
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}

extension String {
  /// As text or an attribute of HTML and SVG; characters that those forbid are left out.
  var escaped: String {
    var result = ""
    for character in unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", " "...: result.unicodeScalars.append(character)
      default: break
      }
    }
    return result
  }
}
