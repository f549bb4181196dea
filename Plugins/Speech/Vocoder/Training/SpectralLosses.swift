import Foundation
import OneStepFlow
import OneStepMedia
import OneStepTensors

/// What a vocoder is told about its sound without a critic.
struct SpectralLosses {
  /// Multi-resolution STFT loss (Yamamoto et al. 2020): spectral convergence and the log-magnitude's L1.
  static let resolutions = [(512, 128), (1024, 256), (2048, 512)].map { Spectrogram(size: $0.0, hop: $0.1) }
  /// Below this magnitude a spectrum is silence to these losses.
  static let silence: Float = 1e-4
  /// Weight of the mel distance, as in HiFi-GAN.
  static let melWeight = 45.0, spectralWeight = 2.5, phaseWeight = 2.5

  let features: MelSpectrogram
  private let matrix: Tensor

  init(_ features: MelSpectrogram) { (self.features, matrix) = (features, features.matrix()) }

  /// Spectra `[N, T, F, 2]`, magnitudes and log-mel of real sound `[N, L]`, the network's input.
  struct Target {
    let sound: Tensor, spectra: Tensor, magnitudes: Tensor, mel: Tensor
  }

  func target(_ sound: Tensor) -> Target {
    let spectra = features.spectrogram(sound)
    let magnitudes = spectra.magnitude(addingToSquare: features.addedPower)
    return Target(sound: sound, spectra: spectra, magnitudes: magnitudes, mel: features.logarithm(magnitudes))
  }

  /// Mean |log-mel difference|, in nats.
  func mel(_ made: Tensor, _ target: Target) -> Tensor { (features(made) - target.mel).absolute().mean() }

  func callAsFunction(_ made: Tensor, phase: Tensor, _ target: Target) -> Losses {
    var losses = Losses()
    losses.add("mel", weight: Self.melWeight, mel(made, target))
    var convergence: Tensor?, magnitude: Tensor?
    for resolution in Self.resolutions {
      let added = Self.silence * Self.silence
      let a = resolution.magnitudes(made, addingToSquare: added)
      let b = resolution.magnitudes(target.sound, addingToSquare: added)
      let c = ((a - b).squared().sum() / (b.squared().sum() + 1e-8)).squareRoot()
      let m = (a.log() - b.log()).absolute().mean()
      convergence = convergence.map { $0 + c } ?? c
      magnitude = magnitude.map { $0 + m } ?? m
    }
    let share = Self.spectralWeight / Double(Self.resolutions.count)
    losses.add("convergence", weight: share, convergence!)
    losses.add("magnitude", weight: share, magnitude!)
    losses.add("phase", weight: Self.phaseWeight, self.phase(phase, target))
    return losses
  }

  /// 1 - cos of the error of the phase, of its step in frequency (group delay) and of its step in time: the losses of
  /// APNet (Ai and Ling 2023) with a cosine for the unwrapping. Louder places count more, by the root of the magnitude.
  func phase(_ phase: Tensor, _ target: Target) -> Tensor {
    let weight = target.magnitudes.squareRoot()
    let error = phase - Self.angles(target.spectra)
    func term(_ difference: Tensor, _ weight: Tensor) -> Tensor {
      ((1 - difference.cos()) * weight).sum() / (weight.sum() + 1e-8)
    }
    func step(_ axis: Int) -> Tensor {
      let n = error.shape[axis]
      let (next, here) = (error.sliced(axis: axis, 1..<n), error.sliced(axis: axis, 0..<n - 1))
      return term(next - here, weight.sliced(axis: axis, 1..<n))
    }
    return term(error, weight) + step(1) + step(2)
  }

  /// Angles of pairs, `[..., 2] -> [...]`, radians; constants.
  private static func angles(_ pairs: Tensor) -> Tensor {
    pairs.withUnsafeFloats { z in
      Tensor(shape: pairs.shape.dropLast()) { out in
        for i in out.indices { out[i] = atan2f(z[2 * i + 1], z[2 * i]) }
      }
    }
  }
}
