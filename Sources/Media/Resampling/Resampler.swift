/// Resizes images of one size to another, one direction after the other.
///
/// Weights are worked out once; the same resampler may be used for any number of images, from
/// several threads at once. Any part of the result can be computed by itself, and has the same bits
/// as the same part of the whole: tiles join without a seam.
///
/// Layout of all buffers: rows × columns × channels, interleaved floats.
public struct Resampler: Sendable {
  /// Size of the input.
  public let source: PixelSize
  /// Size of the result.
  public let target: PixelSize
  let horizontal: ResamplingAxis
  let vertical: ResamplingAxis

  /// Prepares the weights for one pair of sizes.
  ///
  /// - Parameters:
  ///   - scale: target / source in both directions, when it differs from the ratio of the sizes (half of
  ///     an odd size); nil takes the ratio of each direction.
  ///   - antialias: whether the kernel is widened when the image shrinks.
  ///
  /// Both sizes must be at least 1 × 1.
  public init(
    from source: PixelSize, to target: PixelSize, kernel: ResamplingKernel = .bicubic,
    border: ResamplingBorder = .renormalised, scale: Double? = nil, antialias: Bool = true
  ) {
    precondition(
      min(source.width, source.height, target.width, target.height) > 0,
      "Resampler: expected sizes of at least 1x1, got \(source) and \(target)")
    self.source = source
    self.target = target
    horizontal = ResamplingAxis(
      inputs: source.width, outputs: target.width,
      scale: scale ?? Double(target.width) / Double(source.width), kernel: kernel, border: border,
      antialias: antialias)
    vertical = ResamplingAxis(
      inputs: source.height, outputs: target.height,
      scale: scale ?? Double(target.height) / Double(source.height), kernel: kernel, border: border,
      antialias: antialias)
  }

  /// Antialiased bicubic as PyTorch's `interpolate(mode: bicubic, antialias: true)` computes it.
  public static func antialiased(from source: PixelSize, to target: PixelSize) -> Resampler {
    Resampler(from: source, to: target, kernel: .bicubic, border: .renormalised)
  }

  /// Bicubic as MATLAB's `imresize` computes it, without its rounding to 8 bits.
  public static func matlab(
    from source: PixelSize, to target: PixelSize, scale: Double? = nil
  ) -> Resampler {
    Resampler(from: source, to: target, kernel: .bicubic, border: .symmetric, scale: scale)
  }

  /// Rows of the input that some rows of the result depend on.
  public func sourceRows(for rows: Range<Int>) -> Range<Int> { vertical.inputs(for: rows) }

  /// Columns of the input that some columns of the result depend on.
  public func sourceColumns(for columns: Range<Int>) -> Range<Int> {
    horizontal.inputs(for: columns)
  }

  /// Resizes a whole image, or computes a part of the result.
  ///
  /// `values` has source.height × source.width × channels floats; the result
  /// rows.count × columns.count × channels, where both ranges default to everything.
  public func callAsFunction(
    _ values: [Float], channels: Int, rows: Range<Int>? = nil, columns: Range<Int>? = nil
  ) -> [Float] {
    let region = Region(rows, columns, in: target)
    precondition(
      values.count == source.width * source.height * channels,
      "Resampler: expected \(source.width)x\(source.height)x\(channels) values, got \(values.count)"
    )
    return [Float](unsafeUninitializedCapacity: region.count * channels) { result, count in
      count = region.count * channels
      values.withUnsafeBufferPointer {
        run(
          $0, Region(0..<source.height, 0..<source.width), channels: channels, region, into: result)
      }
    }
  }

  /// The same over memory that the caller owns, so that it can be used again.
  ///
  /// `result` needs room for exactly rows.count × columns.count × channels floats.
  public func callAsFunction(
    _ values: UnsafeBufferPointer<Float>, channels: Int, rows: Range<Int>? = nil,
    columns: Range<Int>? = nil, into result: UnsafeMutableBufferPointer<Float>
  ) {
    let region = Region(rows, columns, in: target)
    precondition(
      values.count == source.width * source.height * channels
        && result.count == region.count * channels,
      "Resampler: the buffers do not have the sizes that were announced")
    run(
      values, Region(0..<source.height, 0..<source.width), channels: channels, region, into: result)
  }

  /// Resizes some channels of an image to floats in about 0...1 (bicubic overshoots a little).
  ///
  /// Only the part of the image that the result depends on is read. The image must have the size of
  /// `source`; the result has rows.count × columns.count × channels floats.
  public func callAsFunction(
    _ image: Image, channels: Range<Int>? = nil, rows: Range<Int>? = nil, columns: Range<Int>? = nil
  ) -> [Float] {
    precondition(
      image.size == source, "Resampler: expected an image of \(source), got \(image.size)")
    let channels = channels ?? 0..<image.channels
    let region = Region(rows, columns, in: target)
    let needed = Region(sourceRows(for: region.rows), sourceColumns(for: region.columns))
    let values = image.floats(channels: channels, rows: needed.rows, columns: needed.columns)
    return [Float](unsafeUninitializedCapacity: region.count * channels.count) { result, count in
      count = region.count * channels.count
      values.withUnsafeBufferPointer {
        run($0, needed, channels: channels.count, region, into: result)
      }
    }
  }

  /// A box of pixels.
  struct Region {
    let rows: Range<Int>
    let columns: Range<Int>
    var count: Int { rows.count * columns.count }

    init(_ rows: Range<Int>, _ columns: Range<Int>) {
      self.rows = rows
      self.columns = columns
    }

    init(_ rows: Range<Int>?, _ columns: Range<Int>?, in size: PixelSize) {
      self.init(rows ?? 0..<size.height, columns ?? 0..<size.width)
      precondition(
        self.rows.lowerBound >= 0 && self.rows.upperBound <= size.height
          && self.columns.lowerBound >= 0 && self.columns.upperBound <= size.width,
        "Resampler: rows \(self.rows), columns \(self.columns) lie outside \(size)")
    }
  }
}
