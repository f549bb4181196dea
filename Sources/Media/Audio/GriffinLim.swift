import OneStepTensors

/// Signals from magnitudes alone: the phase is found by going back and forth (Griffin and Lim 1984), with momentum
/// (Perraudin et al. 2013, "A fast Griffin-Lim algorithm"). The baseline for vocoders.
public struct GriffinLim: Sendable {
  public var iterations: Int
  public var momentum: Float
  /// Steps of the non-negative least squares from mel bands to magnitudes.
  public var inversionSteps: Int

  public init(iterations: Int = 60, momentum: Float = 0.99, inversionSteps: Int = 200) {
    (self.iterations, self.momentum, self.inversionSteps) = (iterations, momentum, inversionSteps)
  }

  /// A signal with this log-mel: `[N, T, bands] -> [N, L]`. The same seed gives the same signal.
  public func callAsFunction(_ logMel: Tensor, _ mel: MelSpectrogram, seed: UInt64 = 0) -> Tensor {
    Compute.perform { signal(of: magnitudes(of: logMel, mel), mel.spectrogram, seed: seed) }
  }

  /// A signal with these magnitudes: `[N, T, F] -> [N, L]`.
  public func signal(of magnitudes: Tensor, _ spectrogram: Spectrogram, seed: UInt64 = 0) -> Tensor {
    Compute.perform {
      let target = magnitudes.values
      let angles = Tensor.uniform(target.shape, seed: seed) * (2 * Float.pi)
      var spectra = Tensor.polar(target, phase: angles)
      var previous: Tensor?
      for _ in 0..<iterations {
        let rebuilt = spectrogram(spectrogram.inverse(spectra))
        let ahead = previous.map { rebuilt + (rebuilt - $0) * momentum } ?? rebuilt
        previous = rebuilt
        spectra = ahead * (target / (ahead.magnitude() + 1e-16)).reshaped(target.shape + [1])
      }
      return spectrogram.inverse(spectra)
    }
  }

  /// The non-negative magnitudes whose mel bands are nearest, by accelerated projected gradients:
  /// `[N, T, bands] -> [N, T, F]`.
  public func magnitudes(of logMel: Tensor, _ mel: MelSpectrogram) -> Tensor {
    Compute.perform {
      let a = mel.matrix()  // [F, bands]
      let wanted = logMel.values.exp()
      // The largest eigenvalue of Aᵀ A bounds the step.
      var v = Tensor.ones([1, mel.bands])
      var largest: Float = 1
      for _ in 0..<50 {
        let next = v.matmul(a, transposeB: true).matmul(a)
        largest = next.squared().sum().squareRoot().item
        v = next / largest
      }
      let rate = 1 / largest
      func descended(_ x: Tensor) -> Tensor {
        let rows = (x.linear(a) - wanted).reshaped(-1, mel.bands)
        return (x - rows.matmul(a, transposeB: true).reshaped(x.shape) * rate).relu()
      }
      var x =
        wanted.reshaped(-1, mel.bands).matmul(a, transposeB: true)
        .reshaped(Array(wanted.shape.dropLast()) + [mel.spectrogram.frequencies]) * rate
      var y = x, pace: Float = 1
      for _ in 0..<inversionSteps {
        let next = descended(y)
        let following = (1 + (1 + 4 * pace * pace).squareRoot()) / 2
        y = next + (next - x) * ((pace - 1) / following)
        (x, pace) = (next, following)
      }
      return x
    }
  }
}
