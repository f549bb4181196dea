/// Whether a super-resolved image still agrees with what was seen: the PSNR, in dB, after
/// shrinking.
///
/// Shrinking is MATLAB's bicubic, kept as floats; RGB, no border.
public enum LowResolutionConsistency {
  /// Between the shrunk image and the shrunk reference.
  ///
  /// Throws `sizesDiffer`, or `tooSmall` when a side is shorter than `scale`. When a side is no
  /// multiple of `scale`, the result's side is rounded up.
  public static func psnr(
    _ image: Image, reference: Image, scale: Int
  ) throws(MediaError) -> Double {
    if image.size != reference.size { throw .sizesDiffer(image.size, reference.size) }
    return between(try shrunk(image, scale), try shrunk(reference, scale))
  }

  /// Between the shrunk image and the low-resolution image it was made from.
  ///
  /// Throws `sizesDiffer` when the image is not `lowResolution` enlarged by a whole factor.
  public static func psnr(_ image: Image, lowResolution: Image) throws(MediaError) -> Double {
    let scale = max(image.width / lowResolution.width, 1)
    guard
      image.width == lowResolution.width * scale, image.height == lowResolution.height * scale
    else { throw .sizesDiffer(image.size, lowResolution.size) }
    return between(try shrunk(image, scale), lowResolution.rgbFloats())
  }

  private static func shrunk(_ image: Image, _ scale: Int) throws(MediaError) -> [Float] {
    precondition(scale >= 1, "LowResolutionConsistency: scale \(scale)")
    if min(image.width, image.height) < scale {
      throw .tooSmall(image.size, minimum: scale, purpose: "shrinking by \(scale)")
    }
    let target = PixelSize(
      width: (image.width + scale - 1) / scale, height: (image.height + scale - 1) / scale)
    let resampler = Resampler.matlab(from: image.size, to: target, scale: 1 / Double(scale))
    return resampler(image.rgbFloats(), channels: 3)
  }

  private static func between(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for i in a.indices {
      let difference = Double(a[i]) - Double(b[i])
      sum += difference * difference
    }
    return decibels(Double(a.count) / sum)
  }
}
