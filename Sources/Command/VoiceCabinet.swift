import OneStepFlow
import OneStepNetworks
import OneStepSpeech

/// Voices that were opened, each once; one dictionary for all.
final class VoiceCabinet {
  private let frontEnd: FrontEnd, vocoder: String?
  private var opened: [String?: Voice] = [:]

  /// - Parameter vocoder: a file for all voices, "griffin-lim" for none, or each voice's own.
  init(frontEnd: FrontEnd, vocoder: String? = nil) { (self.frontEnd, self.vocoder) = (frontEnd, vocoder) }

  /// A voice by its name or its path; the usual one where nothing is said.
  func voice(_ name: String?) throws -> Voice {
    if let found = opened[name] { return found }
    let path = try Self.path(name)
    var voice = try Voice(
      contentsOf: path, vocoder: vocoder == Self.griffinLim ? nil : vocoder, frontEnd: frontEnd)
    if vocoder == Self.griffinLim {
      voice = try Voice(name: voice.name, acoustic: voice.acoustic, vocoder: nil, frontEnd: frontEnd)
    }
    opened[name] = voice
    return voice
  }

  /// The voices that markup asks for by name, among those with a name.
  func voices(of script: Script) throws -> [String: Voice] {
    let known = Set(Voice.names(in: ModelLibrary.speechFolders()))
    return try Dictionary(
      uniqueKeysWithValues: script.voiceNames.filter(known.contains).map { ($0, try voice($0)) })
  }

  private static let griffinLim = "griffin-lim"

  private static func path(_ name: String?) throws(VoiceError) -> String {
    guard let name, name.contains("/") || name.hasSuffix(".safetensors") else {
      return try Voice.path(named: name, in: ModelLibrary.speechFolders())
    }
    return name
  }
}

/// `tts --list-voices`.
struct VoiceList {
  let json: Bool

  struct Line: Encodable {
    let voice: String, path: String, sampleRate: Int, purpose: String
  }

  func run() throws {
    let folders = ModelLibrary.speechFolders()
    let names = Voice.names(in: folders)
    if names.isEmpty { throw VoiceError.noVoices(folders: folders) }
    for name in names {
      let path = try Voice.path(named: name, in: folders)
      let model = try CoMoSpeech.load(openModel(path))
      let line = Line(
        voice: name, path: path, sampleRate: model.network.configuration.sampleRate, purpose: model.card.purpose)
      if json {
        try Console.writeJSON(line)
      } else {
        let padded = name.padding(toLength: max(12, name.count), withPad: " ", startingAt: 0)
        try Console.writeLine("\(padded) \(line.sampleRate) Hz. \(line.purpose)")
      }
    }
  }
}
