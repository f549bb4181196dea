import OneStepMedia
import OneStepTensors

/// A vocoder that speaks while frames still arrive. Pieces overlap by the network's reach, so their samples are those of
/// the whole, whatever the pieces' lengths: bit for bit with ``ISTFTVocoder``, and up to rounding with ``HiFiGAN``.
public struct VocoderStream: Sendable {
  private let vocoder: any Vocoder
  /// Frames that must follow a sample before it is certain.
  var reach: Int { vocoder.reach }
  /// Frames that a piece adds at least.
  private let piece: Int
  /// Log-mel frames from `first` on, `[1, T, bands]`.
  private var pending: Tensor?
  private var first = 0
  private var received: Int { first + (pending?.shape[1] ?? 0) }
  /// Samples given out so far.
  private var emitted = 0

  /// - Parameter piece: frames a piece; longer ones cost less and come later.
  public init(_ vocoder: any Vocoder, piece: Int = 32) {
    (self.vocoder, self.piece) = (vocoder, max(1, piece))
  }

  /// Takes frames `[1, T, bands]` and gives the samples that no later frame can change.
  public mutating func append(_ mel: Tensor) -> [Float] {
    take(mel)
    let certain = received - vocoder.reach
    let hop = vocoder.features.spectrogram.hop
    return certain * hop - emitted >= piece * hop ? emit(upTo: certain * hop) : []
  }

  /// The rest.
  public mutating func finish() -> [Float] { emit(upTo: vocoder.samples(frames: received)) }

  /// Takes the last frames, `[1, T, bands]`, and gives all the rest in one piece.
  public mutating func finish(_ mel: Tensor) -> [Float] {
    take(mel)
    return finish()
  }

  private mutating func take(_ mel: Tensor) {
    pending = pending.map { Tensor.concatenated([$0, mel], axis: 1) } ?? mel
  }

  private mutating func emit(upTo end: Int) -> [Float] {
    guard let mel = pending, end > emitted else { return [] }
    let hop = vocoder.features.spectrogram.hop
    let sound = vocoder.waveform(mel)
    let result = sound.sliced(axis: 1, (emitted - first * hop)..<(end - first * hop)).floats
    emitted = end
    let keep = max(first, end / hop - vocoder.reach)
    pending = mel.sliced(axis: 1, (keep - first)..<mel.shape[1])
    first = keep
    return result
  }
}
