import Kernels

/// Arithmetic of two tensors with broadcasting: axes are aligned at the end, a length of 1 (or a missing axis) repeats.
extension Tensor {
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (sa, sb) = (a.shape, b.shape)
    return binary(OS_ADD, a.values, b.values).derived(from: [a, b]) { g, need in
      [need[0] ? g.summed(to: sa) : nil, need[1] ? g.summed(to: sb) : nil]
    } pushforward: { t in
      total(t[0]?.broadcast(with: sb), t[1]?.broadcast(with: sa))
    }
  }

  public static func - (a: Tensor, b: Tensor) -> Tensor {
    let (sa, sb) = (a.shape, b.shape)
    return binary(OS_SUB, a.values, b.values).derived(from: [a, b]) { g, need in
      [need[0] ? g.summed(to: sa) : nil, need[1] ? (-g).summed(to: sb) : nil]
    } pushforward: { t in
      total(t[0]?.broadcast(with: sb), t[1].map { (-$0).broadcast(with: sa) })
    }
  }

  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.values, b.values)
    return binary(OS_MUL, x, y).derived(from: [a, b]) { g, need in
      [
        need[0] ? binary(OS_MUL, g, y).summed(to: x.shape) : nil,
        need[1] ? binary(OS_MUL, g, x).summed(to: y.shape) : nil,
      ]
    } pushforward: { t in
      total(t[0].map { binary(OS_MUL, $0, y) }, t[1].map { binary(OS_MUL, x, $0) })
    }
  }

  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.values, b.values)
    let quotient = binary(OS_DIV, x, y)
    return quotient.derived(from: [a, b]) { g, need in
      let scaled = binary(OS_DIV, g, y)
      return [
        need[0] ? scaled.summed(to: x.shape) : nil,
        need[1] ? (-binary(OS_MUL, scaled, quotient)).summed(to: y.shape) : nil,
      ]
    } pushforward: { t in
      total(
        t[0].map { binary(OS_DIV, $0, y) },
        t[1].map { -binary(OS_DIV, binary(OS_MUL, quotient, $0), y) })
    }
  }

  /// a to the power of b; `a` must be positive wherever a gradient with respect to `b` is wanted.
  public static func power(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (x, y) = (a.values, b.values)
    let result = binary(OS_POW, x, y)
    func slopeBase() -> Tensor { binary(OS_MUL, y, binary(OS_POW, x, y - 1)) }
    return result.derived(from: [a, b]) { g, need in
      [
        need[0] ? (g * slopeBase()).summed(to: x.shape) : nil,
        need[1] ? (g * result * x.log()).summed(to: y.shape) : nil,
      ]
    } pushforward: { t in
      total(t[0].map { $0 * slopeBase() }, t[1].map { $0 * result * x.log() })
    }
  }

  public static func += (a: inout Tensor, b: Tensor) { a = a + b }

  // MARK: Extremes, comparison, selection

  /// The larger of the two; where they are equal the derivative belongs to `a`.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { extreme(OS_MAX, a, b) }
  /// The smaller of the two; where they are equal the derivative belongs to `a`.
  public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { extreme(OS_MIN, a, b) }

  private static func extreme(_ operation: Int, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (x, y) = (a.values, b.values)
    func fromFirst() -> Tensor {
      operation == OS_MAX ? binary(OS_LESS_EQUAL, y, x) : binary(OS_LESS_EQUAL, x, y)
    }
    return binary(operation, x, y).derived(from: [a, b]) { g, need in
      let mask = fromFirst()
      return [
        need[0] ? (g * mask).summed(to: x.shape) : nil,
        need[1] ? (g * (1 - mask)).summed(to: y.shape) : nil,
      ]
    } pushforward: { t in
      let mask = fromFirst()
      return total(t[0].map { $0 * mask }, t[1].map { $0 * (1 - mask) })
    }
  }

  /// Limits every element to `range`; the derivative is 0 outside.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    .minimum(.maximum(self, Tensor(range.lowerBound)), Tensor(range.upperBound))
  }

  /// 1 where a < b, else 0; no derivative.
  public static func less(_ a: Tensor, _ b: Tensor) -> Tensor { binary(OS_LESS, a.values, b.values) }
  /// 1 where a <= b, else 0; no derivative.
  public static func lessOrEqual(_ a: Tensor, _ b: Tensor) -> Tensor {
    binary(OS_LESS_EQUAL, a.values, b.values)
  }
  /// 1 where a == b, else 0; no derivative.
  public static func equal(_ a: Tensor, _ b: Tensor) -> Tensor { binary(OS_EQUAL, a.values, b.values) }

  /// `a` where `condition` is not 0, else `b`; shapes broadcast.
  public static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape)
    let type = a.elementType
    func pick(_ x: Tensor?, _ y: Tensor?) -> Tensor {
      func full(_ t: Tensor?) -> Tensor {
        (t ?? Tensor.zeros([])).cast(to: type).broadcast(to: shape)
      }
      let out = Tensor(uninitialized: shape, type)
      let (c, p, q) = (full(condition.values), full(x), full(y))
      os_select(type.rawValue, c.pointer, p.pointer, q.pointer, out.pointer, Int64(out.count))
      return out
    }
    let (sa, sb) = (a.shape, b.shape)
    return pick(a.values, b.values).derived(from: [a, b]) { g, need in
      [need[0] ? pick(g, nil).summed(to: sa) : nil, need[1] ? pick(nil, g).summed(to: sb) : nil]
    } pushforward: { t in
      pick(t[0], t[1])
    }
  }

  // MARK: The kernel

  /// The shape two operands broadcast to.
  static func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int] {
    let rank = max(a.count, b.count)
    return (0..<rank).map { axis in
      let (i, j) = (axis - rank + a.count, axis - rank + b.count)
      let (x, y) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
      precondition(x == y || x == 1 || y == 1, "shapes \(a) and \(b) do not broadcast")
      return x == 1 ? y : x
    }
  }

  /// Applies a binary kernel to plain values; mixed element types compute in f32.
  static func binary(_ operation: Int, _ a: Tensor, _ b: Tensor) -> Tensor {
    let type: ElementType = a.elementType == b.elementType ? a.elementType : mixedType(a, b)
    let (x, y) = (a.cast(to: type), b.cast(to: type))
    let shape = broadcastShape(x.shape, y.shape)
    let out = Tensor(uninitialized: shape, type)
    let box = BroadcastBox(shape, x.shape, y.shape)
    os_binary(
      Int32(operation), type.rawValue, Int32(box.sizes.count), box.sizes, x.pointer, box.left, y.pointer,
      box.right, out.pointer)
    return out
  }

  /// A bf16 array meeting an f32 scalar stays bf16; otherwise f32 wins.
  private static func mixedType(_ a: Tensor, _ b: Tensor) -> ElementType {
    if a.count == 1 && a.elementType == .f32 { return b.elementType }
    if b.count == 1 && b.elementType == .f32 { return a.elementType }
    return .f32
  }

  private static func total(_ a: Tensor?, _ b: Tensor?) -> Tensor? {
    guard let a else { return b }
    guard let b else { return a }
    return a + b
  }
}

/// Sizes and strides of a broadcast operation with neighbouring axes joined wherever both operands allow it.
private struct BroadcastBox {
  var sizes: [Int64] = []
  var left: [Int64] = []
  var right: [Int64] = []

  init(_ shape: [Int], _ a: [Int], _ b: [Int]) {
    let (sa, sb) = (Self.strides(a, to: shape), Self.strides(b, to: shape))
    for axis in shape.indices where shape[axis] != 1 {
      if let last = sizes.indices.last, left[last] == Int64(sa[axis] * shape[axis]),
        right[last] == Int64(sb[axis] * shape[axis])
      {
        sizes[last] *= Int64(shape[axis])
        (left[last], right[last]) = (Int64(sa[axis]), Int64(sb[axis]))
        continue
      }
      sizes.append(Int64(shape[axis]))
      left.append(Int64(sa[axis]))
      right.append(Int64(sb[axis]))
    }
    if sizes.isEmpty { (sizes, left, right) = ([1], [1], [1]) }
    precondition(sizes.count <= 6, "broadcast of \(a) and \(b) needs more than 6 axes")
  }

  private static func strides(_ shape: [Int], to target: [Int]) -> [Int] {
    let own = rowMajorStrides(shape)
    return target.indices.map { axis in
      let i = axis - target.count + shape.count
      return i < 0 || shape[i] == 1 ? 0 : own[i]
    }
  }
}
