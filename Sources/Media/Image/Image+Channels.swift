extension Image {
  /// Whether every pixel is fully opaque; reads the whole alpha channel.
  public var isOpaque: Bool {
    guard hasAlpha else { return true }
    func allAtTop<Sample: FixedWidthInteger>(_ values: [Sample]) -> Bool {
      stride(from: channels - 1, to: values.count, by: channels).allSatisfy {
        values[$0] == Sample.max
      }
    }
    switch samples {
    case .u8(let values): return allAtTop(values)
    case .u16(let values): return allAtTop(values)
    }
  }

  /// The image with three colour channels, and alpha if it had one; grey is repeated.
  public func expandedToRGB() -> Image {
    channels >= 3 ? self : selecting(channels == 1 ? [0, 0, 0] : [0, 0, 0, 1])
  }

  /// The image without its alpha channel; colours stay as they are.
  public func withoutAlpha() -> Image {
    hasAlpha ? selecting(Array(0..<colourChannels)) : self
  }

  /// The part of the image inside both ranges, which must lie inside it and not be empty.
  public func cropped(rows: Range<Int>, columns: Range<Int>) -> Image {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= height && columns.lowerBound >= 0
        && columns.upperBound <= width && !rows.isEmpty && !columns.isEmpty,
      "Image.cropped: region outside \(width)x\(height)")
    func cut<Sample>(_ values: [Sample]) -> [Sample] {
      var part = [Sample]()
      part.reserveCapacity(rows.count * columns.count * channels)
      for row in rows {
        let start = (row * width + columns.lowerBound) * channels
        part += values[start..<start + columns.count * channels]
      }
      return part
    }
    return Image(
      unchecked: PixelSize(width: columns.count, height: rows.count), channels, mapped(cut, cut),
      metadata)
  }

  /// The samples of some channels rounded to 8 bits.
  func bytes(channels selected: Range<Int>) -> [UInt8] {
    let image = selected.count == channels ? self : selecting(Array(selected))
    switch image.samples {
    case .u8(let values): return values
    case .u16(let values): return values.map { UInt8((UInt32($0) + 128) / 257) }
    }
  }

  /// A new image whose channel i is channel `order[i]` of this one.
  func selecting(_ order: [Int]) -> Image {
    func gather<Sample>(_ values: [Sample]) -> [Sample] {
      var result = [Sample]()
      result.reserveCapacity(width * height * order.count)
      for pixel in 0..<width * height {
        for channel in order { result.append(values[pixel * channels + channel]) }
      }
      return result
    }
    return Image(unchecked: size, order.count, mapped(gather, gather), metadata)
  }

  func mapped(
    _ bytes: ([UInt8]) -> [UInt8], _ words: ([UInt16]) -> [UInt16]
  ) -> Samples {
    switch samples {
    case .u8(let values): .u8(bytes(values))
    case .u16(let values): .u16(words(values))
    }
  }

  /// For results whose shape is right by construction.
  init(unchecked size: PixelSize, _ channels: Int, _ samples: Samples, _ metadata: Metadata) {
    width = size.width
    height = size.height
    self.channels = channels
    self.samples = samples
    self.metadata = metadata
  }
}
