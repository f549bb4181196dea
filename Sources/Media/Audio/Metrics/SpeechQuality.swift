/// How near synthesised speech comes to recordings of the same words at the same times, mean over pairs: the figures of
/// copy synthesis, recording to log-mel to sound.
public struct SpeechQuality: Equatable, Sendable, Codable {
  public let pairs: Int
  /// Nat.
  public let logMelDistance: Double
  public let spectralConvergence: Double
  /// Nat.
  public let logMagnitudeDistance: Double
  /// Root mean square over all frames of all pairs that have a pitch in both, cents.
  public let pitchCents: Double
  /// Share of frames that have a pitch in one only.
  public let voicingError: Double
  /// dB, without warping.
  public let cepstralDistortion: Double
  /// dB, after dynamic time warping.
  public let warpedCepstralDistortion: Double

  /// Compares pairs at the rate and with the frames of `mel`, up to the shorter one's end. NaN without pairs.
  public init(
    _ pairs: [(synthesised: Audio, recording: Audio)], mel: MelSpectrogram = .voice16k,
    pitch: PitchTracker = PitchTracker()
  ) throws(AudioError) {
    var sums = [Double](repeating: 0, count: 5)
    var contours: (synthesised: [Double?], recording: [Double?]) = ([], [])
    for pair in pairs {
      let a = try pair.synthesised.mono().resampled(to: mel.sampleRate)
      let b = try pair.recording.mono().resampled(to: mel.sampleRate)
      let (x, y) = (try mel(a), try mel(b))
      let spectra = SpectralDistance(a.samples, reference: b.samples)
      let figures = [
        LogMelComparison.absolute(x, y), spectra.convergence, spectra.logMagnitude,
        MelCepstralDistortion.aligned(x, y), MelCepstralDistortion.warped(x, y),
      ]
      for (i, figure) in figures.enumerated() { sums[i] += figure }
      let hop = mel.spectrogram.hop
      let f = pitch(a.samples, sampleRate: mel.sampleRate, hop: hop)
      let g = pitch(b.samples, sampleRate: mel.sampleRate, hop: hop)
      contours.synthesised += f.prefix(g.count)
      contours.recording += g.prefix(f.count)
    }
    let error = PitchError(contours.synthesised, reference: contours.recording)
    let means = sums.map { $0 / Double(pairs.count) }
    self.pairs = pairs.count
    (logMelDistance, spectralConvergence, logMagnitudeDistance) = (means[0], means[1], means[2])
    (cepstralDistortion, warpedCepstralDistortion) = (means[3], means[4])
    (pitchCents, voicingError) = (error.cents, error.voicing)
  }
}
