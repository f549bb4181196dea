import Kernels

/// Functions of one number. Reverse and tangent rule are the same product, `f'(x) * incoming`, in one fused kernel.
extension Tensor {
  private func unary(_ operation: Int, _ parameter: Float = 0) -> Tensor {
    let x = values
    func apply(_ g: Tensor?) -> Tensor {
      let out = Tensor(uninitialized: x.shape, x.elementType)
      if let g {
        os_unary_derivative(
          Int32(operation), x.elementType.rawValue, parameter, x.pointer, g.cast(to: x.elementType).pointer,
          out.pointer, Int64(x.count))
      } else {
        os_unary(Int32(operation), x.elementType.rawValue, parameter, x.pointer, out.pointer, Int64(x.count))
      }
      return out
    }
    return apply(nil).derived(from: [self]) { g, _ in
      [apply(g)]
    } pushforward: { t in
      apply(t[0]!)
    }
  }

  public static prefix func - (x: Tensor) -> Tensor { x.unary(OS_NEG) }
  public func absolute() -> Tensor { unary(OS_ABS) }
  public func exp() -> Tensor { unary(OS_EXP) }
  /// Natural logarithm.
  public func log() -> Tensor { unary(OS_LOG) }
  public func squareRoot() -> Tensor { unary(OS_SQRT) }
  /// 1 / sqrt(x).
  public func reciprocalSquareRoot() -> Tensor { unary(OS_RSQRT) }
  public func reciprocal() -> Tensor { unary(OS_RECIPROCAL) }
  public func squared() -> Tensor { unary(OS_SQUARE) }
  public func sin() -> Tensor { unary(OS_SIN) }
  public func cos() -> Tensor { unary(OS_COS) }
  public func tanh() -> Tensor { unary(OS_TANH) }
  public func sigmoid() -> Tensor { unary(OS_SIGMOID) }
  /// log(1 + e^x), without overflow.
  public func softplus() -> Tensor { unary(OS_SOFTPLUS) }
  /// -1, 0 or 1; its derivative is 0.
  public func sign() -> Tensor { unary(OS_SIGN) }

  // MARK: Activations

  public func relu() -> Tensor { unary(OS_RELU) }
  /// x where positive, else `slope` x.
  public func leakyReLU(slope: Float = 0.01) -> Tensor { unary(OS_LEAKY_RELU, slope) }
  /// x sigmoid(x), also called swish.
  public func silu() -> Tensor { unary(OS_SILU) }
  /// x Φ(x) with the exact Gaussian distribution function.
  public func gelu() -> Tensor { unary(OS_GELU) }
  /// x tanh(softplus(x)).
  public func mish() -> Tensor { unary(OS_MISH) }
  /// x + sin²(a x) / a, with `a` broadcast over the last axis (Ziyin et al. 2020).
  public func snake(_ a: Tensor) -> Tensor { self + (self * a).sin().squared() / a }

  // MARK: Element type and affine maps

  /// Converts the element type; the gradient comes back in this tensor's own type.
  public func cast(to type: ElementType) -> Tensor {
    guard type != elementType else { return self }
    let source = elementType
    func convert(_ x: Tensor, _ type: ElementType) -> Tensor {
      guard x.elementType != type else { return x }
      let out = Tensor(uninitialized: x.shape, type)
      if type == .bf16 {
        os_f32_to_bf16(x.floatPointer, out.pointer.assumingMemoryBound(to: UInt16.self), Int64(x.count))
      } else {
        os_bf16_to_f32(x.pointer.assumingMemoryBound(to: UInt16.self), out.floatPointer, Int64(x.count))
      }
      return out
    }
    return convert(values, type).derived(from: [self]) { g, _ in
      [convert(g, source)]
    } pushforward: { t in
      convert(t[0]!, type)
    }
  }

  /// a x + b.
  public func affine(_ a: Float, _ b: Float) -> Tensor {
    func apply(_ x: Tensor, _ b: Float) -> Tensor {
      let out = Tensor(uninitialized: x.shape, x.elementType)
      os_affine(x.elementType.rawValue, a, b, x.pointer, out.pointer, Int64(x.count))
      return out
    }
    return apply(values, b).derived(from: [self]) { g, _ in
      [apply(g, 0)]
    } pushforward: { t in
      apply(t[0]!, 0)
    }
  }

  public static func * (x: Tensor, a: Float) -> Tensor { x.affine(a, 0) }
  public static func * (a: Float, x: Tensor) -> Tensor { x.affine(a, 0) }
  public static func / (x: Tensor, a: Float) -> Tensor { x.affine(1 / a, 0) }
  public static func / (a: Float, x: Tensor) -> Tensor { x.reciprocal().affine(a, 0) }
  public static func + (x: Tensor, b: Float) -> Tensor { x.affine(1, b) }
  public static func + (b: Float, x: Tensor) -> Tensor { x.affine(1, b) }
  public static func - (x: Tensor, b: Float) -> Tensor { x.affine(1, -b) }
  public static func - (b: Float, x: Tensor) -> Tensor { x.affine(-1, b) }
}
