import Foundation
import OneStepTensors

/// The logarithm of a spectrogram on a mel scale, what acoustic models and vocoders speak. Differentiable.
public struct MelSpectrogram: Sendable, Equatable, Codable {
  public enum Scale: String, Sendable, Codable {
    /// Linear below 1 kHz, logarithmic above (Slaney's Auditory Toolbox); triangles have equal areas.
    case slaney
    /// 2595 log10(1 + f / 700); triangles have height 1.
    case htk
  }

  /// Hz.
  public var sampleRate: Int
  public var spectrogram: Spectrogram
  public var bands: Int
  /// Lowest and highest frequency, Hz.
  public var lowest: Double
  public var highest: Double
  public var scale: Scale
  /// Smaller values are raised to this before the logarithm.
  public var floor: Float
  /// Added to re² + im² under the root.
  public var addedPower: Float

  public init(
    sampleRate: Int, spectrogram: Spectrogram, bands: Int, lowest: Double = 0, highest: Double, scale: Scale = .slaney,
    floor: Float = 1e-5, addedPower: Float = 1e-9
  ) {
    (self.sampleRate, self.spectrogram, self.bands, self.lowest) = (sampleRate, spectrogram, bands, lowest)
    (self.highest, self.scale, self.floor, self.addedPower) = (highest, scale, floor, addedPower)
  }

  /// The recipe of HiFi-GAN, Grad-TTS, CoMoSpeech and Matcha for LJSpeech.
  public static let hifiGAN22k = MelSpectrogram(
    sampleRate: 22050, spectrogram: Spectrogram(size: 1024, hop: 256), bands: 80, highest: 8000)
  /// The same at 16 kHz: 62.5 frames a second.
  public static let voice16k = MelSpectrogram(
    sampleRate: 16000, spectrogram: Spectrogram(size: 1024, hop: 256), bands: 80, highest: 8000)
  /// The features of the published 24 kHz Vocos.
  public static let vocos24k = MelSpectrogram(
    sampleRate: 24000, spectrogram: Spectrogram(size: 1024, hop: 256, padding: .centre), bands: 100, highest: 12000,
    scale: .htk, floor: 1e-7, addedPower: 0)

  /// Natural log-mel of signals in [-1, 1]: `[N, L] -> [N, T, bands]`.
  public func callAsFunction(_ signal: Tensor) -> Tensor {
    logarithm(spectrogram.magnitudes(signal, addingToSquare: addedPower))
  }

  /// Natural log-mel of magnitudes: `[N, T, F] -> [N, T, bands]`.
  public func logarithm(_ magnitudes: Tensor) -> Tensor {
    Tensor.maximum(magnitudes.linear(matrix()), Tensor(floor)).log()
  }

  /// Natural log-mel of a recording, mixed to one channel and brought to ``sampleRate``: `[1, T, bands]`.
  public func callAsFunction(_ audio: Audio) throws(AudioError) -> Tensor {
    let mono = try audio.mono().resampled(to: sampleRate)
    guard mono.frames > 0 else { throw .tooShort(samples: 0, minimum: 1) }
    return Compute.perform { self(Tensor(mono.samples, shape: [1, mono.frames])) }
  }

  /// Centre of every band, Hz.
  public var centres: [Double] { Array(edges[1...bands]) }

  /// Corners of the triangles, Hz: `bands + 2`.
  private var edges: [Double] {
    let (low, high) = (scale.mel(lowest), scale.mel(highest))
    return (0..<bands + 2).map { scale.hertz(low + (high - low) * Double($0) / Double(bands + 1)) }
  }

  /// Weights from magnitudes to bands, `[F, bands]`.
  public func matrix() -> Tensor {
    let f = spectrogram.frequencies, edges = edges
    let bin = Double(sampleRate) / Double(spectrogram.size)
    return Tensor(shape: [f, bands]) { out in
      for b in 0..<bands {
        let (a, c, e) = (edges[b], edges[b + 1], edges[b + 2])
        let height = scale == .slaney ? 2 / (e - a) : 1
        for k in 0..<f {
          let x = Double(k) * bin
          out[k * bands + b] = Float(height * max(0, min((x - a) / (c - a), (e - x) / (e - c))))
        }
      }
    }
  }
}

extension MelSpectrogram.Scale {
  /// Mels of Slaney's logarithmic part: 27 of them multiply the frequency by 6.4.
  private static let step = log(6.4) / 27

  func mel(_ hertz: Double) -> Double {
    switch self {
    case .slaney: hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) / Self.step
    case .htk: 2595 * log10(1 + hertz / 700)
    }
  }

  func hertz(_ mel: Double) -> Double {
    switch self {
    case .slaney: mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * Self.step)
    case .htk: 700 * (pow(10, mel / 2595) - 1)
    }
  }
}
