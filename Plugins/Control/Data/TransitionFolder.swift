import Foundation

/// Steps as a folder of raw arrays that are mapped, not read: `meta.json`, little-endian 32-bit floats `obs.f32`,
/// `act.f32`, `rew.f32` and `next.f32`, `flags.u8` (bit 0 true end, bit 1 cut) and `episodes.u64` (first rows).
public struct TransitionFolder: Sendable {
  /// What is known of the steps beside their numbers.
  public struct Meta: Sendable, Codable, Equatable {
    /// Of the layout.
    public var version = 1
    public var observationSize = 0
    public var actionSize = 0
    public var steps = 0
    public var episodes = 0
    /// Of the observations.
    public var standardization: Standardization?
    /// Where the steps come from.
    public var origin = Origin()
    /// Size and SHA-256 of every file.
    public var files: [String: Blob] = [:]
  }

  /// Where steps come from; all is optional.
  public struct Origin: Sendable, Codable, Equatable {
    public var environment: String?
    public var reference: ReferenceReturns?
    /// What made the steps: a policy, with its seed.
    public var generator: String?
    public var seed: UInt64?
    /// The physics library and its version.
    public var physics: String?
    /// SHA-256 of the file that was converted, and how it was understood.
    public var source: String?
    public var options: DatasetOptions?

    public init(
      environment: String? = nil, reference: ReferenceReturns? = nil, generator: String? = nil, seed: UInt64? = nil,
      physics: String? = nil, source: String? = nil, options: DatasetOptions? = nil
    ) {
      (self.environment, self.reference, self.generator, self.seed) = (environment, reference, generator, seed)
      (self.physics, self.source, self.options) = (physics, source, options)
    }
  }

  public struct Blob: Sendable, Codable, Equatable {
    public var bytes: Int
    public var sha256: String
  }

  static let metaName = "meta.json"
  static let blobNames = ["obs.f32", "act.f32", "rew.f32", "next.f32", "flags.u8", "episodes.u64"]

  public let path: String
  public let meta: Meta
  /// The steps, in the mapped files.
  public let transitions: Transitions

  /// Maps a folder; sizes are checked, contents by ``verify()``.
  public init(_ path: String) throws(DatasetError) {
    let metaPath = "\(path)/\(Self.metaName)"
    guard let data = FileManager.default.contents(atPath: metaPath) else {
      throw .unreadable(path: metaPath, code: access(metaPath, R_OK) == 0 ? EIO : errno)
    }
    guard let meta = try? JSONDecoder().decode(Meta.self, from: data), meta.isSane else {
      throw .damaged(path: path, key: Self.metaName, reason: "it does not describe version 1 of such a folder")
    }
    (self.path, self.meta) = (path, meta)
    transitions = try Self.map(path, meta)
  }

  /// Compares the files with their recorded SHA-256. O(bytes).
  public func verify() throws(DatasetError) {
    for name in Self.blobNames where try FileDigest.sha256(ofFile: "\(path)/\(name)") != meta.files[name]?.sha256 {
      throw .damaged(path: path, key: name, reason: "its SHA-256 is not the recorded one")
    }
  }

  private static func map(_ path: String, _ meta: Meta) throws(DatasetError) -> Transitions {
    var maps: [String: MappedFile] = [:]
    for (name, bytes) in zip(blobNames, meta.blobBytes) {
      let file = try MappedFile("\(path)/\(name)")
      guard file.bytes.count == bytes else {
        throw .damaged(path: path, key: name, reason: "it has \(file.bytes.count) bytes, not \(bytes)")
      }
      maps[name] = file
    }
    let starts = withExtendedLifetime(maps["episodes.u64"]!) {
      (0..<meta.episodes).map {
        Int(clamping: UInt64(littleEndian: maps["episodes.u64"]!.bytes.load(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
    let isRising = zip(starts, starts.dropFirst()).allSatisfy { $0 < $1 }
    guard isRising, starts.first ?? 0 == 0, starts.last ?? 0 < max(meta.steps, 1), starts.isEmpty == (meta.steps == 0)
    else { throw .damaged(path: path, key: "episodes.u64", reason: "its rows do not rise from 0") }
    let flags = withExtendedLifetime(maps["flags.u8"]!) { Array(maps["flags.u8"]!.bytes) }
    return Transitions(
      observationSize: meta.observationSize, actionSize: meta.actionSize,
      observations: TransitionColumn(mapping: maps["obs.f32"]!), actions: TransitionColumn(mapping: maps["act.f32"]!),
      rewards: TransitionColumn(mapping: maps["rew.f32"]!),
      nextObservations: TransitionColumn(mapping: maps["next.f32"]!),
      isTerminal: flags.map { $0 & 1 != 0 }, episodeStarts: starts,
      lastEpisodeIsOpen: flags.last.map { $0 & 3 == 0 } ?? false)
  }
}

extension TransitionFolder.Meta {
  fileprivate var isSane: Bool {
    version == 1 && (1...1 << 20).contains(observationSize) && (1...1 << 20).contains(actionSize)
      && (0...1 << 36).contains(steps) && (0...steps).contains(episodes)
  }

  /// Of the files in the order of `blobNames`.
  fileprivate var blobBytes: [Int] {
    [4 * steps * observationSize, 4 * steps * actionSize, 4 * steps, 4 * steps * observationSize, steps, 8 * episodes]
  }
}
