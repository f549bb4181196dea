import CSoundFile

extension Audio {
  /// The bytes of a sound file, with ``comment`` in its comment field.
  ///
  /// WAV and FLAC are 16-bit and the same for the same sound; an Ogg stream carries a random serial number. Opus knows
  /// 8, 12, 16, 24 and 48 kHz: other rates are brought to the next higher of them.
  public func encoded(as format: AudioFormat = .wav) throws(AudioError) -> [UInt8] {
    var sound = self
    if format == .opus {
      let rate = AudioFormat.opusRates.first { $0 >= sampleRate } ?? 48000
      sound = try resampled(to: rate)
      sound.comment = comment
    }
    let stream = SoundStream(reading: [])
    var info = format.info(channels: channels, sampleRate: sound.sampleRate)
    guard let file = stream.open(SFM_WRITE, &info) else {
      throw .cannotEncode(format, detail: String(cString: sf_strerror(nil)))
    }
    if let comment { sf_set_string(file, Int32(SF_STR_COMMENT), comment) }
    let written = format.write(sound.samples, channels: channels, to: file)
    let closed = sf_close(file)
    guard written && closed == 0 else { throw .cannotEncode(format, detail: "the encoder failed") }
    return stream.bytes
  }

  /// Writes a sound file, complete or not at all: it appears under its name by a rename. The format comes from the
  /// extension unless given. Throws `AudioError` of kind `cannotWrite`.
  public func write(to path: String, format: AudioFormat? = nil) throws(AudioError) {
    guard let format = format ?? AudioFormat(path: path) else { throw .unknownExtension(path: path) }
    let bytes = try encoded(as: format)
    do { try writeFile(bytes, to: path) } catch { throw AudioError(error, path: path) }
  }
}

extension AudioFormat {
  /// Hz, of Opus.
  static let opusRates = [8000, 12000, 16000, 24000, 48000]

  func info(channels: Int, sampleRate: Int) -> SF_INFO {
    var info = SF_INFO()
    info.samplerate = Int32(clamping: sampleRate)
    info.channels = Int32(clamping: channels)
    info.format = code
    return info
  }

  /// Whether all of the samples, interleaved, were taken.
  func write(_ samples: [Float], channels: Int, to file: OpaquePointer) -> Bool {
    let frames = sf_count_t(samples.count / channels)
    return switch self {
    // Rounded here: libsndfile's scale differs from the one it reads with.
    case .wav, .flac: sf_writef_short(file, samples.map(Audio.quantized), frames) == frames
    case .opus, .vorbis: sf_writef_float(file, samples, frames) == frames
    }
  }

  private var code: Int32 {
    switch self {
    case .wav: Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
    case .flac: Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
    case .opus: Int32(SF_FORMAT_OGG | SF_FORMAT_OPUS)
    case .vorbis: Int32(SF_FORMAT_OGG | SF_FORMAT_VORBIS)
    }
  }
}
