import OneStepNetworks
import OneStepTensors

/// Two convolutions over tokens that end in one number, the logarithm of a token's frames (FastSpeech's, Ren et al. 2019).
struct DurationPredictor: Sendable {
  private let first: Convolution1D, second: Convolution1D, projection: Convolution1D
  private let firstNorm: LayerNorm, secondNorm: LayerNorm
  private let dropout: Double

  init(_ scope: ParameterScope, inputs: Int, channels: Int, kernel: Int, dropout: Double) {
    first = Convolution1D(scope.nested("conv_1"), inputs: inputs, outputs: channels, kernel: kernel)
    firstNorm = LayerNorm(scope.nested("norm_1"), channels: channels, epsilon: TextEncoder.epsilon)
    second = Convolution1D(scope.nested("conv_2"), inputs: channels, outputs: channels, kernel: kernel)
    secondNorm = LayerNorm(scope.nested("norm_2"), channels: channels, epsilon: TextEncoder.epsilon)
    projection = Convolution1D(scope.nested("proj"), inputs: channels, outputs: 1, kernel: 1)
    self.dropout = dropout
  }

  /// `[N, I, C]` and its mask `[N, I, 1]` -> `[N, I, 1]`.
  func callAsFunction(_ x: Tensor, _ mask: Tensor, _ p: Parameters, _ random: inout RandomSource?) -> Tensor {
    let y = firstNorm(first(x * mask, p, activation: .relu), p).dropped(dropout, &random)
    let z = secondNorm(second(y * mask, p, activation: .relu), p).dropped(dropout, &random)
    return projection(z * mask, p)
  }
}
