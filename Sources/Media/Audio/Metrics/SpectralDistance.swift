import OneStepTensors

/// How far two signals' spectra are apart at several resolutions (Yamamoto, Song and Kim 2020, "Parallel WaveGAN").
public struct SpectralDistance: Equatable, Sendable {
  /// Frame sizes and hops, samples.
  public static let resolutions = [(512, 128), (1024, 256), (2048, 512)]
  /// Smaller powers are raised to this.
  private static let floor: Float = 1e-7

  /// ‖|S| - |S_ref|‖ / ‖S_ref‖ (Frobenius), mean over the resolutions.
  public let convergence: Double
  /// The mean of |ln |S| - ln |S_ref||, nat, mean over the resolutions.
  public let logMagnitude: Double
  /// Their sum, the usual single figure.
  public var total: Double { convergence + logMagnitude }

  /// Compared up to the shorter one's end. NaN for empty signals.
  public init(_ samples: [Float], reference: [Float]) {
    let n = min(samples.count, reference.count)
    guard n > 0 else {
      (convergence, logMagnitude) = (.nan, .nan)
      return
    }
    let results = Compute.perform {
      let pair = Tensor(Array(samples[..<n] + reference[..<n]), shape: [2, n])
      return Self.resolutions.map { size, hop in
        Self.distance(Spectrogram(size: size, hop: hop, padding: .centre).magnitudes(pair))
      }
    }
    convergence = results.reduce(0) { $0 + $1.0 } / Double(results.count)
    logMagnitude = results.reduce(0) { $0 + $1.1 } / Double(results.count)
  }

  /// Of magnitudes `[2, T, F]`, the second one the reference.
  private static func distance(_ magnitudes: Tensor) -> (Double, Double) {
    let values = magnitudes.floats, half = values.count / 2, least = floor.squareRoot()
    var (difference, energy, logs) = (0.0, 0.0, 0.0)
    for i in 0..<half {
      let (a, b) = (Double(max(values[i], least)), Double(max(values[half + i], least)))
      difference += (a - b) * (a - b)
      energy += b * b
      logs += abs(logarithm(a / b))
    }
    return ((difference / energy).squareRoot(), logs / Double(half))
  }
}
