import OneStepNetworks
import OneStepTensors

/// What a denoiser of mel frames sees beside the noisy ones. Letters: N batch, T frames, M mel bins.
public struct MelCondition: Sendable {
  /// The mean mel of each frame's token, `[N, T, M]`, 0 at padding.
  public var prior: Tensor
  /// `[N, T, 1]`: 1 for a frame, 0 for padding; `nil` where there is no padding.
  public var mask: Tensor?

  public init(prior: Tensor, mask: Tensor? = nil) { (self.prior, self.mask) = (prior, mask) }
}

/// A network `F(x, c | mu)` over mel frames: noise is taken out by what is built around it.
public protocol MelDenoiser: Sendable {
  /// - Parameters:
  ///   - x: noisy frames at unit scale, `[N, T, M]`.
  ///   - times: one number a row that says how noisy, ln(sigma) / 4 of an EDM path.
  /// - Returns: `[N, T, M]` in f32, 0 at padding.
  func callAsFunction(_ x: Tensor, _ times: [Double], _ condition: MelCondition, _ p: Parameters) -> Tensor
}

/// The denoisers there are and their sizes.
public enum MelDenoiserConfiguration: Sendable, Codable, Equatable {
  /// Grad-TTS's two-dimensional network.
  case unet(MelUNet.Configuration)
  /// One-dimensional convolutions, some thirty times cheaper.
  case convolution(MelConvNet.Configuration)

  func makeNetwork(_ scope: ParameterScope, mels: Int) -> any MelDenoiser {
    switch self {
    case .unet(let c): MelUNet(scope, c)
    case .convolution(let c): MelConvNet(scope, c, mels: mels)
    }
  }

  func isSane(mels: Int) -> Bool {
    switch self {
    case .unet(let c): c.isSane && mels % c.multiple == 0
    case .convolution(let c): c.isSane
    }
  }

  /// Frames are padded to a multiple of this. Padding leaves the one-dimensional network's results as they are, so it gets
  /// few shapes; the two-dimensional one normalises over padding too, and gets as little as its levels need.
  var frameMultiple: Int {
    switch self {
    case .unet(let c): c.multiple
    case .convolution: 64
    }
  }
}
