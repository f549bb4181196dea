import CImageCodecs

extension Image {
  /// The most pixels a file may claim: 2²⁸, such as 16384 × 16384.
  public static let pixelLimit = 1 << 28

  /// Reads an image file. The format is taken from its first bytes, never from the extension.
  ///
  /// EXIF orientation is applied to the pixels, and the carried EXIF then says "upright". Palettes
  /// and low bit depths are expanded to 8 bits, 16 bits stay 16 bits, CMYK becomes RGB. Throws
  /// `MediaError` of kind `cannotRead` or `badData`; a file that is cut off always throws.
  public init(contentsOf path: String) throws(MediaError) {
    try self.init(decoding: try readFile(path), name: path)
  }

  /// Decodes the bytes of an image file; `name` stands for it in error messages.
  public init(decoding bytes: [UInt8], name: String) throws(MediaError) {
    if bytes.isEmpty { throw .empty(name: name) }
    guard let format = ImageFormat.sniff(bytes) else {
      throw .foreign(name: name, ForeignFile.sniff(bytes))
    }
    let result = bytes.withUnsafeBufferPointer { Image.decode($0, format, name) }
    self = try result.get().upright()
  }

  private static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, _ format: ImageFormat, _ name: String
  ) -> Result<Image, MediaError> {
    let reader = cic_reader_open(format.code, bytes.baseAddress, bytes.count, UInt64(pixelLimit))
    guard let reader else { return .failure(.outOfMemory(name: name)) }
    defer { cic_reader_close(reader) }
    let shape = cic_reader_shape(reader)
    if let error = failure(of: reader, format, name) { return .failure(error) }

    let samples = Image.samples(from: reader, shape)
    if let error = failure(of: reader, format, name) { return .failure(error) }
    let channels = Int(shape.channels)
    var metadata = Metadata(cic_reader_metadata(reader).pointee)
    if !metadata.profileFits(colourChannels: channels < 3 ? 1 : 3) { metadata.icc = nil }
    return Result { () throws(MediaError) in
      try Image(
        width: Int(shape.width), height: Int(shape.height), channels: channels, samples: samples,
        metadata: metadata)
    }
  }

  private static func samples(from reader: OpaquePointer, _ shape: cic_shape) -> Samples {
    let count = Int(shape.width) * Int(shape.height) * Int(shape.channels)
    if shape.bits == 16 {
      return .u16(
        [UInt16](unsafeUninitializedCapacity: count) { buffer, filled in
          if cic_reader_decode(reader, buffer.baseAddress) == CIC_OK { filled = count }
        })
    }
    return .u8(
      [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        if cic_reader_decode(reader, buffer.baseAddress) == CIC_OK { filled = count }
      })
  }

  private static func failure(
    of reader: OpaquePointer, _ format: ImageFormat, _ name: String
  ) -> MediaError? {
    let shape = cic_reader_shape(reader)
    let message = String(cString: cic_reader_message(reader))
    return switch cic_reader_status(reader) {
    case CIC_OK: nil
    case CIC_TRUNCATED: .truncated(name: name, format)
    case CIC_TOO_LARGE: .tooLarge(name: name, width: Int(shape.width), height: Int(shape.height))
    case CIC_ANIMATED: .animated(name: name)
    case CIC_NO_MEMORY: .outOfMemory(name: name)
    default: .damaged(name: name, format, detail: message)
    }
  }
}

extension ImageFormat {
  fileprivate var code: cic_format {
    switch self {
    case .png: CIC_PNG
    case .jpeg: CIC_JPEG
    case .webp: CIC_WEBP
    }
  }
}

extension Metadata {
  fileprivate init(_ raw: cic_metadata) {
    func array(_ bytes: cic_bytes) -> [UInt8]? {
      bytes.count == 0 ? nil : Array(UnsafeBufferPointer(start: bytes.bytes, count: bytes.count))
    }
    func string(_ characters: UnsafePointer<CChar>, isLatin1: Bool) -> String {
      if !isLatin1 { return String(cString: characters) }
      var scalars = String.UnicodeScalarView()
      var next = characters
      while next.pointee != 0 {
        scalars.append(Unicode.Scalar(UInt8(bitPattern: next.pointee)))
        next += 1
      }
      return String(scalars)
    }
    self.init(icc: array(raw.icc), exif: array(raw.exif), xmp: array(raw.xmp))
    if raw.dots_per_metre_x > 0 && raw.dots_per_metre_y > 0 {
      resolution = Resolution(x: Int(raw.dots_per_metre_x), y: Int(raw.dots_per_metre_y))
    }
    text = UnsafeBufferPointer(start: raw.texts, count: raw.text_count).map {
      Text(
        key: string($0.key, isLatin1: true), value: string($0.value, isLatin1: $0.latin1 != 0))
    }
  }
}
