import Kernels

/// Functions that a dense layer may end with.
public enum Activation: Sendable {
  case relu, silu, gelu, mish, tanh

  var operation: Int32 {
    switch self {
    case .relu: Int32(OS_RELU)
    case .silu: Int32(OS_SILU)
    case .gelu: Int32(OS_GELU)
    case .mish: Int32(OS_MISH)
    case .tanh: Int32(OS_TANH)
    }
  }
}

extension Tensor {
  /// `f(x W + b)` over the last axis: `[..., I] x [I, O] -> [..., O]`. The slope of `f` is made together with its value, so
  /// that the reverse and the tangent pass multiply only.
  public func linear(_ weight: Tensor, bias: Tensor, activation: Activation) -> Tensor {
    let (w, b) = (weight.values, bias.values), width = w.shape[1]
    let x = values.reshaped([-1, shape[rank - 1]])
    let product = x.matmul(w), y = Tensor(uninitialized: product.shape, product.elementType)
    let slope = Self.isDifferentiated([self, weight, bias]) ? Tensor(uninitialized: y.shape, y.elementType) : nil
    Compute.perform {
      os_biased_unary(
        activation.operation, y.elementType.rawValue, product.pointer, b.floatPointer, y.pointer, slope?.pointer,
        Int64(y.shape[0]), Int64(width))
    }
    let (inputs, outputs) = (shape, Array(shape.dropLast()) + [width])
    return y.reshaped(outputs).derived(from: [self, weight, bias]) { g, need in
      let gs = g.reshaped(-1, width).cast(to: slope!.elementType) * slope!
      return [
        need[0] ? gs.matmul(w, transposeB: true).reshaped(inputs) : nil, need[1] ? x.matmul(gs, transposeA: true) : nil,
        need[2] ? gs.reduced(OS_SUM, [0]).reshaped(width) : nil,
      ]
    } pushforward: { t in
      let parts = [
        t[0].map { $0.reshaped([-1, inputs[inputs.count - 1]]).matmul(w) }, t[1].map { x.matmul($0) },
        t[2].map { $0.cast(to: x.elementType).broadcast(to: y.shape) },
      ].compactMap { $0 }
      return (parts.dropFirst().reduce(parts[0], +) * slope!).reshaped(outputs)
    }
  }
}
