import Kernels

/// Exchanges channels for pixels.
extension Tensor {
  /// Depth to space: `[N, H, W, C r r]` to `[N, H r, W r, C]`. Input channel `c r r + i r + j` becomes channel `c` of
  /// pixel `(i, j)` in its block of `r` by `r`, the channel order of PyTorch's checkpoints.
  public func pixelShuffled(_ r: Int) -> Tensor {
    precondition(
      rank == 4 && r > 0 && shape[3] % (r * r) == 0,
      "pixel shuffle by \(r) needs [N, H, W, a multiple of \(r * r)], got \(shape)")
    return values.shuffledPixels(r).derived(from: [self]) { g, _ in
      [g.unshuffledPixels(r)]
    } pushforward: { t in
      t[0]!.shuffledPixels(r)
    }
  }

  /// Space to depth, the inverse of ``pixelShuffled(_:)``: `[N, H r, W r, C]` to `[N, H, W, C r r]`.
  public func pixelUnshuffled(_ r: Int) -> Tensor {
    precondition(
      rank == 4 && r > 0 && shape[1] % r == 0 && shape[2] % r == 0,
      "pixel unshuffle by \(r) needs a height and width that are multiples of \(r), got \(shape)")
    return values.unshuffledPixels(r).derived(from: [self]) { g, _ in
      [g.shuffledPixels(r)]
    } pushforward: { t in
      t[0]!.unshuffledPixels(r)
    }
  }

  private func shuffledPixels(_ r: Int) -> Tensor {
    let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3] / (r * r))
    let out = Tensor(uninitialized: [n, h * r, w * r, c], elementType)
    os_pixel_shuffle(
      Int32(elementType.byteCount), Int64(n), Int64(h), Int64(w), Int64(c), Int64(r), pointer, out.pointer)
    return out
  }

  private func unshuffledPixels(_ r: Int) -> Tensor {
    let (n, h, w, c) = (shape[0], shape[1] / r, shape[2] / r, shape[3])
    let out = Tensor(uninitialized: [n, h, w, c * r * r], elementType)
    os_pixel_unshuffle(
      Int32(elementType.byteCount), Int64(n), Int64(h), Int64(w), Int64(c), Int64(r), pointer, out.pointer)
    return out
  }
}
