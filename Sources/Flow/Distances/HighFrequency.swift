import Foundation
import OneStepTensors

/// How far the fine detail of two images is apart, blind to their brightness and their large shapes: magnitudes of high
/// frequencies plus edge maps (Zhang et al. 2023, "HiPA: enabling one-step text-to-image diffusion models via
/// high-frequency-promoting adaptation", whose one-step models lack exactly these).
public struct HighFrequency: Sendable, Equatable {
  /// Frequency, in cycles a pixel, at which the Gaussian high-pass lets 39 % through; 0.5 is the finest.
  public var cutoff: Double
  /// Weights of the two parts.
  public var spectrum: Double, edges: Double

  public init(cutoff: Double = 0.15, spectrum: Double = 1, edges: Double = 1) {
    (self.cutoff, self.spectrum, self.edges) = (cutoff, spectrum, edges)
  }

  /// Distance of images `[N, H, W, C]` -> [N]: mean absolute differences over frequencies and over pixels.
  public func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(
      a.rank == 4 && a.shape == b.shape, "images of shapes \(a.shape) and \(b.shape); both must be [N, H, W, C]")
    return spectrumDistance(a, b) * Float(spectrum) + edgeDistance(a, b) * Float(edges)
  }

  // MARK: Spectrum

  private func spectrumDistance(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (height, width) = (a.shape[1], a.shape[2])
    let weights = halfSpectrumWeights(height, width)
    let difference = (Self.magnitudes(a) - Self.magnitudes(b)).absolute()  // [N, C, W / 2 + 1, H]
    return (difference * weights).sum([2, 3]).mean([1])
  }

  /// |F| of the orthonormal two-dimensional transform, `[N, H, W, C]` -> [N, C, W / 2 + 1, H].
  private static func magnitudes(_ image: Tensor) -> Tensor {
    let (height, width) = (image.shape[1], image.shape[2])
    let rows = image.transposed(0, 3, 1, 2).realFourier()  // [N, C, H, W / 2 + 1, 2]
    let f = rows.transposed(0, 1, 3, 2, 4).fourier() * Float(1 / Double(height * width).squareRoot())
    // The small constant keeps the derivative finite where a frequency is absent.
    return (f.squared().sum([4]) + 1e-8).squareRoot()
  }

  /// The high-pass `1 - exp(-f² / (2 cutoff²))`, 0 at frequency 0, as weights of a mean over the full spectrum: columns that
  /// stand for their mirror image too count twice. [W / 2 + 1, H].
  private func halfSpectrumWeights(_ height: Int, _ width: Int) -> Tensor {
    var weights: [Float] = []
    for column in 0...width / 2 {
      let copies = column == 0 || 2 * column == width ? 1.0 : 2.0
      let x = Double(column) / Double(width)
      for row in 0..<height {
        let y = Double(min(row, height - row)) / Double(height)
        let pass = 1 - exp(-(x * x + y * y) / (2 * cutoff * cutoff))
        weights.append(Float(copies * pass / Double(height * width)))
      }
    }
    return Tensor(weights, shape: [width / 2 + 1, height])
  }

  // MARK: Edges

  private func edgeDistance(_ a: Tensor, _ b: Tensor) -> Tensor {
    (Self.edges(a) - Self.edges(b)).absolute().mean([1, 2, 3])
  }

  /// Length of the gradient between neighbouring pixels, `[N, H, W, C]` -> [N, H - 1, W - 1, C].
  private static func edges(_ image: Tensor) -> Tensor {
    let (height, width) = (image.shape[1], image.shape[2])
    let corner = image.sliced(axis: 1, 0..<height - 1).sliced(axis: 2, 0..<width - 1)
    let down = image.sliced(axis: 1, 1..<height).sliced(axis: 2, 0..<width - 1) - corner
    let right = image.sliced(axis: 1, 0..<height - 1).sliced(axis: 2, 1..<width) - corner
    return (down.squared() + right.squared() + 1e-8).squareRoot()
  }
}
