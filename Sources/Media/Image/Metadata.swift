/// What an image file carries beside its pixels.
public struct Metadata: Sendable, Equatable {
  /// Number of pixels per metre, along each axis.
  public struct Resolution: Sendable, Equatable {
    /// Pixels per metre along a row.
    public var x: Int
    /// Pixels per metre down a column.
    public var y: Int

    /// Makes a resolution from both axes.
    public init(x: Int, y: Int) {
      self.x = x
      self.y = y
    }
  }

  /// A key with its value, as in a PNG's tEXt and iTXt chunks.
  public struct Text: Sendable, Equatable {
    /// 1 to 79 Latin-1 characters, such as "Comment" or "Software".
    public var key: String
    /// Any text.
    public var value: String

    /// Makes an entry.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// The ICC profile.
  public var icc: [UInt8]?
  /// The EXIF data: a TIFF structure, without the "Exif" prefix of a JPEG segment.
  public var exif: [UInt8]?
  /// The XMP packet, UTF-8.
  public var xmp: [UInt8]?
  /// Pixels per metre; WebP has no place for it.
  public var resolution: Resolution?
  /// Text entries in file order; only PNG has a place for them.
  public var text: [Text]

  /// Makes metadata; everything is absent unless given.
  public init(
    icc: [UInt8]? = nil, exif: [UInt8]? = nil, xmp: [UInt8]? = nil, resolution: Resolution? = nil,
    text: [Text] = []
  ) {
    self.icc = icc
    self.exif = exif
    self.xmp = xmp
    self.resolution = resolution
    self.text = text
  }

  /// Whether the ICC profile describes images with this many colour channels.
  ///
  /// A grey profile on an RGB image, or the profile of a printing press on pixels that were
  /// converted to RGB, would mislead every viewer; such a profile is not carried on.
  func profileFits(colourChannels: Int) -> Bool {
    guard let icc, icc.count >= 128 else { return false }
    let space = String(decoding: icc[16..<20], as: UTF8.self)
    return colourChannels == 1 ? space == "GRAY" : space == "RGB " || space == "Lab "
  }
}
