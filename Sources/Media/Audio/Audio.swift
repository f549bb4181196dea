/// A sound: samples in [-1, 1] at a sample rate.
public struct Audio: Sendable, Equatable {
  /// The most samples, of all channels together, that are read from a file: 2²⁸, 1 GiB.
  public static let sampleLimit = 1 << 28

  /// Channel by channel for each instant (interleaved); louder samples than 1 are cut off when written.
  public var samples: [Float]
  public let channels: Int
  /// Hz.
  public let sampleRate: Int
  /// A remark carried by files, such as the seed that made the sound.
  public var comment: String?

  /// - Parameters:
  ///   - samples: interleaved; their count is a multiple of `channels`.
  ///   - sampleRate: Hz.
  public init(samples: [Float], channels: Int = 1, sampleRate: Int, comment: String? = nil) {
    precondition(channels > 0 && samples.count % channels == 0, "\(samples.count) samples in \(channels) channels")
    precondition(sampleRate > 0, "a sample rate of \(sampleRate) Hz")
    (self.samples, self.channels, self.sampleRate, self.comment) = (samples, channels, sampleRate, comment)
  }

  /// Instants.
  public var frames: Int { samples.count / channels }
  /// Seconds.
  public var duration: Double { Double(frames) / Double(sampleRate) }

  /// The mean of all channels.
  public func mono() -> Audio {
    guard channels > 1 else { return self }
    var mixed = [Float](repeating: 0, count: frames)
    for i in 0..<frames {
      var sum: Float = 0
      for c in 0..<channels { sum += samples[i * channels + c] }
      mixed[i] = sum / Float(channels)
    }
    return Audio(samples: mixed, sampleRate: sampleRate, comment: comment)
  }

  /// Signed 16-bit little-endian samples without a header, interleaved; -32768...32767 stands for [-1, 1).
  public var pcmBytes: [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(2 * samples.count)
    for sample in samples {
      let value = UInt16(bitPattern: Self.quantized(sample))
      bytes.append(UInt8(truncatingIfNeeded: value))
      bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    }
    return bytes
  }

  /// The nearest 16-bit number; NaN is silence.
  static func quantized(_ sample: Float) -> Int16 {
    let scaled = (sample * 32768).rounded(.toNearestOrEven)
    return scaled.isNaN ? 0 : Int16(min(max(scaled, -32768), 32767))
  }
}
