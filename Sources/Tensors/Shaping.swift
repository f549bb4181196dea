import Kernels

/// Operators that move elements without computing.
extension Tensor {
  /// The same elements in another shape; at most one length may be -1. Costs nothing.
  public func reshaped(_ lengths: [Int]) -> Tensor {
    let shape = Self.resolve(lengths, count: count)
    let old = self.shape
    func view(_ x: Tensor, _ shape: [Int]) -> Tensor {
      Tensor(storage: x.storage, offset: x.offset, shape: shape, elementType: x.elementType)
    }
    return view(values, shape).derived(from: [self]) { g, _ in
      [view(g, old)]
    } pushforward: { t in
      view(t[0]!, shape)
    }
  }
  public func reshaped(_ lengths: Int...) -> Tensor { reshaped(lengths) }

  private static func resolve(_ lengths: [Int], count: Int) -> [Int] {
    let known = lengths.filter { $0 != -1 }.reduce(1, *)
    let shape = lengths.map { $0 == -1 ? (known == 0 ? 0 : count / known) : $0 }
    precondition(
      lengths.filter { $0 == -1 }.count <= 1 && shape.reduce(1, *) == count,
      "\(count) elements do not fit shape \(lengths)")
    return shape
  }

  /// Axes in a new order: axis `i` of the result is axis `order[i]` of this tensor.
  public func transposed(_ order: [Int]) -> Tensor {
    precondition(order.sorted() == Array(0..<rank), "\(order) is no order of \(rank) axes")
    let inverse = order.indices.map { order.firstIndex(of: $0)! }
    func move(_ x: Tensor, _ order: [Int]) -> Tensor {
      let strides = rowMajorStrides(x.shape)
      return x.copied(shape: order.map { x.shape[$0] }, strides: order.map { strides[$0] })
    }
    return move(values, order).derived(from: [self]) { g, _ in
      [move(g, inverse)]
    } pushforward: { t in
      move(t[0]!, order)
    }
  }
  public func transposed(_ order: Int...) -> Tensor { transposed(order) }

  /// Elements `range` of an axis.
  public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = normalizedAxis(axis, rank: rank)
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "slice \(range) of axis \(axis) with length \(shape[axis])")
    let (before, after) = (range.lowerBound, shape[axis] - range.upperBound)
    func cut(_ x: Tensor) -> Tensor {
      let strides = rowMajorStrides(x.shape)
      var shape = x.shape
      shape[axis] = range.count
      if x.shape[..<axis].allSatisfy({ $0 == 1 }) {
        return Tensor(
          storage: x.storage, offset: x.offset + before * strides[axis], shape: shape, elementType: x.elementType)
      }
      return x.copied(shape: shape, strides: strides, offset: before * strides[axis])
    }
    return cut(values).derived(from: [self]) { g, _ in
      [g.padded(axis: axis, before: before, after: after)]
    } pushforward: { t in
      cut(t[0]!)
    }
  }

  /// Zeros before and after an axis.
  public func padded(axis: Int, before: Int, after: Int) -> Tensor {
    let axis = normalizedAxis(axis, rank: rank)
    precondition(before >= 0 && after >= 0, "padding \(before), \(after) must not be negative")
    guard before + after > 0 else { return self }
    let length = shape[axis]
    func pad(_ x: Tensor) -> Tensor {
      var shape = x.shape
      shape[axis] += before + after
      let out = Tensor.zeros(shape).cast(to: x.elementType)
      x.write(into: out, axis: axis, at: before)
      return out
    }
    return pad(values).derived(from: [self]) { g, _ in
      [g.sliced(axis: axis, before..<(before + length))]
    } pushforward: { t in
      pad(t[0]!)
    }
  }

  /// Joins tensors along an axis; the other lengths must agree.
  public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    precondition(!parts.isEmpty, "nothing to join")
    let axis = normalizedAxis(axis, rank: parts[0].rank)
    let type = parts[0].elementType
    func join(_ parts: [Tensor]) -> Tensor {
      var shape = parts[0].shape
      shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
      let out = Tensor(uninitialized: shape, type)
      var at = 0
      for part in parts {
        var expected = shape
        expected[axis] = part.shape[axis]
        precondition(part.shape == expected, "cannot join shapes \(parts.map(\.shape)) along axis \(axis)")
        part.cast(to: type).write(into: out, axis: axis, at: at)
        at += part.shape[axis]
      }
      return out
    }
    let lengths = parts.map { $0.shape[axis] }
    let shapes = parts.map(\.shape)
    return join(parts.map(\.values)).derived(from: parts) { g, need in
      var at = 0
      return zip(lengths, need).map { length, needed in
        defer { at += length }
        return needed ? g.sliced(axis: axis, at..<(at + length)) : nil
      }
    } pushforward: { tangents in
      join(zip(tangents, shapes).map { tangent, shape in tangent ?? Tensor.zeros(shape) })
    }
  }

  /// Cuts an axis into `count` equal parts.
  public func split(axis: Int, into count: Int) -> [Tensor] {
    let axis = normalizedAxis(axis, rank: rank)
    precondition(shape[axis] % count == 0, "axis of length \(shape[axis]) cut into \(count)")
    let length = shape[axis] / count
    return (0..<count).map { sliced(axis: axis, $0 * length..<($0 + 1) * length) }
  }

  /// Elements of an axis in reverse order.
  public func reversed(axis: Int) -> Tensor {
    let axis = normalizedAxis(axis, rank: rank)
    func flip(_ x: Tensor) -> Tensor {
      var strides = rowMajorStrides(x.shape)
      let offset = max(0, x.shape[axis] - 1) * strides[axis]
      strides[axis] = -strides[axis]
      return x.copied(shape: x.shape, strides: strides, offset: offset)
    }
    return flip(values).derived(from: [self]) { g, _ in
      [flip(g)]
    } pushforward: { t in
      flip(t[0]!)
    }
  }

  /// Repeats axes of length 1 (and missing leading axes) to fill `shape`.
  public func broadcast(to shape: [Int]) -> Tensor {
    guard shape != self.shape else { return self }
    let own = self.shape
    func spread(_ x: Tensor) -> Tensor {
      let strides = rowMajorStrides(x.shape)
      let spread = shape.indices.map { axis -> Int in
        let i = axis - shape.count + own.count
        precondition(i < 0 || own[i] == 1 || own[i] == shape[axis], "\(own) does not broadcast to \(shape)")
        return i < 0 || own[i] == 1 ? 0 : strides[i]
      }
      return x.copied(shape: shape, strides: spread)
    }
    return spread(values).derived(from: [self]) { g, _ in
      [g.summed(to: own)]
    } pushforward: { t in
      spread(t[0]!)
    }
  }

  func broadcast(with other: [Int]) -> Tensor { broadcast(to: Self.broadcastShape(shape, other)) }

  // MARK: Strided copies

  /// A new contiguous tensor read through `strides` (0 repeats, negative flips), starting at `offset`.
  func copied(shape: [Int], strides: [Int], offset: Int = 0) -> Tensor {
    precondition(shape.count <= 8, "at most 8 axes, got \(shape.count)")
    let out = Tensor(uninitialized: shape, elementType)
    let rank = max(1, shape.count)
    os_copy_strided(
      Int32(elementType.byteCount), Int32(rank), shape.isEmpty ? [1] : shape.map(Int64.init),
      pointer + offset * elementType.byteCount, shape.isEmpty ? [1] : strides.map(Int64.init), out.pointer,
      shape.isEmpty ? [1] : rowMajorStrides(shape).map(Int64.init))
    return out
  }

  /// Copies this tensor into a part of `target`, which nobody has seen yet.
  private func write(into target: Tensor, axis: Int, at position: Int) {
    guard count > 0 else { return }
    let strides = rowMajorStrides(target.shape)
    os_copy_strided(
      Int32(elementType.byteCount), Int32(rank), shape.map(Int64.init), pointer,
      rowMajorStrides(shape).map(Int64.init), target.pointer + position * strides[axis] * elementType.byteCount,
      strides.map(Int64.init))
  }
}
