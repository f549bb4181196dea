import Foundation
import OneStepMedia

/// Files in Tests/Media/Fixtures.
enum Fixture {
  static let folder = Bundle.module.resourcePath! + "/Fixtures/"

  static func image(_ name: String) throws -> Image { try Image(contentsOf: folder + name) }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + name)))
  }

  static func floats(_ name: String) throws -> [Float] {
    let data = try bytes(name + ".f32")
    return stride(from: 0, to: data.count, by: 4).map { i in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[i + $1]) << (8 * UInt32($1)) })
    }
  }
}

/// The picture that all small fixtures show, computed again.
enum Pattern {
  static let width = 24
  static let height = 16

  static func samples(_ channels: (_ x: Int, _ y: Int) -> [Int]) -> [Int] {
    (0..<height).flatMap { y in (0..<width).flatMap { x in channels(x, y) } }
  }

  static let rgb = samples { x, y in [10 + 7 * x, 20 + 9 * y, 5 * (x + y)] }
  static let rgba = samples { x, y in [10 + 7 * x, 20 + 9 * y, 5 * (x + y), 255 - 8 * x] }
  static let grey = samples { _, y in [20 + 9 * y] }

  static func image() throws -> Image {
    try Image(width: width, height: height, channels: 3, samples: .u8(rgb.map { UInt8($0) }))
  }
}

extension Image {
  /// All samples, whatever their depth.
  var integers: [Int] {
    switch samples {
    case .u8(let values): values.map { Int($0) }
    case .u16(let values): values.map { Int($0) }
    }
  }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A new empty folder that disappears with the value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

func largestDifference<Value: SignedNumeric & Comparable>(_ a: [Value], _ b: [Value]) -> Value {
  zip(a, b).reduce(Value.zero) { max($0, abs($1.0 - $1.1)) }
}
