extension Image {
  /// Samples of a region as floats in 0...1, in the order of `samples`.
  ///
  /// Every range defaults to the whole. The result has rows.count × columns.count × channels.count
  /// values; ranges must lie inside the image.
  public func floats(
    channels selected: Range<Int>? = nil, rows: Range<Int>? = nil, columns: Range<Int>? = nil
  ) -> [Float] {
    let selected = selected ?? 0..<channels
    let rows = rows ?? 0..<height
    let columns = columns ?? 0..<width
    precondition(
      selected.lowerBound >= 0 && selected.upperBound <= channels && rows.lowerBound >= 0
        && rows.upperBound <= height && columns.lowerBound >= 0 && columns.upperBound <= width,
      "Image.floats: region outside \(width)x\(height)x\(channels)")
    let region = Region(self, selected, rows, columns)
    switch samples {
    case .u8(let values): return region.gather(values, top: 255)
    case .u16(let values): return region.gather(values, top: 65535)
    }
  }

  /// The colour of a region as RGB floats in 0...1; grey is repeated and alpha left out.
  ///
  /// The result has rows.count × columns.count × 3 values.
  public func rgbFloats(rows: Range<Int>? = nil, columns: Range<Int>? = nil) -> [Float] {
    let colour = floats(channels: 0..<colourChannels, rows: rows, columns: columns)
    if colourChannels == 3 { return colour }
    return [Float](unsafeUninitializedCapacity: colour.count * 3) { target, count in
      for i in 0..<colour.count {
        target[3 * i] = colour[i]
        target[3 * i + 1] = colour[i]
        target[3 * i + 2] = colour[i]
      }
      count = colour.count * 3
    }
  }

  /// Makes an image from floats, clamped to 0...1 and rounded to the nearest of 8 or 16 bits.
  ///
  /// `floats` has width × height × channels values in the order of `samples`; NaN becomes 0.
  /// Throws `wrongShape` like the other initialiser.
  public init(
    floats: [Float], width: Int, height: Int, channels: Int, bits: Int = 8,
    metadata: Metadata = Metadata()
  ) throws(MediaError) {
    try self.init(
      width: width, height: height, channels: channels,
      samples: Samples(floats: floats, bits: bits), metadata: metadata)
  }
}

extension Image.Samples {
  /// Floats clamped to 0...1 and rounded to 8 or 16 bits, halves to even; NaN becomes 0.
  public init(floats: [Float], bits: Int = 8) {
    precondition(bits == 8 || bits == 16, "Image.Samples: expected 8 or 16 bits, got \(bits)")
    if bits == 8 {
      self = .u8(
        [UInt8](unsafeUninitializedCapacity: floats.count) { target, count in
          for i in 0..<floats.count {
            target[i] = UInt8(truncatingIfNeeded: roundedBits(floats[i], 255))
          }
          count = floats.count
        })
    } else {
      self = .u16(
        [UInt16](unsafeUninitializedCapacity: floats.count) { target, count in
          for i in 0..<floats.count {
            target[i] = UInt16(truncatingIfNeeded: roundedBits(floats[i], 65535))
          }
          count = floats.count
        })
    }
  }
}

/// The nearest integer to `value * top` in the low bits: adding 2²³ leaves no room for a fraction.
/// Unlike a conversion it cannot trap, so loops over it become vector code.
@inline(__always)
private func roundedBits(_ value: Float, _ top: Float) -> UInt32 {
  let positive = value > 0 ? value : 0  // false for NaN
  let clamped = positive < 1 ? positive : 1
  return (clamped * top + 8_388_608).bitPattern
}

/// A box of samples inside an image.
private struct Region {
  let width: Int, channels: Int
  let selected: Range<Int>, rows: Range<Int>, columns: Range<Int>

  init(_ image: Image, _ selected: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>) {
    width = image.width
    channels = image.channels
    self.selected = selected
    self.rows = rows
    self.columns = columns
  }

  func gather<Sample: FixedWidthInteger>(_ values: [Sample], top: Float) -> [Float] {
    let total = rows.count * columns.count * selected.count
    return [Float](unsafeUninitializedCapacity: total) { target, count in
      values.withUnsafeBufferPointer { source in
        for row in rows {
          let start = (row * width + columns.lowerBound) * channels
          let line = UnsafeMutableBufferPointer(rebasing: target[count...])
          if selected.count == channels {
            for i in 0..<columns.count * channels { line[i] = Float(source[start + i]) / top }
          } else {
            var i = 0
            for column in 0..<columns.count {
              for channel in selected {
                line[i] = Float(source[start + column * channels + channel]) / top
                i += 1
              }
            }
          }
          count += columns.count * selected.count
        }
      }
    }
  }
}
