import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

func systemMessage(_ code: Int32) -> String {
  String(cString: strerror(code))
}

/// All bytes of a file. A folder, or anything else that cannot be read, throws.
func readFile(_ path: String) throws(MediaError) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw .unreadable(path: path, code: errno) }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw .unreadable(path: path, code: errno) }
  if status.st_mode & S_IFMT == S_IFDIR { throw .unreadable(path: path, code: EISDIR) }

  var bytes = [UInt8]()
  var step = max(Int(status.st_size), 1 << 16) + 1  // one more, to meet the end at once
  while true {
    var code: Int32 = 0
    let part = [UInt8](unsafeUninitializedCapacity: step) { buffer, count in
      while count < step {
        let got = read(file, buffer.baseAddress! + count, step - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { code = errno }
        if got <= 0 { break }
        count += got
      }
    }
    if code != 0 { throw .unreadable(path: path, code: code) }
    if bytes.isEmpty { bytes = part } else { bytes += part }
    if part.count < step { return bytes }
    step = 1 << 20
  }
}

/// A file that appears under its name only when it is complete.
///
/// It is written under a temporary name in the same folder. `commit` renames it; without that the
/// part that was written is removed. A name that leads to a device or a pipe is written directly.
struct PendingFile: ~Copyable {
  private static let serial = Atomic<Int>(0)

  let path: String
  let temporaryPath: String
  /// Whether the name leads to a device or a pipe.
  let isDirect: Bool
  private var committed = false

  init(path: String) {
    self.path = path
    var status = stat()
    if stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG {
      isDirect = true
      temporaryPath = path
      return
    }
    isDirect = false
    let target = PendingFile.resolved(path)  // a symbolic link stays one
    let number = PendingFile.serial.add(1, ordering: .relaxed).newValue
    let slash = target.lastIndex(of: "/")
    let folder = slash.map { target[...$0] } ?? ""
    let name = slash.map { target[target.index(after: $0)...] } ?? target[...]
    temporaryPath = "\(folder).\(name.prefix(100)).\(getpid())-\(number).part"
  }

  /// Gives the file its name.
  mutating func commit() throws(MediaError) {
    committed = true
    if isDirect { return }
    if rename(temporaryPath, PendingFile.resolved(path)) != 0 {
      let reason = systemMessage(errno)
      unlink(temporaryPath)
      throw .unwritable(path: path, reason: reason)
    }
  }

  deinit {
    if !committed && !isDirect { unlink(temporaryPath) }
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }
}

/// Writes a whole file, complete or not at all.
func writeFile(_ bytes: [UInt8], to path: String) throws(MediaError) {
  var pending = PendingFile(path: path)
  let file = open(pending.temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard file >= 0 else { throw .unwritable(path: path, reason: systemMessage(errno)) }
  var code: Int32 = 0
  bytes.withUnsafeBytes { buffer in
    var written = 0
    while written < buffer.count {
      let step = write(file, buffer.baseAddress! + written, buffer.count - written)
      if step < 0 && errno == EINTR { continue }
      if step < 0 {
        code = errno
        break
      }
      written += step
    }
  }
  if close(file) != 0 && code == 0 { code = errno }
  if code != 0 { throw .unwritable(path: path, reason: systemMessage(code)) }
  try pending.commit()
}
