import Glibc

/// Writing a file so that a reader sees the old one or the whole new one, never a part.
enum AtomicFile {
  /// What the system answered; `code` is its `errno`.
  struct Failure: Error { let code: Int32 }

  /// Writes `parts` one after another to a temporary file beside `path`, then renames it.
  static func write(_ parts: [[UInt8]], to path: String) throws(Failure) {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    do throws(Failure) {
      defer { close(descriptor) }
      for part in parts { try write(part, to: descriptor) }
      guard fchmod(descriptor, permissions(replacing: path)) == 0, fsync(descriptor) == 0 else {
        throw Failure(code: errno)
      }
    } catch {
      unlink(template)
      throw error
    }
    guard rename(template, path) == 0 else {
      let code = errno
      unlink(template)
      throw Failure(code: code)
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let result = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if result < 0 && errno == EINTR { continue }
      guard result > 0 else { throw Failure(code: result == 0 ? ENOSPC : errno) }
      written += result
    }
  }

  /// Those of the file to be replaced, else readable by all: temporary files begin as private.
  private static func permissions(replacing path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o644
  }
}
