import OneStepFlow
import OneStepMedia
import OneStepTensors

/// A network that turns log-mel spectrograms into sound.
public protocol Vocoder: LoadedModel {
  /// The features it was trained on.
  var features: MelSpectrogram { get }
  /// Frames on either side of a sample's own that can change the sample.
  var reach: Int { get }
  /// Log-mel `[N, T, bands]` to signals `[N, L]` in about [-1, 1]; L is ``samples(frames:)``.
  func waveform(_ mel: Tensor) -> Tensor
  /// Samples made of `frames` frames.
  func samples(frames: Int) -> Int
}

extension Vocoder {
  public func samples(frames: Int) -> Int { features.spectrogram.sampleCount(frames: frames) }

  /// The sound of a log-mel `[1, T, bands]` or `[T, bands]`.
  public func callAsFunction(_ mel: Tensor) -> Audio {
    let rows = mel.rank == 2 ? mel.reshaped([1] + mel.shape) : mel
    return Audio(samples: waveform(rows).floats, sampleRate: features.sampleRate)
  }

  /// A recording taken apart and put together again: the ceiling of any system that ends in this vocoder.
  public func copySynthesis(_ audio: Audio) throws(AudioError) -> Audio { self(try features(audio)) }
}
