import Foundation
import OneStepMedia

/// How a recording becomes training data: one channel at the model's rate, silence trimmed, peak normalised.
public struct ClipPreparation: Sendable, Equatable, Codable {
  /// A stretch of 10 ms is silent this far below the loudest one, dB.
  public var silence = -40.0
  /// Silence left before and after, seconds.
  public var margin = 0.1
  /// The largest sample afterwards.
  public var peak: Float = 0.95
  /// Seconds that a clip may last, after trimming.
  public var shortest = 0.3
  public var longest = 15.0

  public init() {}

  /// A clip made ready.
  public struct Prepared: Sendable {
    /// A whole number of hops.
    public let samples: [Float]
    /// Samples cut off at the beginning, at the model's rate.
    public let start: Int
  }

  /// - Parameter hop: samples a frame; what is over at the end is cut off.
  /// - Returns: nil for a clip that is too short, too long, or silent.
  func callAsFunction(_ audio: Audio, rate: Int, hop: Int) throws(AudioError) -> Prepared? {
    let sound = try audio.mono().resampled(to: rate).samples
    let range = spoken(sound, rate: rate)
    let count = range.count / hop * hop
    let seconds = Double(range.count) / Double(rate)
    guard count > 0 && seconds >= shortest && seconds <= longest else { return nil }
    let cut = sound[range.lowerBound..<(range.lowerBound + count)]
    let loudest = cut.reduce(Float(0)) { max($0, abs($1)) }
    guard loudest > 0 else { return nil }
    return Prepared(samples: cut.map { $0 * (peak / loudest) }, start: range.lowerBound)
  }

  /// What is left after trimming; empty for silence.
  func spoken(_ sound: [Float], rate: Int) -> Range<Int> {
    let step = max(1, rate / 100)
    let powers = stride(from: 0, to: sound.count, by: step).map { at -> Double in
      let frame = sound[at..<min(at + step, sound.count)]
      return frame.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(frame.count)
    }
    guard let loudest = powers.max(), loudest > 0 else { return 0..<0 }
    let limit = loudest * pow(10, silence / 10)
    let first = powers.firstIndex { $0 > limit } ?? 0
    let last = powers.lastIndex { $0 > limit } ?? 0
    let margin = Int((margin * Double(rate)).rounded())
    return max(0, first * step - margin)..<min(sound.count, (last + 1) * step + margin)
  }
}
