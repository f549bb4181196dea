import OneStepMedia

/// The result while its tiles arrive, in the input's channels and bits.
struct Canvas {
  private let source: Image
  private let size: PixelSize
  private var samples: Image.Samples

  init(_ source: Image, _ size: PixelSize) {
    (self.source, self.size) = (source, size)
    let count = size.width * size.height * source.channels
    switch source.samples {
    case .u8: samples = .u8([UInt8](repeating: 0, count: count))
    case .u16: samples = .u16([UInt16](repeating: 0, count: count))
    }
  }

  /// Stores RGB in 0...1 over a region; grey images get the mean of the three.
  mutating func store(_ pixels: [Float], _ region: TilePlan.Region) {
    guard source.colourChannels == 1 else { return write(pixels, region, channels: 0..<3) }
    var grey = [Float](repeating: 0, count: pixels.count / 3)
    for i in grey.indices { grey[i] = (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / 3 }
    write(grey, region, channels: 0..<1)
  }

  /// Enlarges the source's alpha.
  mutating func storeAlpha(_ image: Image, _ resampler: Resampler) {
    let alpha = image.channels - 1..<image.channels
    for rows in stride(from: 0, to: size.height, by: 256) {
      let region = TilePlan.Region(rows: rows..<min(rows + 256, size.height), columns: 0..<size.width)
      write(
        resampler(image, channels: alpha, rows: region.rows, columns: region.columns), region, channels: alpha)
    }
  }

  private mutating func write(_ values: [Float], _ region: TilePlan.Region, channels: Range<Int>) {
    let (width, all) = (size.width, source.channels)
    let rounded = Image.Samples(floats: values, bits: source.bits)
    func spread<S>(_ from: [S], _ to: inout [S]) {
      var next = 0
      for y in region.rows {
        for x in region.columns {
          for c in channels {
            to[(y * width + x) * all + c] = from[next]
            next += 1
          }
        }
      }
    }
    // The enum's payload is taken out while it changes, so that it is not copied.
    switch (rounded, samples) {
    case (.u8(let new), .u8(var old)):
      samples = .u8([])
      spread(new, &old)
      samples = .u8(old)
    case (.u16(let new), .u16(var old)):
      samples = .u16([])
      spread(new, &old)
      samples = .u16(old)
    default: preconditionFailure("rounded to other bits than the source's")
    }
  }

  func image() throws(MediaError) -> Image {
    var metadata = source.metadata
    // The same print size has more pixels now.
    if let r = metadata.resolution, source.width > 0 {
      let scale = size.width / source.width
      metadata.resolution = .init(x: r.x * scale, y: r.y * scale)
    }
    return try Image(
      width: size.width, height: size.height, channels: source.channels, samples: samples, metadata: metadata)
  }
}
