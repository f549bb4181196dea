import Foundation
import OneStepTensors

/// Short-time spectra of signals `[N, L]`, and back. Differentiable in both ways.
public struct Spectrogram: Sendable, Equatable, Codable {
  /// What stands around a signal before it is cut into frames.
  public enum Padding: String, Sendable, Codable {
    /// (size - hop) / 2 samples mirrored on both sides: L / hop frames (HiFi-GAN).
    case same
    /// size / 2 samples mirrored on both sides: L / hop + 1 frames, frame t centred at sample t hop.
    case centre
  }

  public enum Window: String, Sendable, Codable {
    /// The periodic Hann window.
    case hann
    case rectangular
  }

  /// Samples of a frame; a spectrum has size / 2 + 1 frequencies.
  public var size: Int
  /// Samples from frame to frame.
  public var hop: Int
  public var padding: Padding
  public var window: Window

  public init(size: Int, hop: Int, padding: Padding = .same, window: Window = .hann) {
    precondition(size > 0 && hop > 0 && hop <= size, "frames of \(size) samples every \(hop)")
    (self.size, self.hop, self.padding, self.window) = (size, hop, padding, window)
  }

  public var frequencies: Int { size / 2 + 1 }

  /// Mirrored samples on either side.
  public var margin: Int { padding == .same ? (size - hop) / 2 : size / 2 }

  /// Frames of a signal of `samples` samples.
  public func frameCount(samples: Int) -> Int { max(0, (samples + 2 * margin - size) / hop + 1) }

  /// Samples of the signal that ``inverse(_:)`` makes of `frames` frames.
  public func sampleCount(frames: Int) -> Int { max(0, (frames - 1) * hop + size - 2 * margin) }

  /// Spectra of `[N, L]` as pairs (real, imaginary): `[N, T, F, 2]`.
  public func callAsFunction(_ signal: Tensor) -> Tensor {
    let frames = mirrored(signal).framed(size: size, hop: hop)
    return (window == .hann ? frames * Self.hann(size) : frames).realFourier()
  }

  /// √(re² + im² + added) of `[N, L]`: `[N, T, F]`.
  public func magnitudes(_ signal: Tensor, addingToSquare added: Float = 0) -> Tensor {
    self(signal).magnitude(addingToSquare: added)
  }

  /// The signal whose windowed frames are nearest to those of these spectra (Griffin and Lim 1984): frames are windowed
  /// again, added, and divided by the window's energy; the padding is cut off. `[N, T, F, 2] -> [N, sampleCount(T)]`.
  public func inverse(_ spectra: Tensor) -> Tensor {
    precondition(
      spectra.rank == 4 && spectra.shape[1] > 0 && spectra.shape[2] == frequencies,
      "spectra [N, T, \(frequencies), 2] are needed, got \(spectra.shape)")
    let n = sampleCount(frames: spectra.shape[1])
    let w = window == .hann ? Self.hann(size) : Tensor.ones([size])
    let frames = spectra.inverseRealFourier(count: size) * w
    let sum = frames.overlapAdded(hop: hop).sliced(axis: 1, margin..<(margin + n))
    return sum * weights(frames: spectra.shape[1])
  }

  /// 1 / energy of the windows over each sample of the inverse, `[L]`.
  private func weights(frames: Int) -> Tensor {
    let w = window == .hann ? Self.hannValues(size) : [Double](repeating: 1, count: size)
    let n = sampleCount(frames: frames)
    return Tensor(shape: [n]) { out in
      for i in 0..<n {
        let at = i + margin
        var energy = 0.0, t = at < size ? 0 : (at - size) / hop + 1
        while t < frames && t * hop <= at {
          energy += w[at - t * hop] * w[at - t * hop]
          t += 1
        }
        out[i] = energy > 1e-11 ? Float(1 / energy) : 0
      }
    }
  }

  private func mirrored(_ signal: Tensor) -> Tensor {
    precondition(signal.rank == 2 && signal.shape[1] > 0, "signals are [N, L], got \(signal.shape)")
    let length = signal.shape[1]
    guard margin > 0 else { return signal }
    guard margin < length else {
      let n = signal.shape[0]
      return signal.reshaped(n, length, 1).padded1D(before: margin, after: margin, mode: .reflect).reshaped(n, -1)
    }
    return Tensor.concatenated(
      [
        signal.sliced(axis: 1, 1..<margin + 1).reversed(axis: 1), signal,
        signal.sliced(axis: 1, (length - margin - 1)..<(length - 1)).reversed(axis: 1),
      ], axis: 1)
  }

  private static func hann(_ n: Int) -> Tensor { Tensor(hannValues(n).map(Float.init), shape: [n]) }

  private static func hannValues(_ n: Int) -> [Double] {
    (0..<n).map { 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(n)) }
  }
}
