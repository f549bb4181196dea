/// One channel of an image as floating-point values, for measuring. White is 255.
public struct Plane: Sendable, Equatable {
  /// Width and height in pixels.
  public let size: PixelSize
  /// size.height × size.width values, rows from top to bottom.
  public var values: [Double]

  /// Makes a plane; `values` must have width × height entries.
  public init(size: PixelSize, values: [Double]) {
    precondition(
      values.count == size.width * size.height,
      "Plane: expected \(size), got \(values.count) values")
    self.size = size
    self.values = values
  }

  /// One channel of an image on the scale 0...255; 16-bit samples keep their fractions.
  public init(_ image: Image, channel: Int) {
    precondition((0..<image.channels).contains(channel), "Plane: no channel \(channel)")
    let values: [Double] =
      switch image.samples {
      case .u8(let samples): Plane.gather(samples, image, channel) { Double($0) }
      case .u16(let samples): Plane.gather(samples, image, channel) { Double($0) / 257 }
      }
    self.init(size: image.size, values: values)
  }

  private static func gather<Sample>(
    _ samples: [Sample], _ image: Image, _ channel: Int, _ value: (Sample) -> Double
  ) -> [Double] {
    let total = image.width * image.height
    return [Double](unsafeUninitializedCapacity: total) { result, count in
      for i in 0..<total { result[i] = value(samples[i * image.channels + channel]) }
      count = total
    }
  }

  /// The luma of an image as the super-resolution literature takes it, in 16...235 and not rounded.
  ///
  /// Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 with R, G, B in 0...255 (ITU-R BT.601). A
  /// grey image counts as R = G = B; alpha is ignored.
  public init(luma image: Image) {
    let planes = Plane.colours(of: image)
    let red = planes[0].values
    let green = planes[planes.count / 2].values
    let blue = planes[planes.count - 1].values
    let values: [Double] = red.indices.map { i in
      let sum: Double = 65.481 * red[i] + 128.553 * green[i] + 24.966 * blue[i]
      return 16 + sum / 255
    }
    self.init(size: image.size, values: values)
  }

  /// Width in pixels.
  public var width: Int { size.width }
  /// Height in pixels.
  public var height: Int { size.height }

  /// The plane without `border` pixels on every side; at least one pixel must be left.
  public func cropped(border: Int) -> Plane {
    if border == 0 { return self }
    let inner = PixelSize(width: width - 2 * border, height: height - 2 * border)
    precondition(
      border > 0 && inner.width > 0 && inner.height > 0, "Plane: nothing left within \(border)")
    var result = [Double]()
    result.reserveCapacity(inner.width * inner.height)
    for row in border..<height - border {
      result += values[row * width + border..<(row + 1) * width - border]
    }
    return Plane(size: inner, values: result)
  }

  /// The colour channels: one for grey, three for RGB.
  static func colours(of image: Image) -> [Plane] {
    (0..<image.colourChannels).map { Plane(image, channel: $0) }
  }

  static func * (a: Plane, b: Plane) -> Plane {
    var product = a
    for i in product.values.indices { product.values[i] *= b.values[i] }
    return product
  }
}

/// Two images of one size as planes to be compared.
struct PlanePairs {
  let pairs: [(Plane, Plane)]

  /// The colour channels of both; when only one is grey, it counts as R = G = B.
  static func colours(_ a: Image, _ b: Image, border: Int) throws(MediaError) -> PlanePairs {
    try check(a.size, b.size, border: border)
    let first = Plane.colours(of: a)
    let second = Plane.colours(of: b)
    let count = max(first.count, second.count)
    return PlanePairs(
      pairs: (0..<count).map { channel in
        (
          first[min(channel, first.count - 1)].cropped(border: border),
          second[min(channel, second.count - 1)].cropped(border: border)
        )
      })
  }

  static func luma(_ a: Image, _ b: Image, border: Int) throws(MediaError) -> PlanePairs {
    try check(a.size, b.size, border: border)
    return PlanePairs(pairs: [
      (Plane(luma: a).cropped(border: border), Plane(luma: b).cropped(border: border))
    ])
  }

  /// Both sides less the border must reach `minimum` pixels.
  func requiring(_ minimum: Int, for purpose: String) throws(MediaError) -> PlanePairs {
    let size = pairs[0].0.size
    if min(size.width, size.height) < minimum {
      throw .tooSmall(size, minimum: minimum, purpose: purpose)
    }
    return self
  }

  private static func check(_ a: PixelSize, _ b: PixelSize, border: Int) throws(MediaError) {
    precondition(border >= 0, "a border of \(border) pixels")
    if a != b { throw .sizesDiffer(a, b) }
    if min(a.width, a.height) <= 2 * border {
      throw .tooSmall(a, minimum: 2 * border + 1, purpose: "a comparison without its border")
    }
  }
}
