import CSampleRate

extension Audio {
  /// The sound at another sample rate, by libsamplerate's best band-limited interpolation; the same sound at its own rate.
  /// The result has the rounded proportional length.
  public func resampled(to rate: Int) throws(AudioError) -> Audio {
    guard rate != sampleRate else { return self }
    let ratio = Double(rate) / Double(sampleRate)
    guard rate >= 1 && src_is_valid_ratio(ratio) != 0 else { throw .unusableRate(from: sampleRate, to: rate) }
    let length = Int((Double(frames) * ratio).rounded())
    guard length > 0 else { return Audio(samples: [], channels: channels, sampleRate: rate, comment: comment) }
    // A little silence follows, so that the filter's tail does not shorten the sound.
    let source = samples + [Float](repeating: 0, count: channels * (Int(16 / min(1, ratio)) + 1))
    var code: Int32 = 0
    var result = [Float](repeating: 0, count: (length + 32) * channels)
    source.withUnsafeBufferPointer { input in
      result.withUnsafeMutableBufferPointer { output in
        var data = SRC_DATA()
        data.data_in = input.baseAddress
        data.data_out = output.baseAddress
        data.input_frames = source.count / channels
        data.output_frames = length + 32
        data.src_ratio = ratio
        code = src_simple(&data, Int32(SRC_SINC_BEST_QUALITY), Int32(channels))
      }
    }
    guard code == 0 else { throw .unusableRate(from: sampleRate, to: rate) }
    return Audio(
      samples: Array(result[..<(length * channels)]), channels: channels, sampleRate: rate, comment: comment)
  }
}
