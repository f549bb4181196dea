/// How a camera was held: the eight values of the EXIF orientation tag (0x0112).
enum Orientation: Int {
  case upright = 1
  case mirrored, upsideDown, mirroredUpsideDown
  case transposed, quarterTurnRight, transversed, quarterTurnLeft

  var swapsSides: Bool { rawValue >= 5 }

  /// Where the pixel at column x, row y of the upright image lies in the stored one.
  func stored(x: Int, y: Int, width: Int, height: Int) -> (x: Int, y: Int) {
    switch self {
    case .upright: (x, y)
    case .mirrored: (width - 1 - x, y)
    case .upsideDown: (width - 1 - x, height - 1 - y)
    case .mirroredUpsideDown: (x, height - 1 - y)
    case .transposed: (y, x)
    case .quarterTurnRight: (y, height - 1 - x)
    case .transversed: (width - 1 - y, height - 1 - x)
    case .quarterTurnLeft: (width - 1 - y, x)
    }
  }
}

extension Image {
  /// The image as the camera saw it, with the orientation tag reset.
  func upright() -> Image {
    guard let exif = metadata.exif, let tag = OrientationTag(exif: exif) else { return self }
    guard let orientation = Orientation(rawValue: tag.value), orientation != .upright else {
      return self
    }
    func index(_ x: Int, _ y: Int) -> Int {
      let from = orientation.stored(x: x, y: y, width: width, height: height)
      return (from.y * width + from.x) * channels
    }
    func turn<Sample>(_ values: [Sample]) -> [Sample] {
      let (newWidth, newHeight) = orientation.swapsSides ? (height, width) : (width, height)
      var result = [Sample]()
      result.reserveCapacity(values.count)
      let start = index(0, 0)
      let right = index(1, 0) - start  // steps in `values` for a step in the result
      let down = index(0, 1) - start
      for y in 0..<newHeight {
        for x in 0..<newWidth {
          let from = start + x * right + y * down
          for channel in 0..<channels { result.append(values[from + channel]) }
        }
      }
      return result
    }
    var turned = metadata
    turned.exif = tag.reset(in: exif)
    if orientation.swapsSides, let old = metadata.resolution {
      turned.resolution = Metadata.Resolution(x: old.y, y: old.x)
    }
    let newSize = orientation.swapsSides ? PixelSize(width: height, height: width) : size
    return Image(unchecked: newSize, channels, mapped(turn, turn), turned)
  }
}

/// Finds tag 0x0112 in the first directory of a TIFF structure.
private struct OrientationTag {
  let value: Int
  private let offset: Int
  private let isBigEndian: Bool

  init?(exif: [UInt8]) {
    guard exif.count >= 14 else { return nil }
    if exif.starts(with: [0x4D, 0x4D, 0, 42]) {
      isBigEndian = true
    } else if exif.starts(with: [0x49, 0x49, 42, 0]) {
      isBigEndian = false
    } else {
      return nil
    }
    let big = isBigEndian
    func number(at offset: Int, bytes count: Int) -> Int? {
      guard offset >= 0, offset + count <= exif.count else { return nil }
      let bytes = exif[offset..<offset + count]
      return (big ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2)
    else { return nil }
    for entry in 0..<entries {
      let start = directory + 2 + 12 * entry  // tag, type, count, value
      guard let tag = number(at: start, bytes: 2) else { return nil }
      if tag == 0x0112, number(at: start + 2, bytes: 2) == 3,
        let value = number(at: start + 8, bytes: 2)
      {
        self.value = value
        offset = start + 8
        return
      }
    }
    return nil
  }

  /// The same bytes with the tag saying "upright".
  func reset(in exif: [UInt8]) -> [UInt8] {
    var exif = exif
    exif[offset] = isBigEndian ? 0 : 1
    exif[offset + 1] = isBigEndian ? 1 : 0
    return exif
  }
}
