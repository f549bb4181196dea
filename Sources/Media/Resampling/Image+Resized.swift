extension Image {
  /// The image in another size, rounded to its own bit depth.
  ///
  /// All channels are resampled alike, alpha included; metadata stays, the resolution is scaled.
  public func resized(
    to target: PixelSize, kernel: ResamplingKernel = .bicubic,
    border: ResamplingBorder = .renormalised
  ) -> Image {
    resized(by: Resampler(from: size, to: target, kernel: kernel, border: border))
  }

  /// The image resized by a resampler made for its size.
  public func resized(by resampler: Resampler) -> Image {
    var carried = metadata
    if let old = metadata.resolution {
      carried.resolution = Metadata.Resolution(
        x: old.x * resampler.target.width / width, y: old.y * resampler.target.height / height)
    }
    return Image(
      unchecked: resampler.target, channels, Samples(floats: resampler(self), bits: bits), carried)
  }
}
