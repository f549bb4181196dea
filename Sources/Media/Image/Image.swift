/// A raster image with the metadata that travels with it.
///
/// Rows run from top to bottom, pixels from left to right, and the channels of a pixel lie side by
/// side: sample `(y * width + x) * channels + c`.
public struct Image: Sendable, Equatable {
  /// The sample values; 0 is black and the type's maximum is white or opaque.
  public enum Samples: Sendable, Equatable {
    /// 8 bits per channel.
    case u8([UInt8])
    /// 16 bits per channel.
    case u16([UInt16])

    /// Number of samples: width × height × channels.
    public var count: Int {
      switch self {
      case .u8(let values): values.count
      case .u16(let values): values.count
      }
    }
  }

  /// Pixels per row.
  public let width: Int
  /// Number of rows.
  public let height: Int
  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; alpha is not premultiplied.
  public let channels: Int
  /// width × height × channels values; assigning another count is a programmer's error.
  public var samples: Samples {
    didSet { precondition(samples.count == oldValue.count, "Image.samples: the count must stay") }
  }
  /// Profile, camera data and texts.
  public var metadata: Metadata

  /// Makes an image from its samples.
  ///
  /// Throws `MediaError.wrongShape` when a side is below 1, when `channels` is outside 1...4, or
  /// when the number of samples is not width × height × channels.
  public init(
    width: Int, height: Int, channels: Int, samples: Samples, metadata: Metadata = Metadata()
  ) throws(MediaError) {
    guard width > 0, height > 0, (1...4).contains(channels),
      samples.count == Image.sampleCount(width, height, channels)
    else {
      throw .wrongShape(width: width, height: height, channels: channels, samples: samples.count)
    }
    self.width = width
    self.height = height
    self.channels = channels
    self.samples = samples
    self.metadata = metadata
  }

  /// Bits per sample, 8 or 16.
  public var bits: Int {
    switch samples {
    case .u8: 8
    case .u16: 16
    }
  }

  /// Width and height in pixels.
  public var size: PixelSize { PixelSize(width: width, height: height) }

  /// Whether the last channel is an alpha channel.
  public var hasAlpha: Bool { channels == 2 || channels == 4 }

  /// Number of channels that carry light: 1 or 3.
  public var colourChannels: Int { channels < 3 ? 1 : 3 }

  static func sampleCount(_ width: Int, _ height: Int, _ channels: Int) -> Int? {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    let (count, overflow2) = pixels.multipliedReportingOverflow(by: channels)
    return overflow || overflow2 ? nil : count
  }
}

/// The size of an image in pixels.
public struct PixelSize: Sendable, Hashable {
  /// Pixels per row.
  public var width: Int
  /// Number of rows.
  public var height: Int

  /// Makes a size from both sides.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}
