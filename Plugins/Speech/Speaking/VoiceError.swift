/// Why a voice could not be opened.
public enum VoiceError: Error, Equatable, CustomStringConvertible {
  /// The file holds something else than an acoustic model of speech.
  case notAcoustic(file: String, architecture: String)
  case notVocoder(file: String, architecture: String)
  /// A vocoder of other features than the acoustic model makes.
  case features(vocoder: String, wanted: String, found: String)
  /// The front end writes more symbols than the model reads.
  case symbols(file: String, known: Int, needed: Int)
  /// Weights as others published them, which read symbols of their own.
  case published(file: String)
  case unknown(String, known: [String])
  case noVoices(folders: [String])

  public var description: String {
    switch self {
    case .notAcoustic(let file, let architecture):
      "\(file): is a model of architecture \(architecture), which makes no mel frames from text; "
        + "give a \(CoMoSpeech.id) model as the voice"
    case .notVocoder(let file, let architecture):
      "\(file): is a model of architecture \(architecture), no vocoder; give one of \(ISTFTVocoder.id), \(HiFiGAN.id)"
    case .features(let vocoder, let wanted, let found):
      "\(vocoder): is a vocoder for \(found), and the voice makes \(wanted); give one that was trained on the same features"
    case .symbols(let file, let known, let needed):
      "\(file): reads \(known) symbols, and the text is written in \(needed); was it trained with another front end?"
    case .published(let file):
      "\(file): published weights, which read symbols of their own; train or fine-tune a voice of this package"
    case .unknown(let name, let known):
      "no voice is called \(name); known here: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
    case .noVoices(let folders):
      "no voice-NAME.safetensors in \(folders.joined(separator: ", ")); install one, or give a voice's file"
    }
  }
}
