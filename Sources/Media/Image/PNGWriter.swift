import CImageCodecs

/// Writes a PNG row by row, so that a large result never needs a second copy in memory.
///
/// Append all rows from top to bottom, then call `finish`. Until then the file has a temporary name
/// in the same folder; if the writer is dropped before, that is removed.
public struct PNGWriter: ~Copyable {
  /// Pixels per row, and rows.
  public let size: PixelSize
  /// Samples per pixel, 1...4.
  public let channels: Int
  /// Bits per sample, 8 or 16.
  public let bits: Int
  /// Rows still to be appended.
  public private(set) var remainingRows: Int

  private let native: NativePNGWriter
  private var pending: PendingFile?

  /// Opens a file for writing. Throws `MediaError` of kind `cannotWrite`, or `wrongShape`.
  public init(
    path: String, size: PixelSize, channels: Int, bits: Int = 8, metadata: Metadata = Metadata(),
    effort: EncodingEffort = .fast
  ) throws(MediaError) {
    let pending = PendingFile(path: path)
    let temporaryPath = pending.temporaryPath
    let native = try NativePNGWriter(
      path: path, temporaryPath: temporaryPath, size, channels, bits, metadata, effort)
    self.init(native, pending, size, channels, bits)
  }

  init(encoding image: Image, effort: EncodingEffort) throws(MediaError) {
    let native = try NativePNGWriter(
      path: nil, temporaryPath: nil, image.size, image.channels, image.bits, image.metadata, effort)
    self.init(native, nil, image.size, image.channels, image.bits)
  }

  private init(
    _ native: NativePNGWriter, _ pending: consuming PendingFile?, _ size: PixelSize,
    _ channels: Int,
    _ bits: Int
  ) {
    self.native = native
    self.pending = pending
    self.size = size
    self.channels = channels
    self.bits = bits
    remainingRows = size.height
  }

  /// Appends whole rows.
  ///
  /// The number of samples must be a multiple of width × channels and must not exceed what is left;
  /// the sample type must be that of `bits`. Otherwise throws `wrongShape`.
  public mutating func append(_ samples: Image.Samples) throws(MediaError) {
    let rowLength = size.width * channels
    let (rows, rest) = samples.count.quotientAndRemainder(dividingBy: rowLength)
    guard rest == 0, rows <= remainingRows else {
      throw .wrongShape(
        width: size.width, height: remainingRows, channels: channels, samples: samples.count)
    }
    switch samples {
    case .u8(let values) where bits == 8:
      values.withUnsafeBytes { native.append($0, rows: rows) }
    case .u16(let values) where bits == 16:
      values.withUnsafeBytes { native.append($0, rows: rows) }
    default:
      throw .wrongShape(
        width: size.width, height: size.height, channels: channels, samples: samples.count)
    }
    remainingRows -= rows
    try native.check()
  }

  /// Completes the file and gives it its name. Throws `wrongShape` when rows are missing.
  public consuming func finish() throws(MediaError) {
    try complete()
    try pending?.commit()
  }

  consuming func finishedBytes() throws(MediaError) -> [UInt8] {
    try complete()
    return native.bytes
  }

  private mutating func complete() throws(MediaError) {
    guard remainingRows == 0 else {
      throw .wrongShape(
        width: size.width, height: size.height, channels: channels,
        samples: (size.height - remainingRows) * size.width * channels)
    }
    try native.finish()
  }
}

/// Owns the C writer.
private final class NativePNGWriter {
  private let writer: OpaquePointer
  private let path: String?

  init(
    path: String?, temporaryPath: String?, _ size: PixelSize, _ channels: Int, _ bits: Int,
    _ metadata: Metadata, _ effort: EncodingEffort
  ) throws(MediaError) {
    let sides = 1...Int(Int32.max)
    guard sides.contains(size.width), sides.contains(size.height), (1...4).contains(channels),
      bits == 8 || bits == 16
    else {
      throw .wrongShape(width: size.width, height: size.height, channels: channels, samples: 0)
    }
    let shape = cic_shape(
      width: UInt32(size.width), height: UInt32(size.height), channels: UInt32(channels),
      bits: UInt32(bits))
    let opened = metadata.withCodecMetadata(colourChannels: channels < 3 ? 1 : 3) {
      cic_png_writer_open(temporaryPath, shape, $0, effort.rawValue)
    }
    guard let opened else { throw .outOfMemory(name: path ?? "output") }
    writer = opened
    self.path = path
    try check()
  }

  deinit {
    cic_png_writer_close(writer)
  }

  func append(_ rows: UnsafeRawBufferPointer, rows count: Int) {
    _ = cic_png_writer_rows(writer, rows.baseAddress, UInt32(count))
  }

  func finish() throws(MediaError) {
    _ = cic_png_writer_finish(writer)
    try check()
  }

  var bytes: [UInt8] {
    let bytes = cic_png_writer_bytes(writer)
    return Array(UnsafeBufferPointer(start: bytes.bytes, count: bytes.count))
  }

  func check() throws(MediaError) {
    let message = String(cString: cic_png_writer_message(writer))
    switch cic_png_writer_status(writer) {
    case CIC_OK: return
    case CIC_IO: throw .unwritable(path: path ?? "output", reason: message)
    case CIC_NO_MEMORY: throw .outOfMemory(name: path ?? "output")
    default: throw .cannotEncode(.png, detail: message)
    }
  }
}
