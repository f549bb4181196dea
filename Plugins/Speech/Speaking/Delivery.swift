import Foundation

/// How a text is spoken.
public struct Delivery: Sendable, Equatable {
  /// 2 is twice as fast; 0.25...4.
  public var speed = 1.0
  /// Semitones, -12...12. The voice speaks slower or faster by the ratio and the sound is played faster or slower, so that
  /// times stay; formants move with the pitch, as of a smaller or larger speaker. A sentence then comes in one piece.
  public var pitch = 0.0
  /// Calls of the acoustic network, 1...100.
  public var steps = 1
  /// Standard deviation of the noise, 0...2; 0 is always the same.
  public var temperature = 1.0
  /// The same text, seed and delivery give the same bytes.
  public var seed: UInt64 = 1
  /// Seconds of silence after a sentence and after a paragraph, 0...60.
  public var sentenceSilence = 0.2
  public var paragraphSilence = 0.5
  /// dB, -96...24.
  public var volume = 0.0

  public init() {}

  static let speeds = 0.25...4.0, pitches = -12.0...12.0

  /// - Throws: ``SpeakingError/option(_:value:allowed:)``, the first that is outside its range.
  public func validate() throws(SpeakingError) {
    let options: [(name: String, value: Double, allowed: ClosedRange<Double>)] = [
      ("speed", speed, Self.speeds), ("pitch", pitch, Self.pitches), ("steps", Double(steps), 1...100),
      ("temperature", temperature, 0...2), ("sentence silence", sentenceSilence, 0...60),
      ("paragraph silence", paragraphSilence, 0...60), ("volume", volume, -96...24),
    ]
    // NaN is in no range.
    if let bad = options.first(where: { !$0.allowed.contains($0.value) }) {
      let (low, high) = (bad.allowed.lowerBound.shortest, bad.allowed.upperBound.shortest)
      throw .option(bad.name, value: bad.value, allowed: "\(low)...\(high)")
    }
  }

  /// This delivery with what markup asks for; kept within the ranges.
  func styled(_ style: SSML.Style) -> Delivery {
    func kept(_ value: Double, in range: ClosedRange<Double>) -> Double {
      min(max(value, range.lowerBound), range.upperBound)
    }
    var result = self
    result.speed = kept(speed * style.rate, in: Self.speeds)
    result.pitch = kept(pitch + style.pitch, in: Self.pitches)
    result.volume += style.volume
    return result
  }

  /// The options of utterance `index`: its noise is its own, whatever was said before.
  package func options(utterance index: Int) -> SpeakingOptions {
    var options = SpeakingOptions()
    options.speed = speed / pitchRatio
    (options.steps, options.temperature) = (steps, temperature)
    options.seed = StableHash.of("\(seed)|\(index)")
    return options
  }

  /// Factor on frequencies.
  var pitchRatio: Double { pow(2, pitch / 12) }
  /// Factor on samples; 0 for a volume of minus infinity.
  var gain: Float { Float(pow(10, volume / 20)) }
}
