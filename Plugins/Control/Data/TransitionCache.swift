import Foundation

/// A folder of ``TransitionFolder``s, each converted once from a file and mapped after: named by the SHA-256 of the file
/// and by the options it was read with.
public struct TransitionCache: Sendable {
  public let folder: String

  /// - Parameter folder: made when it is needed.
  public init(folder: String) { self.folder = folder }

  /// The steps of a file, converted now if they are not here. O(bytes of the file), for its SHA-256.
  ///
  /// A conversion that is damaged in its size or its table is made anew.
  public func folder(
    of path: String, options: DatasetOptions = DatasetOptions()
  ) throws(DatasetError) -> TransitionFolder {
    let source = try DatasetSource(path)
    if case .folder(let path) = source { return try TransitionFolder(path) }
    let digest = try FileDigest.sha256(ofFile: source.dataPath)
    let place = "\(folder)/\(digest.prefix(24))-\(options.name)"
    if let stored = try? TransitionFolder(place), stored.meta.origin.source == digest,
      stored.meta.origin.options == options
    {
      return stored
    }
    let transitions = try Transitions(contentsOf: path, options: options)
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw .unwritable(path: folder, reason: error.localizedDescription)
    }
    try? FileManager.default.removeItem(atPath: place)
    let origin = TransitionFolder.Origin(source: digest, options: options)
    do throws(DatasetError) { return try TransitionFolder(writing: transitions, to: place, origin: origin) } catch {
      // Another process may have been faster.
      if let stored = try? TransitionFolder(place) { return stored }
      throw error
    }
  }
}

extension DatasetOptions {
  fileprivate var name: String { "\(stepLimit)\(usesNextReward ? "-next-reward" : "")" }
}
