import Foundation
import OneStepMedia
import OneStepTensors

/// The file behind ``SpeechFeatures``: a head that names the settings, then a record a clip, appended as it is made. What
/// an interrupted run left of a last record is cut off.
///
/// A record is `key, frames, start` (64, 32 and 32 bits), the samples (16 bits) and the log-mel (f32), little-endian.
/// A rejected clip has 0 frames, and tenths of a millisecond in place of `start`.
struct FeatureFile {
  struct Record {
    let frames: Int
    let start: Int
    /// Where the samples begin in the file.
    let offset: Int
  }

  static let headSize = 64
  private static let mark = "onestep-speech-features 1 "
  private static let recordHeadSize = 16
  let path: String
  let hop: Int
  let bands: Int
  private(set) var records: [UInt64: Record] = [:]
  private let handle: FileHandle
  private var end: Int

  /// Opens the file, or begins it anew where its settings are others; a file of another kind is refused. Another process
  /// at the same file is waited for until ``unlock()``.
  init(path: String, settings: String, hop: Int, bands: Int) throws(CorpusError) {
    (self.path, self.hop, self.bands) = (path, hop, bands)
    var head = Array((Self.mark + String(StableHash.of(settings), radix: 16)).utf8)
    head += [UInt8](repeating: 32, count: Self.headSize - 1 - head.count) + [10]
    var handle = try Self.locked(path)
    var found = [UInt8]((try? handle.read(upToCount: Self.headSize)) ?? Data())
    guard found.isEmpty || found.starts(with: Self.mark.utf8) || Self.mark.utf8.starts(with: found) else {
      throw .features(path: path, code: EEXIST)
    }
    if found != head && !found.isEmpty {
      unlink(path)  // what another process has mapped stays as it is
      handle = try Self.locked(path)
      found = []
    }
    do { if found.isEmpty { try handle.write(contentsOf: head) } } catch { throw .features(path: path, code: ENOSPC) }
    self.handle = handle
    end = Self.headSize
    try scan()
  }

  private static func locked(_ path: String) throws(CorpusError) -> FileHandle {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .features(path: path, code: errno) }
    flock(descriptor, LOCK_EX)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func unlock() { flock(handle.fileDescriptor, LOCK_UN) }

  private mutating func scan() throws(CorpusError) {
    let map = try MappedFile(path)
    while end + Self.recordHeadSize <= map.bytes.count {
      let key = map.bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self)
      let frames = Int(map.bytes.loadUnaligned(fromByteOffset: end + 8, as: UInt32.self))
      let start = Int(map.bytes.loadUnaligned(fromByteOffset: end + 12, as: UInt32.self))
      let next = end + Self.recordHeadSize + sampleBytes(frames) + melBytes(frames)
      if next > map.bytes.count { break }
      records[key] = Record(frames: frames, start: start, offset: end + Self.recordHeadSize)
      end = next
    }
    do { try handle.truncate(atOffset: UInt64(end)) } catch { throw .features(path: path, code: EIO) }
  }

  /// Rounded up, so that the log-mel is aligned.
  private func sampleBytes(_ frames: Int) -> Int { (2 * frames * hop + 15) / 16 * 16 }
  private func melBytes(_ frames: Int) -> Int { (4 * frames * bands + 15) / 16 * 16 }

  /// Where a record's log-mel lies in the file.
  func melRange(_ record: Record) -> Range<Int> {
    let from = record.offset + sampleBytes(record.frames)
    return from..<(from + 4 * record.frames * bands)
  }

  mutating func append(_ key: UInt64, start: Int, samples: [Int16], mel: [Float]) throws(CorpusError) {
    let frames = samples.count / hop
    var data = Data()
    withUnsafeBytes(of: (key, UInt32(frames), UInt32(start))) { data.append(contentsOf: $0) }
    samples.withUnsafeBytes { data.append(contentsOf: $0) }
    data.append(Data(count: sampleBytes(frames) - 2 * samples.count))
    mel.withUnsafeBytes { data.append(contentsOf: $0) }
    data.append(Data(count: melBytes(frames) - 4 * mel.count))
    do {
      try handle.seek(toOffset: UInt64(end))
      try handle.write(contentsOf: data)
    } catch { throw .features(path: path, code: ENOSPC) }
    records[key] = Record(frames: frames, start: start, offset: end + Self.recordHeadSize)
    end += data.count
  }
}
