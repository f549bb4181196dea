import Foundation
import OneStepTensors

/// Numbers a network can read a time from.
public enum TimeFeatures: Sendable, Equatable {
  /// `[cos(t f), sin(t f)]` with f_i = exp(-ln(10000) i / half), the transformer's and guided-diffusion's embedding. `t`
  /// is multiplied by `scale` first (999 where t runs from 0 to 1).
  case sinusoidal(width: Int, scale: Double)
  /// `[sin(t f), cos(t f)]` with f_i = exp(-ln(10000) i / (half - 1)), Grad-TTS's embedding, whose slowest frequency is
  /// exactly 1 / 10000.
  case positional(width: Int, scale: Double)
  /// `[sin(2 π f t), cos(2 π f t)]` with fixed random frequencies f ~ N(0, scale²) from a seed.
  case fourier(width: Int, scale: Double, seed: UInt64)

  public var width: Int {
    switch self {
    case .sinusoidal(let width, _), .positional(let width, _), .fourier(let width, _, _): width
    }
  }

  /// Features of one time a row -> [N, width]. The angles are computed in Double.
  public func callAsFunction(_ times: [Double]) -> Tensor {
    let half = width / 2
    let angles: (Double) -> [Double]
    switch self {
    case .sinusoidal(_, let scale):
      let f = (0..<half).map { exp(-log(10000.0) * Double($0) / Double(half)) }
      angles = { t in f.map { scale * t * $0 } }
    case .positional(_, let scale):
      let f = (0..<half).map { exp(-log(10000.0) * Double($0) / Double(half - 1)) }
      angles = { t in f.map { scale * t * $0 } }
    case .fourier(_, let scale, let seed):
      let f = Tensor.normal([half], seed: seed).floats.map(Double.init)
      angles = { t in f.map { 2 * Double.pi * scale * t * $0 } }
    }
    var values: [Float] = []
    values.reserveCapacity(times.count * width)
    for t in times {
      let a = angles(t)
      let (c, s) = (a.map { Float(cos($0)) }, a.map { Float(sin($0)) })
      if case .sinusoidal = self { values += c + s } else { values += s + c }
    }
    return Tensor(values, shape: [times.count, 2 * half])
  }
}

/// Time features through two linear layers with SiLU between -> [N, outputs].
public struct TimeEmbedding: Sendable {
  public let features: TimeFeatures
  let first: Linear, second: Linear

  public init(
    _ scope: ParameterScope, features: TimeFeatures, hidden: Int, outputs: Int,
    initialization: Initialization? = nil
  ) {
    self.features = features
    first = Linear(scope.nested("time1"), inputs: features.width, outputs: hidden)
    second = Linear(scope.nested("time2"), inputs: hidden, outputs: outputs, initialization: initialization)
  }

  public func callAsFunction(_ times: [Double], _ p: Parameters) -> Tensor {
    second(first(features(times), p).silu(), p)
  }
}
