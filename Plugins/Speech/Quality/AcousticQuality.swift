import OneStepFlow
import OneStepMedia

/// How near the mels that a model speaks come to those of recordings of the same texts, mean over clips.
public struct AcousticQuality: Equatable, Sendable, Codable {
  public let clips: Int
  /// Mel-cepstral distortion after dynamic time warping, dB.
  public let distortion: Double
  /// The same when the recording's own phone times are given; nil where none are known.
  public let timedDistortion: Double?
  /// |T' - T| / T of utterances of T frames.
  public let lengthError: Double

  /// - Parameters:
  ///   - utterances: as they are learnt from, of clips that were not.
  ///   - options: how the model speaks; every utterance with a seed of its own.
  public init(_ model: CoMoSpeechModel, _ utterances: [TrainingUtterance], _ options: SpeakingOptions) throws {
    var (warped, timed, lengths) = ([Double](), [Double](), [Double]())
    for (index, utterance) in utterances.enumerated() {
      var own = options
      own.seed = options.seed &+ UInt64(index)
      let frames = utterance.mel.shape[0]
      let spoken = try model(utterance.ids, own)
      warped.append(MelCepstralDistortion.warped(spoken.mel, utterance.mel))
      lengths.append(abs(Double(spoken.mel.shape[0] - frames)) / Double(frames))
      guard let durations = utterance.durations else { continue }
      own.durations = Dictionary(uniqueKeysWithValues: durations.enumerated().map { ($0, $1) })
      timed.append(MelCepstralDistortion.aligned(try model(utterance.ids, own).mel, utterance.mel))
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    clips = utterances.count
    (distortion, lengthError) = (mean(warped), mean(lengths))
    timedDistortion = timed.isEmpty ? nil : mean(timed)
  }
}
