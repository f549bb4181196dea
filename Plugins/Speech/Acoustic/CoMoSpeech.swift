import Foundation
import OneStepFlow
import OneStepNetworks
import OneStepTensors

/// CoMoSpeech (Ye et al., ACM MM 2023): text to mel frames with one call of a consistency-distilled denoiser.
///
/// Time: t is the noise level sigma, as in the paper; t = 0 is data. Encoder and durations make a prior mel mu, a blurry
/// mean of what is to come; the denoiser is preconditioned so that `D(x, sigmaMin | mu) = x` for any network, the teacher too,
/// and the student starts as its copy.
public struct CoMoSpeech: Sendable {
  /// Where the noise is centred. The probability flow is `(x - D) / sigma` whatever the mean.
  public enum Centre: String, Sendable, Codable {
    /// `x = y + sigma (z + mu)`: the published model.
    case prior
    /// `x = y + sigma z`: the authors' later, zero-mean variant.
    case zero
    /// `x = (y - mu) + sigma z`: the same around mu, which leaves the denoiser what the mean does not know.
    case residual
  }

  /// How predicted lengths become frames.
  public enum Rounding: String, Sendable, Codable {
    /// Every token's length is rounded up, as published.
    case up
    /// The end of every token is rounded to the nearest frame, so that the whole is as long as its parts.
    case ends
  }

  /// What the network around the encoder learns.
  public enum Formulation: String, Sendable, Codable {
    /// A consistency map, or the denoiser it is distilled from.
    case consistency
    /// The score of Grad-TTS's diffusion.
    case diffusion
  }

  public struct Configuration: Sendable, Codable, Equatable {
    public var formulation = Formulation.consistency
    public var encoder = TextEncoder.Configuration.paper
    public var denoiser = MelDenoiserConfiguration.unet(.paper)
    public var centre = Centre.prior
    /// Standard deviation of what the denoiser removes noise from.
    public var deviation = 0.5
    public var lowestNoise = 0.002
    public var highestNoise = 80.0
    public var rounding = Rounding.up
    /// Mean and standard deviation a mel bin by which log-mels are standardised; `nil` leaves them as they are.
    public var statistics: MelStatistics?
    /// Samples a second, and samples between two frames.
    public var sampleRate = 22_050
    public var hop = 256

    public init() {}

    /// The published sizes: 14.8 M numbers.
    public static let paper = Configuration()
    /// Trains on two cores: 4.3 M numbers.
    public static let small: Configuration = {
      var c = Configuration()
      (c.encoder, c.denoiser, c.centre) = (.small, .convolution(.small), .residual)
      (c.highestNoise, c.rounding, c.sampleRate) = (20, .ends, 16_000)
      return c
    }()

    var isSane: Bool {
      encoder.isSane && denoiser.isSane(mels: encoder.mels) && deviation > 0 && deviation < 1000 && lowestNoise > 0
        && highestNoise > lowestNoise && highestNoise < 1e6 && (1000...384_000).contains(sampleRate)
        && (1...65_536).contains(hop) && (statistics?.isSane(mels: encoder.mels) ?? true)
    }
  }

  public let configuration: Configuration
  public let specs: [ParameterSpec]
  public let encoder: TextEncoder
  public let denoiser: any MelDenoiser

  static let encoderName = "encoder", decoderName = "decoder"

  public init(_ configuration: Configuration = .small) {
    let scope = ParameterScope()
    self.configuration = configuration
    encoder = TextEncoder(scope.nested(Self.encoderName), configuration.encoder)
    denoiser = configuration.denoiser.makeNetwork(scope.nested(Self.decoderName), mels: configuration.encoder.mels)
    specs = scope.specs
  }

  /// Noise levels as times; the same path for every centre, since a mean of the noise is part of the noise.
  public var path: Path { .edm(configuration.lowestNoise...configuration.highestNoise) }

  /// The denoiser as a consistency map to data.
  public func student(_ p: Parameters) -> Student<MelCondition> {
    let denoiser = denoiser
    return Student(.consistency(path, deviation: configuration.deviation)) { x, clocks, condition in
      denoiser(x, clocks[0].floats.map(Double.init), condition, p)
    }
  }

  /// The same network as an estimate of E[x0 | x_t], which it is before distillation.
  public func teacher(_ p: Parameters) -> Denoiser<MelCondition> {
    let map = student(p).map
    return Denoiser(on: path) { x, times, condition in try map(x, from: times, to: times, condition) }
  }

  /// The noise of this model from N(0, 1) numbers `z` `[N, T, M]`: around its centre, and 0 at padding.
  func noise(_ z: Tensor, _ condition: MelCondition) -> Tensor {
    let moved = configuration.centre == .prior ? z + condition.prior : z
    return condition.mask.map { moved * $0 } ?? moved
  }

  /// What the denoiser makes of noise is `y`, or what is left of it when mu is taken away.
  func data(_ mel: Tensor, _ condition: MelCondition) -> Tensor {
    configuration.centre == .residual ? mel - condition.prior : mel
  }

  /// The inverse of ``data(_:_:)``.
  func mel(_ data: Tensor, _ condition: MelCondition) -> Tensor {
    configuration.centre == .residual ? data + condition.prior : data
  }
}

/// Mean and standard deviation of log-mels, a bin each.
public struct MelStatistics: Sendable, Codable, Equatable {
  public var mean: [Float]
  public var deviation: [Float]

  public init(mean: [Float], deviation: [Float]) { (self.mean, self.deviation) = (mean, deviation) }

  func isSane(mels: Int) -> Bool {
    mean.count == mels && deviation.count == mels && mean.allSatisfy(\.isFinite)
      && deviation.allSatisfy { $0.isFinite && $0 > 0 }
  }

  /// Log-mels `[..., M]` with mean 0 and standard deviation 1.
  public func standardized(_ mel: Tensor) -> Tensor {
    (mel - Tensor(mean, shape: [mean.count])) / Tensor(deviation, shape: [deviation.count])
  }

  /// The inverse.
  public func restored(_ mel: Tensor) -> Tensor {
    mel * Tensor(deviation, shape: [deviation.count]) + Tensor(mean, shape: [mean.count])
  }
}

/// A text-to-mel network with its numbers and what its file says about them.
public struct CoMoSpeechModel: LoadedModel {
  public let network: CoMoSpeech
  public let parameters: Parameters
  public let card: ModelCard

  public init(network: CoMoSpeech, parameters: Parameters, card: ModelCard) {
    (self.network, self.parameters, self.card) = (network, parameters, card)
  }
}
