import Foundation

extension TransitionFolder {
  /// Writes steps as a new folder, complete or not at all, and maps it.
  /// - Throws: ``DatasetError/unwritable(path:reason:)``, also where the folder exists.
  @discardableResult
  public init(writing transitions: Transitions, to path: String, origin: Origin = Origin()) throws(DatasetError) {
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
    guard mkdir(temporary, 0o777) == 0 else { throw Self.unwritable(path) }
    do throws(DatasetError) {
      try Self.write(transitions, temporary, origin)
      // A folder with something in it is not replaced.
      guard rename(temporary, path) == 0 else { throw Self.unwritable(path) }
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
    try self.init(path)
  }

  private static func write(_ transitions: Transitions, _ folder: String, _ origin: Origin) throws(DatasetError) {
    var meta = Meta()
    (meta.observationSize, meta.actionSize) = (transitions.observationSize, transitions.actionSize)
    (meta.steps, meta.episodes) = (transitions.count, transitions.episodeStarts.count)
    if transitions.count > 0 { meta.standardization = Standardization(of: transitions) }
    meta.origin = origin
    let columns = [
      ("obs.f32", transitions.observations), ("act.f32", transitions.actions), ("rew.f32", transitions.rewards),
      ("next.f32", transitions.nextObservations),
    ]
    for (name, column) in columns {
      meta.files[name] = try column.withUnsafeBufferPointer { values throws(DatasetError) in
        try write(UnsafeRawBufferPointer(values), "\(folder)/\(name)")
      }
    }
    let flags = zip(transitions.isTerminal, transitions.isCut).map { UInt8($0 ? 1 : 0) | UInt8($1 ? 2 : 0) }
    meta.files["flags.u8"] = try writeArray(flags, "\(folder)/flags.u8")
    let starts = transitions.episodeStarts.map { UInt64($0).littleEndian }
    meta.files["episodes.u64"] = try writeArray(starts, "\(folder)/episodes.u64")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    guard let json = try? encoder.encode(meta) else {
      throw .unwritable(path: folder, reason: "its statistics are not finite")
    }
    _ = try writeArray(Array(json), "\(folder)/\(metaName)")
  }

  private static func writeArray<Element>(_ array: [Element], _ path: String) throws(DatasetError) -> Blob {
    try array.withUnsafeBufferPointer { values throws(DatasetError) in
      try write(UnsafeRawBufferPointer(values), path)
    }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(DatasetError) -> Blob {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw unwritable(path) }
    var done = 0, failed = false
    while done < bytes.count && !failed {
      let step = Glibc.write(file, bytes.baseAddress! + done, bytes.count - done)
      if step >= 0 { done += step } else { failed = errno != EINTR }
    }
    let error = failed ? unwritable(path) : nil
    guard close(file) == 0, error == nil else { throw error ?? unwritable(path) }
    return Blob(bytes: bytes.count, sha256: FileDigest.sha256(of: bytes))
  }

  private static func unwritable(_ path: String) -> DatasetError {
    .unwritable(path: path, reason: String(cString: strerror(errno)))
  }
}
