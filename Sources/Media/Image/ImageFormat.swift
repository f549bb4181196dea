/// The file formats that are read and written.
public enum ImageFormat: String, CaseIterable, Sendable {
  case png
  case jpeg
  case webp

  /// The format a file extension stands for, with or without its dot, in any case; nil when
  /// unknown.
  public init?(pathExtension: String) {
    switch pathExtension.drop(while: { $0 == "." }).lowercased() {
    case "png": self = .png
    case "jpg", "jpeg", "jpe", "jfif": self = .jpeg
    case "webp": self = .webp
    default: return nil
    }
  }

  /// The usual file extension, without a dot.
  public var pathExtension: String { self == .jpeg ? "jpg" : rawValue }

  /// The name as people write it.
  public var displayName: String {
    switch self {
    case .png: "PNG"
    case .jpeg: "JPEG"
    case .webp: "WebP"
    }
  }

  /// The format whose magic bytes stand at the beginning, or nil.
  public static func sniff(_ bytes: [UInt8]) -> ImageFormat? {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      return .webp
    }
    return nil
  }
}

/// Things that are often handed over in place of a readable image.
public enum ForeignFile: Sendable, Equatable {
  case html
  case largeFilePointer
  case gif
  case bmp
  case tiff
  case avif
  case heic
  case jpegXL
  case jpeg2000
  case pdf
  case svg
  case unknown

  /// What the first bytes look like.
  public static func sniff(_ bytes: [UInt8]) -> ForeignFile {
    let head = bytes.prefix(512)
    if head.starts(with: "version https://git-lfs".utf8) { return .largeFilePointer }
    if head.starts(with: "GIF8".utf8) { return .gif }
    if head.starts(with: "BM".utf8), bytes.count >= 26 { return .bmp }
    if head.starts(with: [0x49, 0x49, 0x2A, 0]) || head.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
      return .tiff
    }
    if head.starts(with: "%PDF".utf8) { return .pdf }
    if head.starts(with: [0xFF, 0x0A]) || head.dropFirst(4).starts(with: "JXL ".utf8) {
      return .jpegXL
    }
    if head.dropFirst(4).starts(with: "jP  ".utf8) { return .jpeg2000 }
    if head.dropFirst(4).starts(with: "ftyp".utf8) { return sniffBrands(Array(head.dropFirst(8))) }
    let text = String(decoding: head, as: UTF8.self).lowercased()
      .drop(while: { $0.isWhitespace || $0 == "\u{FEFF}" })
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return .html }
    if text.hasPrefix("<svg") || (text.hasPrefix("<?xml") && text.contains("<svg")) { return .svg }
    return .unknown
  }

  private static func sniffBrands(_ bytes: [UInt8]) -> ForeignFile {
    let brands = String(decoding: bytes.prefix(40), as: UTF8.self)
    if brands.contains("avif") || brands.contains("avis") { return .avif }
    for brand in ["heic", "heix", "hevc", "mif1", "msf1", "heim", "heis"]
    where brands.hasPrefix(brand) {
      return .heic
    }
    return .unknown
  }

  var sentence: String {
    switch self {
    case .html: "is a web page, not an image. Was it saved from a link that needs a login?"
    case .largeFilePointer:
      "is a Git LFS pointer, not the image itself. Run 'git lfs pull' to fetch it."
    case .gif: "is a GIF, which is not read. Convert it to PNG first."
    case .bmp: "is a BMP, which is not read. Convert it to PNG first."
    case .tiff: "is a TIFF (or a camera raw file), which is not read. Convert it to PNG first."
    case .avif: "is an AVIF, which is not read. Convert it to PNG first."
    case .heic: "is a HEIC, which is not read. Convert it to JPEG or PNG first."
    case .jpegXL: "is a JPEG XL, which is not read. Convert it to PNG first."
    case .jpeg2000: "is a JPEG 2000, which is not read. Convert it to PNG first."
    case .pdf: "is a PDF, not an image. Render the page to PNG first."
    case .svg: "is an SVG drawing, not a raster image. Render it to PNG first."
    case .unknown: "is not a PNG, JPEG or WebP image. Check that it is the file you meant."
    }
  }
}
