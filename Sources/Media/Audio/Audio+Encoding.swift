import CSoundFile

extension Audio {
  /// The bytes of a sound file, with ``comment`` in its comment field.
  ///
  /// WAV and FLAC are 16-bit and the same for the same sound; an Ogg stream carries a random serial number. Opus knows
  /// 8, 12, 16, 24 and 48 kHz: other rates are brought to the next higher of them.
  public func encoded(as format: AudioFormat = .wav) throws(AudioError) -> [UInt8] {
    var sound = self
    if format == .opus {
      let rate = [8000, 12000, 16000, 24000, 48000].first(where: { $0 >= sampleRate }) ?? 48000
      sound = try resampled(to: rate)
      sound.comment = comment
    }
    let stream = SoundStream(reading: [])
    var info = SF_INFO()
    info.samplerate = Int32(clamping: sound.sampleRate)
    info.channels = Int32(clamping: channels)
    info.format = format.code
    guard let file = stream.open(SFM_WRITE, &info) else {
      throw .cannotEncode(format, detail: String(cString: sf_strerror(nil)))
    }
    if let comment { sf_set_string(file, Int32(SF_STR_COMMENT), comment) }
    let frames = sf_count_t(sound.frames)
    let written =
      switch format {
      // Rounded here: libsndfile's scale differs from the one it reads with.
      case .wav, .flac: sf_writef_short(file, sound.samples.map(Audio.quantized), frames)
      case .opus, .vorbis: sf_writef_float(file, sound.samples, frames)
      }
    let closed = sf_close(file)
    guard written == frames && closed == 0 else { throw .cannotEncode(format, detail: "the encoder failed") }
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
  fileprivate var code: Int32 {
    switch self {
    case .wav: Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
    case .flac: Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
    case .opus: Int32(SF_FORMAT_OGG | SF_FORMAT_OPUS)
    case .vorbis: Int32(SF_FORMAT_OGG | SF_FORMAT_VORBIS)
    }
  }
}
