import CSoundFile

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A sound file written piece by piece: what is long need not be held in memory. It appears under its name when it is
/// finished, with the bytes that ``Audio/encoded(as:)`` gives for the whole; without that nothing is left of it.
public final class AudioWriter {
  private enum Target {
    case file(OpaquePointer)
    /// Where a file cannot be written in pieces: a pipe or device, or a sound that is resampled for its format.
    case gathered([Float])
  }
  private let path: String, format: AudioFormat
  private let channels: Int, sampleRate: Int, comment: String?
  private var target: Target
  private var pending: PendingFile?

  /// - Parameter sampleRate: Hz.
  /// - Throws: `AudioError` of kind `cannotWrite`.
  public init(
    path: String, format: AudioFormat, channels: Int = 1, sampleRate: Int, comment: String? = nil
  ) throws(AudioError) {
    (self.path, self.format) = (path, format)
    (self.channels, self.sampleRate, self.comment) = (channels, sampleRate, comment)
    let pending = PendingFile(path: path)
    guard !pending.isDirect, format != .opus || AudioFormat.opusRates.contains(sampleRate) else {
      target = .gathered([])
      return
    }
    let descriptor = open(pending.temporaryPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemMessage(errno)) }
    var info = format.info(channels: channels, sampleRate: sampleRate)
    guard let file = sf_open_fd(descriptor, Int32(SFM_WRITE), &info, 1) else {
      throw .cannotEncode(format, detail: String(cString: sf_strerror(nil)))
    }
    if let comment { sf_set_string(file, Int32(SF_STR_COMMENT), comment) }
    target = .file(file)
    self.pending = consume pending
  }

  /// Adds interleaved samples, whole instants.
  public func append(_ samples: [Float]) throws(AudioError) {
    precondition(samples.count % channels == 0, "\(samples.count) samples in \(channels) channels")
    switch target {
    case .gathered(var gathered):
      target = .gathered([])  // so that there is one owner, and nothing is copied
      gathered += samples
      target = .gathered(gathered)
    case .file(let file):
      guard format.write(samples, channels: channels, to: file) else { throw failure(of: file) }
    }
  }

  /// Completes the file and gives it its name; nothing may be added afterwards.
  public func finish() throws(AudioError) {
    switch target {
    case .gathered(let samples):
      try Audio(samples: samples, channels: channels, sampleRate: sampleRate, comment: comment)
        .write(to: path, format: format)
    case .file(let file):
      target = .gathered([])
      guard sf_close(file) == 0 else { throw .unwritable(path: path, reason: systemMessage(errno)) }
      do { try pending?.commit() } catch { throw AudioError(error, path: path) }
    }
  }

  private func failure(of file: OpaquePointer) -> AudioError {
    .unwritable(path: path, reason: errno == 0 ? String(cString: sf_strerror(file)) : systemMessage(errno))
  }

  deinit {
    if case .file(let file) = target { sf_close(file) }
  }
}
