import CSoundFile

/// Bytes in memory as libsndfile's virtual file. It must outlive the handle it opened.
final class SoundStream {
  private(set) var bytes: [UInt8]
  private var position = 0

  init(reading bytes: [UInt8]) { self.bytes = bytes }

  func open(_ mode: Int, _ info: inout SF_INFO) -> OpaquePointer? {
    var functions = SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(SoundStream.of($0).bytes.count) },
      seek: { offset, whence, me in sf_count_t(SoundStream.of(me).seek(Int(offset), whence)) },
      read: { target, count, me in sf_count_t(SoundStream.of(me).read(target, Int(count))) },
      write: { source, count, me in sf_count_t(SoundStream.of(me).write(source, Int(count))) },
      tell: { sf_count_t(SoundStream.of($0).position) })
    return sf_open_virtual(&functions, Int32(mode), &info, Unmanaged.passUnretained(self).toOpaque())
  }

  private static func of(_ me: UnsafeMutableRawPointer?) -> SoundStream {
    Unmanaged<SoundStream>.fromOpaque(me!).takeUnretainedValue()
  }

  private func seek(_ offset: Int, _ whence: Int32) -> Int {
    let base = whence == Int32(SF_SEEK_CUR) ? position : whence == Int32(SF_SEEK_END) ? bytes.count : 0
    let (target, overflow) = base.addingReportingOverflow(offset)
    guard !overflow && target >= 0 else { return -1 }
    position = target
    return position
  }

  private func read(_ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard let target, position < bytes.count, count > 0 else { return 0 }
    let n = min(count, bytes.count - position)
    bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress! + position, byteCount: n) }
    position += n
    return n
  }

  private func write(_ source: UnsafeRawPointer?, _ count: Int) -> Int {
    guard let source, count > 0 else { return 0 }
    if position + count > bytes.count {
      bytes += [UInt8](repeating: 0, count: position + count - bytes.count)
    }
    bytes.withUnsafeMutableBytes { ($0.baseAddress! + position).copyMemory(from: source, byteCount: count) }
    position += count
    return count
  }
}
