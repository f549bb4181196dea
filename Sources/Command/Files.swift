import Foundation
import OneStepMedia

/// What a path leads to.
enum PathKind {
  case missing, file, folder
  /// A device or a pipe.
  case other

  init(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      self = .missing
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .other
    }
  }
}

extension String {
  var lastPathComponent: String { split(separator: "/").last.map(String.init) ?? self }

  /// Everything before the last component; "." when there is nothing.
  var parentPath: String {
    var path = self[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The name without its extension.
  var pathStem: String {
    let name = lastPathComponent
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  func appendingPath(_ name: String) -> String { hasSuffix("/") ? self + name : self + "/" + name }
}

/// Image files (by extension) of a folder, sorted by name, hidden ones left out.
func imageFiles(in folder: String, recursive: Bool = false) throws(MediaError) -> [String] {
  guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
    throw .unreadable(path: folder, code: errno == 0 ? EACCES : errno)
  }
  var found: [String] = []
  for name in names.sorted() where !name.hasPrefix(".") {
    let path = folder.appendingPath(name)
    switch PathKind(path) {
    case .folder: if recursive { found += try imageFiles(in: path, recursive: true) }
    case .file: if ImageFormat(path: path) != nil { found.append(path) }
    case .missing, .other: break
    }
  }
  return found
}

/// Fails where a result could not be written, before it is computed.
func checkOutput(_ path: String, force: Bool) throws {
  switch PathKind(path) {
  case .folder: throw CommandError.outputIsFolder(path)
  case .file:
    if !force { throw CommandError.outputExists(path) }
    try checkWritable(path)
  case .missing: try checkWritable(path)
  case .other: break
  }
}

/// Fails early where a file could not be created, before anything is computed for it.
func checkWritable(_ path: String) throws(MediaError) {
  let folder = path.parentPath
  var code: Int32 = 0
  switch PathKind(folder) {
  case .folder: if access(folder, W_OK) != 0 { code = errno }
  case .missing:
    var status = stat()
    code = stat(folder, &status) == 0 ? 0 : errno
  case .file, .other: code = ENOTDIR
  }
  if code != 0 { throw .unwritable(path: path, reason: String(cString: strerror(code))) }
}

/// Makes a folder and those above it; one that exists is fine.
func makeFolder(_ path: String) throws {
  if PathKind(path) == .file || PathKind(path) == .other { throw CommandError.notAFolder(path) }
  do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
    throw MediaError.unwritable(path: path, reason: reason(error))
  }
}

/// A small text file that appears whole or not at all.
func writeText(_ text: String, to path: String) throws(MediaError) {
  do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
    throw .unwritable(path: path, reason: reason(error))
  }
}

/// The bytes of a text file.
func readBytes(_ path: String) throws(MediaError) -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw .unreadable(path: path, code: PathKind(path) == .folder ? EISDIR : errno == 0 ? EACCES : errno)
  }
  return Array(data)
}

/// Text of bytes that have to be UTF-8.
func utf8(_ bytes: [UInt8], name: String) throws(CommandError) -> String {
  guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(name: name) }
  return text
}

private func reason(_ error: any Error) -> String {
  let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
  if let underlying, underlying.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(underlying.code))) }
  return (error as NSError).localizedDescription
}
