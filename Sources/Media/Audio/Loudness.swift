import CEBUR128
import Foundation

/// How loud a sound is, by EBU R 128 (ITU-R BS.1770).
public struct Loudness: Sendable, Equatable {
  /// LUFS; -infinity for silence and for sounds shorter than the 0.4 s of a measuring block.
  public let integrated: Double
  /// Highest value between samples too, dBTP; -infinity for silence.
  public let truePeak: Double

  public init(of audio: Audio) throws(AudioError) {
    let mode = Int32(bitPattern: EBUR128_MODE_I.rawValue | EBUR128_MODE_TRUE_PEAK.rawValue)
    var state = ebur128_init(UInt32(audio.channels), UInt(audio.sampleRate), mode)
    guard state != nil else { throw .unusableRate(from: audio.sampleRate, to: audio.sampleRate) }
    defer { ebur128_destroy(&state) }
    var loudness = -Double.infinity, peak = 0.0
    let added = ebur128_add_frames_float(state, audio.samples, audio.frames)
    guard added == 0, ebur128_loudness_global(state, &loudness) == 0 else { throw .tooShort(samples: 0, minimum: 1) }
    for channel in 0..<audio.channels {
      var value = 0.0
      if ebur128_true_peak(state, UInt32(channel), &value) == 0 { peak = max(peak, value) }
    }
    (integrated, truePeak) = (loudness, 20 * log10(peak))
  }
}

extension Audio {
  /// The sound brought to an integrated loudness by one gain, less where its true peak would pass `ceiling`. What cannot be
  /// measured (silence, less than 0.4 s) is only kept below the ceiling.
  ///
  /// - Parameters:
  ///   - target: LUFS.
  ///   - ceiling: dBTP.
  public func normalized(toLoudness target: Double, ceiling: Double = -1) throws(AudioError) -> Audio {
    let now = try Loudness(of: self)
    guard now.truePeak.isFinite else { return self }
    let wanted = now.integrated.isFinite ? target - now.integrated : 0
    let gain = Float(pow(10, min(wanted, ceiling - now.truePeak) / 20))
    var result = self
    for i in result.samples.indices { result.samples[i] *= gain }
    return result
  }
}
