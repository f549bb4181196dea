import Kernels

extension Tensor {
  /// Zeros each element with probability `rate` and multiplies the others by 1 / (1 - rate).
  ///
  /// Element i's fate depends on (seed, stream, i) only: the mask is made again, not stored, for derivatives and
  /// recomputation. Give every call of a step its own `stream`.
  public func dropout(rate: Float, seed: UInt64, stream: UInt64 = 0) -> Tensor {
    precondition(rate >= 0 && rate < 1, "dropout rate \(rate) is outside 0..<1")
    guard rate > 0 && count > 0 else { return self }
    // 2^32 values below which an element is dropped.
    let threshold = UInt32(Double(rate) * 4_294_967_296)
    func apply(_ x: Tensor) -> Tensor {
      let bits = Tensor(uninitialized: x.shape)
      let words = bits.pointer.bindMemory(to: UInt32.self, capacity: bits.count)
      os_random_bits(seed, stream, 0, words, Int64(bits.count))
      let out = Tensor(uninitialized: x.shape, x.elementType)
      os_dropout(
        x.elementType.rawValue, x.pointer, words, threshold, 1 / (1 - rate), out.pointer, Int64(x.count))
      return withExtendedLifetime(bits) { out }
    }
    return apply(values).derived(from: [self]) { g, _ in
      [apply(g)]
    } pushforward: { t in
      apply(t[0]!)
    }
  }
}
