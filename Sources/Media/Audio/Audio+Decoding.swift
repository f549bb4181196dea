import CSoundFile

extension Audio {
  /// Reads a sound file of any format that libsndfile knows: WAV, FLAC, Ogg Vorbis and Opus, MP3, AIFF and others. The
  /// format is taken from the bytes, never from the extension.
  ///
  /// Throws `AudioError` of kind `cannotRead` or `badData`; samples that are not finite are refused.
  public init(contentsOf path: String) throws(AudioError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw AudioError(error, path: path) }
    try self.init(decoding: bytes, name: path)
  }

  /// Decodes the bytes of a sound file; `name` stands for it in error messages.
  public init(decoding bytes: [UInt8], name: String) throws(AudioError) {
    if bytes.isEmpty { throw .empty(name: name) }
    if let detail = Self.foreignSentence(bytes) { throw .foreign(name: name, detail: detail) }
    if Self.endsEarly(bytes) { throw .truncated(name: name) }
    let stream = SoundStream(reading: bytes)
    var info = SF_INFO()
    guard let file = stream.open(SFM_READ, &info) else {
      throw .damaged(name: name, detail: String(cString: sf_strerror(nil)))
    }
    defer { sf_close(file) }
    guard info.channels > 0 && info.channels <= 1024 && info.samplerate > 0 else {
      throw .damaged(name: name, detail: "\(info.channels) channels at \(info.samplerate) Hz")
    }
    let samples = try Self.samples(of: file, info, name: name)
    let comment = sf_get_string(file, Int32(SF_STR_COMMENT)).map { String(cString: $0) }
    self.init(
      samples: samples, channels: Int(info.channels), sampleRate: Int(info.samplerate), comment: comment)
  }

  /// Memory grows with what is decoded, not with what the header claims.
  private static func samples(of file: OpaquePointer, _ info: SF_INFO, name: String) throws(AudioError) -> [Float] {
    let channels = Int(info.channels), block = max(1, (1 << 16) / channels)
    var result: [Float] = []
    var buffer = [Float](repeating: 0, count: block * channels)
    while true {
      let got = Int(sf_readf_float(file, &buffer, sf_count_t(block)))
      if got <= 0 { break }
      guard result.count + got * channels <= sampleLimit else { throw .tooLong(name: name) }
      result += buffer[..<(got * channels)]
    }
    if sf_error(file) != Int32(SF_ERR_NO_ERROR) {
      throw .damaged(name: name, detail: String(cString: sf_strerror(file)))
    }
    guard !result.isEmpty else { throw .empty(name: name) }
    // A FLAC file states how much it holds; other formats' claims libsndfile checks against the bytes or not at all.
    let format = info.format & Int32(SF_FORMAT_TYPEMASK)
    if format == Int32(SF_FORMAT_FLAC), info.frames < .max, result.count / channels < Int(info.frames) {
      throw .truncated(name: name)
    }
    guard result.allSatisfy(\.isFinite) else { throw .notFinite(name: name) }
    return result
  }

  /// What the bytes are, when they are known not to be sound.
  private static func foreignSentence(_ bytes: [UInt8]) -> String? {
    if ImageFormat.sniff(bytes) != nil { return "is an image, not a sound file. Swap the arguments?" }
    switch ForeignFile.sniff(bytes) {
    case .largeFilePointer: return "is a Git LFS pointer, not the sound itself. Run 'git lfs pull' to fetch it."
    case .html: return "is a web page, not a sound file. Was it saved from a link that needs a login?"
    case .gif, .tiff, .avif, .heic, .jpegXL, .jpeg2000, .svg, .pdf:
      return "is an image or a document, not a sound file. Swap the arguments?"
    case .bmp, .unknown: break
    }
    let known = [
      "RIFF", "RIFX", "RF64", "riff", "fLaC", "OggS", "FORM", ".snd", "ID3", "caff", "Crea", "NIST", "wvpk", "2BIT",
    ]
    let isMPEG = bytes.count > 1 && bytes[0] == 0xFF && bytes[1] & 0xE0 == 0xE0
    guard !isMPEG && !known.contains(where: { bytes.starts(with: $0.utf8) }) else { return nil }
    return "is not a sound file that can be read. Convert it to WAV or FLAC first."
  }

  /// Whether a RIFF chunk or an Ogg stream is cut off. Programs that write to a pipe leave the RIFF length at 0 or at the
  /// largest number, which says nothing.
  private static func endsEarly(_ bytes: [UInt8]) -> Bool {
    func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
    if bytes.starts(with: "RIFF".utf8) {
      guard bytes.count >= 12 else { return true }
      let claimed = number(4)
      return claimed > 0 && claimed < 0x7FFF_FF00 && claimed + 8 > bytes.count + 1
    }
    if bytes.starts(with: "OggS".utf8) {
      let mark = Array("OggS".utf8)
      guard
        let last = stride(from: bytes.count - 27, through: 0, by: -1).first(where: {
          bytes[$0] == mark[0] && bytes[$0 + 1] == mark[1] && bytes[$0 + 2] == mark[2] && bytes[$0 + 3] == mark[3]
        })
      else { return true }
      return bytes[last + 5] & 4 == 0  // the flag of a stream's last page
    }
    return false
  }
}
