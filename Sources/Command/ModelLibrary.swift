import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepSpeech

/// Where model files are found: $ONESTEP_MODELS, the resources beside the executable, `../share/onestep`.
struct ModelLibrary {
  struct Entry: Equatable {
    let name: String
    let path: String
  }
  /// In the order of the folders; of two files of one name the first counts.
  let entries: [Entry]

  init(folders: [String]) {
    var seen = Set<String>()
    entries = folders.flatMap { folder -> [Entry] in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.sorted().filter { $0.hasSuffix(Self.suffix) && !$0.hasPrefix(".") }
        .map { Entry(name: String($0.dropLast(Self.suffix.count)), path: folder.appendingPath($0)) }
    }.filter { seen.insert($0.name).inserted }
  }

  static func standard() -> ModelLibrary {
    let images = executablePath.parentPath.appendingPath("OneStep_OneStepSuperResolution.resources/Resources")
    return ModelLibrary(folders: own + [images] + Voice.resourceFolders)
  }

  /// The folders of voices and the dictionary.
  static func speechFolders() -> [String] { own + Voice.resourceFolders }

  private static var own: [String] {
    ProcessInfo.processInfo.environment["ONESTEP_MODELS"].map { $0.isEmpty ? [] : [$0] } ?? []
  }

  /// The file of a name in the library, or of a path.
  func find(_ nameOrPath: String) throws(CommandError) -> Entry {
    let asPath = Entry(name: Self.name(ofFile: nameOrPath), path: nameOrPath)
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(Self.suffix) { return asPath }
    if let entry = entries.first(where: { $0.name == nameOrPath }) { return entry }
    if PathKind(nameOrPath) == .file { return asPath }
    let known = entries.map(\.name)
    throw .unknownModel(nameOrPath, closest: closestMatch(to: nameOrPath, in: known), known: known)
  }

  private static let suffix = ".safetensors"

  private static func name(ofFile path: String) -> String {
    let name = path.lastPathComponent
    return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
  }

  private static var executablePath: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { raw in
      readlink("/proc/self/exe", raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments[0]
  }
}

/// A model file in memory, its errors those of models.
func openModel(_ path: String) throws(ModelError) -> Checkpoint {
  do throws(CheckpointError) { return try Checkpoint(contentsOf: path) } catch { throw .unreadable(error) }
}
