import Kernels

/// Random tensors from a counter-based generator (Philox 4x32-10, Salmon et al. 2011).
///
/// Element `i` (row-major) is a function of `seed`, `stream` and `first + i` alone: it does not depend on the shape, on
/// the elements around it or on the number of threads. So a part of a large noise field can be made by itself, with
/// `first` the position where it begins.
extension Tensor {
  /// Independent N(0, 1) numbers.
  public static func normal(_ shape: [Int], seed: UInt64, stream: UInt64 = 0, first: UInt64 = 0) -> Tensor {
    let out = Tensor(uninitialized: shape)
    os_random_normal(seed, stream, first, out.floatPointer, Int64(out.count))
    return out
  }

  /// A window of a field of N(0, 1) numbers, [rows, columns] of one that is `width` wide: element (i, j) is element
  /// `(row + i) width + column + j` of the stream, so windows of any size agree where they overlap.
  public static func normalWindow(
    rows: Range<Int>, columns: Range<Int>, width: Int, seed: UInt64, stream: UInt64 = 0
  ) -> Tensor {
    precondition(
      rows.lowerBound >= 0 && columns.lowerBound >= 0 && columns.upperBound <= width,
      "window \(rows), \(columns) of a field \(width) wide")
    let out = Tensor(uninitialized: [rows.count, columns.count])
    os_random_normal_field(
      seed, stream, UInt64(rows.lowerBound * width + columns.lowerBound), Int64(rows.count), Int64(width),
      Int64(columns.count), out.floatPointer)
    return out
  }

  /// Independent numbers uniform in [0, 1), multiples of 2^-24.
  public static func uniform(_ shape: [Int], seed: UInt64, stream: UInt64 = 0, first: UInt64 = 0) -> Tensor {
    let out = Tensor(uninitialized: shape)
    os_random_uniform(seed, stream, first, out.floatPointer, Int64(out.count))
    return out
  }
}

/// A sequence of random draws. Its whole state is two numbers: save it, and a run resumes with the draws it would have
/// made. Each draw, of any size, uses one stream of `seed` and moves on to the next.
public struct RandomSource: Sendable, Equatable, Hashable, Codable {
  public let seed: UInt64
  /// The stream that the next draw uses.
  public private(set) var stream: UInt64

  public init(seed: UInt64, stream: UInt64 = 0) {
    (self.seed, self.stream) = (seed, stream)
  }

  private mutating func advance() -> UInt64 {
    defer { stream &+= 1 }
    return stream
  }

  /// Independent N(0, 1) numbers.
  public mutating func normal(_ shape: [Int]) -> Tensor { .normal(shape, seed: seed, stream: advance()) }

  /// Independent numbers uniform in [0, 1).
  public mutating func uniform(_ shape: [Int]) -> Tensor { .uniform(shape, seed: seed, stream: advance()) }

  /// `count` numbers uniform in [0, 1).
  public mutating func uniform(count: Int) -> [Float] {
    drawn(count, 0) { os_random_uniform($0, $1, 0, $2, $3) }
  }

  /// `count` N(0, 1) numbers.
  public mutating func normal(count: Int) -> [Float] {
    drawn(count, 0) { os_random_normal($0, $1, 0, $2, $3) }
  }

  /// The same on the caller's own thread: a few numbers that must not wait.
  public mutating func normal(quickly count: Int) -> [Float] {
    let stream = advance()
    return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      if let base = buffer.baseAddress { os_random_normal(seed, stream, 0, base, Int64(count)) }
      filled = count
    }
  }

  /// `count` words of random bits.
  public mutating func bits(count: Int) -> [UInt32] {
    drawn(count, 0) { os_random_bits($0, $1, 0, $2, $3) }
  }

  /// `count` integers uniform in `0..<n`, up to a bias below n / 2^64.
  public mutating func integers(below n: Int, count: Int) -> [Int] {
    precondition(n > 0, "integers below \(n)")
    return words(count: count).map { Int($0.multipliedFullWidth(by: UInt64(n)).high) }
  }

  /// The numbers `0..<n` in random order.
  public mutating func permutation(_ n: Int) -> [Int] {
    var order = Array(0..<n)
    for (i, word) in words(count: max(0, n - 1)).enumerated() {
      order.swapAt(i, i + Int(word.multipliedFullWidth(by: UInt64(n - i)).high))
    }
    return order
  }

  /// A source of its own, whose draws do not overlap with those of this one.
  public mutating func split() -> RandomSource { RandomSource(seed: next()) }

  private mutating func words(count: Int) -> [UInt64] {
    let bits = bits(count: 2 * count)
    return (0..<count).map { UInt64(bits[2 * $0 + 1]) << 32 | UInt64(bits[2 * $0]) }
  }

  private mutating func drawn<T>(
    _ count: Int, _ zero: T, _ draw: (UInt64, UInt64, UnsafeMutablePointer<T>, Int64) -> Void
  ) -> [T] {
    let stream = advance()
    var result = [T](repeating: zero, count: count)
    Compute.perform {
      result.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { draw(seed, stream, base, Int64(count)) }
      }
    }
    return result
  }
}

/// Feeds the standard library's `random(in:using:)`, `shuffled(using:)` and the like; each word is a draw.
extension RandomSource: RandomNumberGenerator {
  public mutating func next() -> UInt64 {
    var bits: (UInt32, UInt32) = (0, 0)
    let stream = advance()
    withUnsafeMutableBytes(of: &bits) {
      os_random_bits(seed, stream, 0, $0.baseAddress!.assumingMemoryBound(to: UInt32.self), 2)
    }
    return UInt64(bits.1) << 32 | UInt64(bits.0)
  }
}
