/// Everything that can go wrong with media given by a user.
public enum MediaError: Error, Equatable, Sendable {
  /// A file could not be read; `code` is the system's errno.
  case unreadable(path: String, code: Int32)
  /// A file could not be written; `reason` is the system's message.
  case unwritable(path: String, reason: String)
  /// The file extension names no format that is written.
  case unknownExtension(path: String)
  /// There are no bytes at all.
  case empty(name: String)
  /// The bytes are something other than a readable image.
  case foreign(name: String, ForeignFile)
  /// The bytes end before the image does.
  case truncated(name: String, ImageFormat)
  /// The bytes break the format's rules; `detail` is the decoding library's message.
  case damaged(name: String, ImageFormat, detail: String)
  /// The file holds an animation.
  case animated(name: String)
  /// The file claims more pixels than `Image.pixelLimit`.
  case tooLarge(name: String, width: Int, height: Int)
  /// There was not enough memory for the image.
  case outOfMemory(name: String)
  /// Shape and sample count do not belong together.
  case wrongShape(width: Int, height: Int, channels: Int, samples: Int)
  /// The format has no place for partly transparent pixels.
  case cannotHoldAlpha(ImageFormat)
  /// The image could not be encoded; `detail` says why.
  case cannotEncode(ImageFormat, detail: String)
  /// Two images that are to be compared differ in size.
  case sizesDiffer(PixelSize, PixelSize)
  /// The image is too small for what was asked; sides below `minimum` pixels are refused.
  case tooSmall(PixelSize, minimum: Int, purpose: String)
  /// The checkpoint given as LPIPS's backbone holds no network that LPIPS knows.
  case unfitBackbone(file: String, LPIPS.BackboneFault)

  /// What kind of failure it is, so that a command line can choose its exit code.
  public enum Kind: Sendable {
    /// The data are wrong or unusable (65 in sysexits).
    case badData
    /// The input cannot be opened (66).
    case cannotRead
    /// The output cannot be made (73).
    case cannotWrite
  }

  /// What kind of failure it is.
  public var kind: Kind {
    switch self {
    case .unreadable: .cannotRead
    case .unwritable, .unknownExtension, .cannotHoldAlpha, .cannotEncode: .cannotWrite
    default: .badData
    }
  }
}

extension MediaError: CustomStringConvertible {
  /// One line: where, what, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let code):
      "\(path): cannot be read: \(systemMessage(code)). Check the path and its permissions."
    case .unwritable(let path, let reason):
      "\(path): cannot be written: \(reason). Check the folder, its permissions and the free space."
    case .unknownExtension(let path):
      "\(path): the extension names no image format. Use .png, .jpg or .webp."
    case .empty(let name): "\(name): is empty (0 bytes). Fetch or export it again."
    case .foreign(let name, let found): "\(name): \(found.sentence)"
    case .truncated(let name, let format):
      "\(name): the \(format.displayName) ends too early. Was it cut off while being copied?"
    case .damaged(let name, let format, let detail):
      "\(name): the \(format.displayName) is damaged: \(detail). Fetch or export it again."
    case .animated(let name): "\(name): is an animation. Save the frame you want as a still image."
    case .tooLarge(let name, let width, let height):
      "\(name): claims \(width)x\(height) pixels; at most \(Image.pixelLimit) are accepted. Scale or cut it first."
    case .outOfMemory(let name): "\(name): too little memory for the image. Cut it into parts."
    case .wrongShape(let width, let height, let channels, let samples):
      "an image of \(width)x\(height) pixels and \(channels) channels cannot have \(samples) samples."
    case .cannotHoldAlpha(let format):
      "\(format.displayName) cannot hold transparent pixels. Write PNG or WebP, or remove the alpha channel."
    case .cannotEncode(let format, let detail):
      "the image cannot be written as \(format.displayName): \(detail). Choose another format."
    case .sizesDiffer(let a, let b):
      "the images differ in size: \(a.width)x\(a.height) and \(b.width)x\(b.height). Compare images of one size."
    case .tooSmall(let size, let minimum, let purpose):
      "\(size.width)x\(size.height) pixels are too few for \(purpose). Use sides of at least \(minimum)."
    case .unfitBackbone(let file, let fault): "\(file): \(fault)"
    }
  }
}
