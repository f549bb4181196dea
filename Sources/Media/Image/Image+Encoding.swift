import CImageCodecs

/// How much time an encoder may spend on making the file smaller.
public enum EncodingEffort: Int32, Sendable {
  /// PNG: one filter and run lengths. The default.
  case fast = 0
  /// About the usual settings of each format.
  case balanced = 1
  /// The smallest file, however long it takes.
  case smallest = 2
}

extension Image {
  /// The bytes of an image file.
  ///
  /// - Parameters:
  ///   - quality: 1...100 for JPEG (92 when nil) and lossy WebP; a WebP is lossless when nil. PNG
  ///     ignores it.
  ///   - effort: how hard PNG and WebP try to be small.
  ///
  /// 16 bits survive only in PNG, and are rounded to 8 otherwise. WebP turns grey into RGB. JPEG
  /// has no alpha: an opaque alpha channel is left out, a transparent one throws `cannotHoldAlpha`.
  /// EXIF and XMP above 65 kB do not fit into a JPEG and are left out there.
  public func encoded(
    as format: ImageFormat, quality: Int? = nil, effort: EncodingEffort = .fast
  ) throws(MediaError) -> [UInt8] {
    switch format {
    case .png:
      var writer = try PNGWriter(encoding: self, effort: effort)
      try writer.append(samples)
      return try writer.finishedBytes()
    case .jpeg:
      return try encodedJPEG(quality: min(max(quality ?? 92, 1), 100))
    case .webp:
      return try encodedWebP(quality: quality.map { min(max($0, 1), 100) } ?? 0, effort: effort)
    }
  }

  /// Writes an image file, complete or not at all: it appears under its name by a rename.
  ///
  /// The format comes from the extension unless given; the other parameters are those of
  /// `encoded(as:quality:effort:)`. Throws `MediaError` of kind `cannotWrite`.
  public func write(
    to path: String, format: ImageFormat? = nil, quality: Int? = nil, effort: EncodingEffort = .fast
  ) throws(MediaError) {
    guard let format = format ?? ImageFormat(path: path) else {
      throw .unknownExtension(path: path)
    }
    if format == .png {
      var writer = try PNGWriter(
        path: path, size: size, channels: channels, bits: bits, metadata: metadata, effort: effort)
      try writer.append(samples)
      try writer.finish()
    } else {
      try writeFile(try encoded(as: format, quality: quality, effort: effort), to: path)
    }
  }

  private func encodedJPEG(quality: Int) throws(MediaError) -> [UInt8] {
    if hasAlpha && !isOpaque { throw .cannotHoldAlpha(.jpeg) }
    let pixels = bytes(channels: 0..<colourChannels)
    let output = withShape(colourChannels) { shape, metadata in
      cic_jpeg_encode(pixels, shape, metadata, Int32(quality))
    }
    return try Image.collect(output, .jpeg)
  }

  private func encodedWebP(quality: Int, effort: EncodingEffort) throws(MediaError) -> [UInt8] {
    let rgb = expandedToRGB()
    let pixels = rgb.bytes(channels: 0..<rgb.channels)
    let output = rgb.withShape(rgb.channels) { shape, metadata in
      cic_webp_encode(pixels, shape, metadata, Int32(quality), effort.rawValue)
    }
    return try Image.collect(output, .webp)
  }

  private func withShape<Result>(
    _ channels: Int, _ body: (cic_shape, UnsafePointer<cic_metadata>) -> Result
  ) -> Result {
    let shape = cic_shape(
      width: UInt32(width), height: UInt32(height), channels: UInt32(channels), bits: 8)
    return metadata.withCodecMetadata(colourChannels: colourChannels) { body(shape, $0) }
  }

  private static func collect(
    _ output: OpaquePointer?, _ format: ImageFormat
  ) throws(MediaError) -> [UInt8] {
    guard let output else { throw .outOfMemory(name: "output") }
    defer { cic_output_close(output) }
    switch cic_output_status(output) {
    case CIC_OK: break
    case CIC_NO_MEMORY: throw .outOfMemory(name: "output")
    default: throw .cannotEncode(format, detail: String(cString: cic_output_message(output)))
    }
    let bytes = cic_output_bytes(output)
    return Array(UnsafeBufferPointer(start: bytes.bytes, count: bytes.count))
  }
}

extension ImageFormat {
  /// The format that the extension of a path stands for, or nil.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    self.init(pathExtension: String(path[dot...]))
  }
}
