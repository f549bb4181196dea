import Foundation

/// How recorded steps can be stored.
public enum DatasetFormat: String, Sendable, Codable, CaseIterable {
  /// One HDF5 file of flat arrays (Fu et al. 2020).
  case d4rl
  /// One HDF5 file with a group for each episode, or the folder around it.
  case minari
  /// Lines of numbers under a header.
  case csv
  /// A JSON object on each line.
  case jsonLines = "json-lines"
  /// A folder of raw arrays: see ``TransitionFolder``.
  case folder
}

/// A file or folder by what it holds; extensions are asked only where the content leaves it open.
enum DatasetSource {
  case hdf5(path: String)
  case csv(path: String)
  case jsonLines(path: String)
  case folder(path: String)

  init(_ path: String) throws(DatasetError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(path: path, code: errno) }
    if status.st_mode & S_IFMT == S_IFDIR {
      self = try Self.inside(path)
      return
    }
    let start = try Self.firstBytes(path)
    if start.starts(with: Self.hdf5) {
      self = .hdf5(path: path)
    } else {
      self = try Self.text(path, start)
    }
  }

  /// The file whose SHA-256 stands for the steps.
  var dataPath: String {
    switch self {
    case .hdf5(let path), .csv(let path), .jsonLines(let path): path
    case .folder(let path): "\(path)/\(TransitionFolder.metaName)"
    }
  }

  private static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  private static func inside(_ folder: String) throws(DatasetError) -> DatasetSource {
    if access("\(folder)/\(TransitionFolder.metaName)", F_OK) == 0 { return .folder(path: folder) }
    for data in ["\(folder)/data", folder] {
      let path = "\(data)/main_data.hdf5"
      if access(path, F_OK) == 0 {
        guard try firstBytes(path).starts(with: hdf5) else { throw .foreign(path: path, .unknown) }
        return .hdf5(path: path)
      }
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/data")) ?? []
    if names.contains(where: { $0.hasSuffix(".arrow") || $0 == "0" }) { throw .foreign(path: folder, .arrow) }
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
    throw .missing(path: folder, key: "data/main_data.hdf5", found: found)
  }

  private static func text(_ path: String, _ start: [UInt8]) throws(DatasetError) -> DatasetSource {
    let signatures: [([UInt8], DatasetError.ForeignContent)] = [
      (Array("version https://git-lfs".utf8), .pointer), (Array("PK".utf8), .zip), ([0x1F, 0x8B], .gzip),
      ([0x93] + Array("NUMPY".utf8), .numpy), ([0x80, 2], .pickle), ([0x80, 3], .pickle), ([0x80, 4], .pickle),
      ([0x80, 5], .pickle), (Array("ARROW1".utf8), .arrow), (Array("PAR1".utf8), .arrow),
    ]
    if start.isEmpty { throw .foreign(path: path, .empty) }
    for (signature, content) in signatures where start.starts(with: signature) {
      throw .foreign(path: path, content)
    }
    let bytes = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start[3...] : start[...]
    guard let first = bytes.first(where: { $0 > 0x20 }), !bytes.contains(0) else {
      throw .foreign(path: path, .unknown)
    }
    if first == UInt8(ascii: "<") { throw .foreign(path: path, .page) }
    if first == UInt8(ascii: "{") { return .jsonLines(path: path) }
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    if path.hasSuffix(".csv") || line.contains(UInt8(ascii: ",")) { return .csv(path: path) }
    throw .foreign(path: path, .unknown)
  }

  private static func firstBytes(_ path: String) throws(DatasetError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable(path: path, code: errno) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { throw .unreadable(path: path, code: errno) }
    return Array(bytes.prefix(count))
  }
}
