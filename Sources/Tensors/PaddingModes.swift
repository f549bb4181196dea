import Kernels

/// What stands around an image.
public enum PaddingMode: Sendable, CaseIterable {
  case zero
  /// The image mirrored at its outermost pixels, which are not repeated; mirrored again where the padding is longer.
  case reflect
  /// The outermost pixels.
  case replicate
  /// The image from its other side.
  case circular

  /// Where position `i` of a padded axis comes from; `nil` is zero.
  func source(_ i: Int, length: Int) -> Int? {
    if (0..<length).contains(i) { return i }
    switch self {
    case .zero: return nil
    case .replicate: return min(max(i, 0), length - 1)
    case .circular: return (i % length + length) % length
    case .reflect:
      guard length > 1 else { return 0 }
      let period = 2 * (length - 1)
      let k = (i % period + period) % period
      return k < length ? k : period - k
    }
  }
}

extension Tensor {
  /// `[N, H, W, C]` with pixels added on every side.
  public func padded2D(top: Int, left: Int, bottom: Int, right: Int, mode: PaddingMode) -> Tensor {
    precondition(
      rank == 4 && min(top, left, bottom, right) >= 0,
      "padding \((top, left, bottom, right)) needs [N, H, W, C] and no negative length, got \(shape)")
    precondition(
      mode == .zero || (shape[1] > 0 || top + bottom == 0) && (shape[2] > 0 || left + right == 0),
      "an image of shape \(shape) has nothing to repeat")
    guard max(top, left, bottom, right) > 0 else { return self }
    let (h, w) = (shape[1], shape[2])
    let rows = (-top..<(h + bottom)).map { mode.source($0, length: h) }
    let columns = (-left..<(w + right)).map { mode.source($0, length: w) }
    return values.gatheringPixels(rows, columns).derived(from: [self]) { g, _ in
      guard mode != .zero else {
        return [g.sliced(axis: 1, top..<(top + h)).sliced(axis: 2, left..<(left + w))]
      }
      return [g.applying(SparseMap.gather(rows, from: h).transposed, SparseMap.gather(columns, from: w).transposed)]
    } pushforward: { t in
      t[0]!.gatheringPixels(rows, columns)
    }
  }

  /// `[N, T, C]` with samples added before and after.
  public func padded1D(before: Int, after: Int, mode: PaddingMode) -> Tensor {
    precondition(rank == 3, "padding in one dimension needs [N, T, C], got \(shape)")
    return reshaped(shape[0], 1, shape[1], shape[2])
      .padded2D(top: 0, left: before, bottom: 0, right: after, mode: mode)
      .reshaped(shape[0], shape[1] + before + after, shape[2])
  }

  /// Pixel (i, j) is pixel (rows[i], columns[j]) of this image, or zero.
  private func gatheringPixels(_ rows: [Int?], _ columns: [Int?]) -> Tensor {
    let out = Tensor(uninitialized: [shape[0], rows.count, columns.count, shape[3]], elementType)
    os_gather_pixels(
      Int32(elementType.byteCount), rows.map { Int32($0 ?? -1) }, Int64(rows.count),
      columns.map { Int32($0 ?? -1) }, Int64(columns.count), Int64(shape[0]), Int64(shape[1]), Int64(shape[2]),
      Int64(shape[3]), pointer, out.pointer)
    return out
  }
}

extension SparseMap {
  /// Output `i` is input `sources[i]`, or zero.
  fileprivate static func gather(_ sources: [Int?], from inputs: Int) -> SparseMap {
    var map = SparseMap(inputs: inputs)
    for source in sources { map.append(source.map { [(index: $0, weight: Float(1))] } ?? []) }
    return map
  }
}
