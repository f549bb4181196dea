import OneStepMedia

/// A speaker: an acoustic model, the vocoder that makes its frames heard, and the front end that reads for it.
///
/// ```swift
/// let voice = try Voice.standard()
/// let speech = try voice.speak("The parcel cost $3.50.")
/// try speech.audio.write(to: "parcel.wav")
/// ```
public struct Voice: Sendable {
  /// The name of its file without "voice-" and the extension.
  public let name: String
  public let acoustic: CoMoSpeechModel
  /// `nil` where there is none: the sound is then found by ``GriffinLim``, which needs no weights.
  public let vocoder: (any Vocoder)?
  public let frontEnd: FrontEnd
  /// What the acoustic model makes and the vocoder takes.
  public let features: MelSpectrogram
  /// Hz.
  public var sampleRate: Int { features.sampleRate }

  public init(
    name: String, acoustic: CoMoSpeechModel, vocoder: (any Vocoder)?, frontEnd: FrontEnd
  ) throws(VoiceError) {
    let c = acoustic.network.configuration
    guard c.encoder.symbols >= PhoneSymbols.count else {
      throw .symbols(file: name, known: c.encoder.symbols, needed: PhoneSymbols.count)
    }
    if let vocoder, !Self.fits(vocoder.features, c) {
      throw .features(
        vocoder: vocoder.card.architecture, wanted: Self.text(c.sampleRate, c.hop, c.encoder.mels),
        found: Self.text(vocoder.features))
    }
    (self.name, self.acoustic, self.vocoder, self.frontEnd) = (name, acoustic, vocoder, frontEnd)
    features = vocoder?.features ?? Self.usualFeatures(c)
  }

  static func fits(_ features: MelSpectrogram, _ c: CoMoSpeech.Configuration) -> Bool {
    features.sampleRate == c.sampleRate && features.spectrogram.hop == c.hop && features.bands == c.encoder.mels
  }

  static func text(_ features: MelSpectrogram) -> String {
    text(features.sampleRate, features.spectrogram.hop, features.bands)
  }

  static func text(_ rate: Int, _ hop: Int, _ bands: Int) -> String {
    "\(bands) bands every \(hop) samples at \(rate) Hz"
  }

  /// The recipe of HiFi-GAN at the model's rate: four hops a frame, up to 8 kHz.
  private static func usualFeatures(_ c: CoMoSpeech.Configuration) -> MelSpectrogram {
    MelSpectrogram(
      sampleRate: c.sampleRate, spectrogram: Spectrogram(size: 4 * c.hop, hop: c.hop), bands: c.encoder.mels,
      highest: min(8000, Double(c.sampleRate) / 2))
  }
}
