/// The function that weighs input pixels by their distance.
public enum ResamplingKernel: Sendable, Equatable {
  /// Keys' cubic convolution; `a` is the slope at distance 1, usually -0.5.
  case cubic(a: Double)
  /// The triangle: linear interpolation.
  case bilinear
  /// The average over the area of an output pixel.
  case box
  /// The input pixel that contains the centre of the output pixel.
  case nearest

  /// Keys' cubic with a = -0.5, the bicubic of MATLAB and of antialiased PyTorch.
  public static let bicubic = ResamplingKernel.cubic(a: -0.5)

  /// Distance, in pixels, beyond which the weight is 0.
  var support: Double {
    switch self {
    case .cubic: 2
    case .bilinear: 1
    case .box, .nearest: 0.5
    }
  }

  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .cubic(let a):
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
      return 0
    case .bilinear:
      return max(1 - x, 0)
    case .box, .nearest:
      return distance > -0.5 && distance <= 0.5 ? 1 : 0
    }
  }
}

/// What lies outside the image.
public enum ResamplingBorder: Sendable {
  /// Nothing: outside weights are dropped and the rest scaled up, as PyTorch's `antialias=True`
  /// and Pillow do.
  case renormalised
  /// The image mirrored at its edge, the edge pixel twice, as MATLAB's `imresize` does.
  case symmetric
  /// The edge pixel repeated, as PyTorch's `interpolate` without antialias does.
  case replicated
}
