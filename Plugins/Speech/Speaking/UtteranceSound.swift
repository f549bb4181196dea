import Foundation
import OneStepMedia
import OneStepTensors

/// The sound of one utterance, made in pieces.
///
/// Frames are padded at their end to a multiple of ``multiple`` and pieces have few lengths, since arithmetic is prepared
/// anew for every new one; what is too much is dropped.
struct UtteranceSound: Sendable {
  private enum Rest {
    /// Frames `[1, T, M]` that the stream has not got, the first at `taken`.
    case frames(VocoderStream, Tensor, taken: Int)
    case samples([Float])
    case nothing
  }

  static let multiple = 32
  /// Samples in all.
  let count: Int
  /// For every symbol of the utterance's ids the samples of it, one after the other.
  let symbols: [Range<Int>]
  private let gain: Float
  /// Samples over which it comes and goes: 2 ms, so that it cannot click.
  private let fade: Int
  /// Frames of the next pieces; the last holds for all that follow.
  private var lengths: [Int]
  private var emitted = 0
  private var rest: Rest

  /// - Parameters:
  ///   - rate: Hz of the sound.
  ///   - lengths: frames of the first, second, ... pieces, multiples of ``multiple``.
  init(
    _ utterance: FrontEnd.Utterance, _ voice: Voice, _ delivery: Delivery, index: Int, rate: Int, lengths: [Int]
  ) throws {
    let options = delivery.options(utterance: index)
    let spoken = try voice.acoustic(utterance.ids, options)
    let hop = voice.features.spectrogram.hop, made = spoken.mel.shape[0] * hop
    // Whole numbers for the resampler: a ratio good to seven digits.
    let unit = 10_000, from = Int((Double(voice.sampleRate * unit) * delivery.pitchRatio).rounded())
    let isPlain = delivery.pitch == 0 && voice.sampleRate == rate
    let ratio = isPlain ? 1 : Double(rate * unit) / Double(from)
    var (end, frames) = (0, 0)
    symbols = spoken.durations.map { duration in
      frames += duration
      let begin = end
      end = Int((Double(frames * hop) * ratio).rounded())
      return begin..<end
    }
    (count, gain, self.lengths) = (end, delivery.gain, lengths)
    fade = min(rate / 500, end / 2)
    let mel = Self.padded(spoken.mel, voice, samples: made)
    if isPlain, let vocoder = voice.vocoder {
      rest = .frames(VocoderStream(vocoder, piece: 1), mel, taken: 0)
    } else {
      let whole = Audio(samples: Array(Self.whole(mel, voice, options.seed).prefix(made)), sampleRate: from)
      rest = .samples(isPlain ? whole.samples : try whole.resampled(to: rate * unit).samples)
    }
  }

  /// `[T, M]` to `[1, T', M]`, the last frame repeated, whose sound has `samples` samples at least.
  private static func padded(_ mel: Tensor, _ voice: Voice, samples: Int) -> Tensor {
    Compute.perform {
      let (frames, bands) = (mel.shape[0], mel.shape[1])
      var total = (frames + multiple - 1) / multiple * multiple
      if voice.features.spectrogram.sampleCount(frames: total) < samples { total += multiple }
      guard total > frames else { return mel.reshaped(1, frames, bands) }
      let last = mel.sliced(axis: 0, frames - 1..<frames).broadcast(to: [total - frames, bands])
      return Tensor.concatenated([mel, last], axis: 0).reshaped(1, total, bands)
    }
  }

  private static func whole(_ mel: Tensor, _ voice: Voice, _ seed: UInt64) -> [Float] {
    guard let vocoder = voice.vocoder else { return GriffinLim()(mel, voice.features, seed: seed).floats }
    return vocoder.waveform(mel).floats
  }

  /// The next piece; `nil` after the last.
  mutating func next() -> [Float]? {
    guard emitted < count else { return nil }
    var piece: [Float]
    switch rest {
    case .frames(var stream, let mel, let taken):
      (piece, rest) = Compute.perform {
        let total = mel.shape[1], reach = stream.reach, next = max(taken, reach) + (lengths.first ?? Self.multiple)
        guard next < total else { return (stream.finish(mel.sliced(axis: 1, taken..<total)), Rest.nothing) }
        let piece = stream.append(mel.sliced(axis: 1, taken..<next))
        return (piece, .frames(stream, mel, taken: next))
      }
      if lengths.count > 1 { lengths.removeFirst() }
    case .samples(let samples): (piece, rest) = (samples, .nothing)
    case .nothing: return nil
    }
    piece = Array(piece.prefix(count - emitted))
    shape(&piece)
    emitted += piece.count
    return piece
  }

  /// Gain, and fades at the utterance's ends.
  private func shape(_ piece: inout [Float]) {
    for i in piece.indices {
      let near = min(emitted + i, count - 1 - emitted - i)
      piece[i] *= near < fade ? gain * (Float(near) + 0.5) / Float(fade) : gain
    }
  }
}
