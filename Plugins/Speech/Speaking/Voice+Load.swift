import Foundation
import OneStepFlow
import OneStepNetworks

extension FrontEnd {
  /// The front end with the dictionary of the first of the folders that has one.
  public static func standard(
    user: UserLexicon? = nil, in folders: [String] = Voice.resourceFolders
  ) throws(LexiconError) -> FrontEnd {
    let folder = folders.first { FileManager.default.fileExists(atPath: $0 + "/cmudict.lexicon") }
    return try FrontEnd(folder: folder ?? folders.last ?? ".", user: user)
  }
}

extension Voice {
  /// Opens a voice's file and its vocoder: the one given; else `NAME-vocoder.safetensors` beside `NAME.safetensors`; else
  /// the first vocoder beside it, by name, that takes its features; else none.
  public init(contentsOf path: String, vocoder: String? = nil, frontEnd: FrontEnd) throws {
    let url = URL(fileURLWithPath: path), stem = url.deletingPathExtension().lastPathComponent
    let acoustic = try Self.acoustic(path)
    let found =
      try vocoder.map { try Self.vocoder($0, acoustic.network.configuration) }
      ?? Self.companion(of: stem, in: url.deletingLastPathComponent().path, acoustic.network.configuration)
    try self.init(
      name: stem.hasPrefix(Self.prefix) ? String(stem.dropFirst(Self.prefix.count)) : stem, acoustic: acoustic,
      vocoder: found, frontEnd: frontEnd)
  }

  // MARK: Shipped voices

  private static let prefix = "voice-", suffix = ".safetensors", ending = "-vocoder"
  /// The order in which a voice is chosen where none is named; others follow by name.
  private static let preferred = ["slt"]

  /// Where the package's voices and dictionary are: beside the executable, and `../share/onestep`.
  public static var resourceFolders: [String] {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
    return [
      folder.appendingPathComponent("OneStep_OneStepSpeech.resources/Resources").path,
      folder.deletingLastPathComponent().appendingPathComponent("share/onestep").path,
    ]
  }

  /// Names of the voices in folders, the preferred ones first.
  public static func names(in folders: [String] = resourceFolders) -> [String] {
    let files = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    let names = Set(
      files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) && !$0.hasSuffix(ending + suffix) }
        .map { String($0.dropFirst(prefix.count).dropLast(suffix.count)) })
    return preferred.filter(names.contains) + names.subtracting(preferred).sorted()
  }

  /// A voice that comes with the package.
  /// - Parameters:
  ///   - name: the first of ``names(in:)`` where `nil`.
  ///   - user: pronunciations that go before the dictionary's.
  public static func standard(
    named name: String? = nil, user: UserLexicon? = nil, in folders: [String] = resourceFolders
  ) throws -> Voice {
    try Voice(contentsOf: path(named: name, in: folders), frontEnd: .standard(user: user, in: folders))
  }

  /// `voice-NAME.safetensors` in the first of the folders that has it; the preferred one where `name` is `nil`.
  public static func path(
    named name: String? = nil, in folders: [String] = resourceFolders
  ) throws(VoiceError) -> String {
    let known = names(in: folders)
    guard let first = known.first else { throw VoiceError.noVoices(folders: folders) }
    let wanted = name ?? first, file = prefix + wanted + suffix
    guard let folder = folders.first(where: { FileManager.default.fileExists(atPath: $0 + "/" + file) }) else {
      throw VoiceError.unknown(wanted, known: known)
    }
    return folder + "/" + file
  }

  // MARK: Files

  private static func checkpoint(_ path: String) throws(ModelError) -> Checkpoint {
    do throws(CheckpointError) { return try Checkpoint(contentsOf: path) } catch { throw .unreadable(error) }
  }

  /// The architecture of a file: one of speech, or what its card says.
  private static func architecture(
    of checkpoint: Checkpoint
  ) throws(ModelError) -> (id: String, type: (any Architecture.Type)?) {
    if let known = SpeechPlugin.architectures.first(where: { $0.detects(checkpoint) }) { return (known.id, known) }
    guard !ModelCard.isPresent(in: checkpoint) else { return (try ModelCard(of: checkpoint).architecture, nil) }
    throw .unknownArchitecture(
      file: checkpoint.name, firstTensor: checkpoint.names.first ?? "none",
      known: SpeechPlugin.architectures.map { $0.id })
  }

  private static func isVocoder<A: Architecture>(_ type: A.Type) -> Bool { A.Loaded.self is any Vocoder.Type }
  private static func load<A: Architecture>(
    _ type: A.Type, _ file: Checkpoint
  ) throws(ModelError) -> any LoadedModel { try A.load(file) }

  private static func acoustic(_ path: String) throws -> CoMoSpeechModel {
    let file = try checkpoint(path), (id, type) = try architecture(of: file)
    guard let type, !isVocoder(type) else { throw VoiceError.notAcoustic(file: file.name, architecture: id) }
    guard ModelCard.isPresent(in: file) else { throw VoiceError.published(file: file.name) }
    guard let model = try load(type, file) as? CoMoSpeechModel else {
      throw VoiceError.notAcoustic(file: file.name, architecture: id)
    }
    return model
  }

  private static func vocoder(_ path: String, _ c: CoMoSpeech.Configuration) throws -> any Vocoder {
    let file = try checkpoint(path), (id, type) = try architecture(of: file)
    guard let type, isVocoder(type), let model = try load(type, file) as? any Vocoder else {
      throw VoiceError.notVocoder(file: file.name, architecture: id)
    }
    guard fits(model.features, c) else {
      throw VoiceError.features(
        vocoder: file.name, wanted: text(c.sampleRate, c.hop, c.encoder.mels), found: text(model.features))
    }
    return model
  }

  private static func companion(
    of stem: String, in folder: String, _ c: CoMoSpeech.Configuration
  ) throws -> (any Vocoder)? {
    let own = folder + "/" + stem + ending + suffix
    if FileManager.default.fileExists(atPath: own) { return try vocoder(own, c) }
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    // A file that cannot be used is one more that does not fit: nobody asked for it.
    for file in files where file.hasSuffix(suffix) && file != stem + suffix && !file.hasPrefix(".") {
      if let fitting = try? vocoder(folder + "/" + file, c) { return fitting }
    }
    return nil
  }
}
