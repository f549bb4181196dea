import Foundation
import OneStepMedia

/// A small corpus in a temporary folder, removed with this value's owner.
final class CorpusFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "onestep-corpus-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path + "/wavs", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String = "metadata.csv") throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// Silence, a tone, silence; seconds.
  static func tone(
    _ before: Double, _ spoken: Double, _ after: Double, amplitude: Double = 0.3, rate: Int = 16000, channels: Int = 1
  ) -> Audio {
    func count(_ seconds: Double) -> Int { Int((seconds * Double(rate)).rounded()) }
    let samples = (0..<count(before) + count(spoken) + count(after)).flatMap { i -> [Float] in
      let inside = i >= count(before) && i < count(before) + count(spoken)
      let value = inside ? Float(amplitude * sin(2 * Double.pi * 440 * Double(i) / Double(rate))) : 0
      return [Float](repeating: value, count: channels)
    }
    return Audio(samples: samples, channels: channels, sampleRate: rate)
  }

  func sound(_ name: String, _ audio: Audio) throws { try audio.write(to: "\(path)/\(name)") }
}
