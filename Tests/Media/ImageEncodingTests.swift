import Foundation
import OneStepMedia
import Testing

@Suite struct ImageEncodingTests {
  static let shapes = (1...4).flatMap { channels in [8, 16].map { (channels, $0) } }

  static func noise(_ width: Int, _ height: Int, _ channels: Int, _ bits: Int) throws -> Image {
    var generator = SeededGenerator(state: UInt64(channels * bits))
    let count = width * height * channels
    let samples: Image.Samples =
      bits == 8
      ? .u8((0..<count).map { _ in .random(in: 0...255, using: &generator) })
      : .u16((0..<count).map { _ in .random(in: 0...65535, using: &generator) })
    return try Image(width: width, height: height, channels: channels, samples: samples)
  }

  @Test("PNG gives back every bit of every kind of image", arguments: shapes)
  func exactPNG(_ channels: Int, _ bits: Int) throws {
    for effort in [EncodingEffort.fast, .balanced, .smallest] {
      let image = try Self.noise(17, 7, channels, bits)
      let bytes = try image.encoded(as: .png, effort: effort)
      #expect(try Image(decoding: bytes, name: "it") == image)
    }
  }

  @Test("WebP without a quality is lossless, hidden colours included", arguments: [3, 4])
  func exactWebP(_ channels: Int) throws {
    let image = try Self.noise(17, 7, channels, 8)
    let bytes = try image.encoded(as: .webp)
    #expect(try Image(decoding: bytes, name: "it") == image)
  }

  @Test("WebP turns grey into RGB")
  func greyWebP() throws {
    let image = try Self.noise(5, 4, 1, 8)
    let back = try Image(decoding: try image.encoded(as: .webp), name: "it")
    #expect(back.channels == 3)
    #expect(back == image.expandedToRGB())
  }

  @Test("A higher quality is closer", arguments: [ImageFormat.jpeg, .webp])
  func quality(_ format: ImageFormat) throws {
    let photo = try Fixture.image("photo.png")
    let figures = try [30, 70, 95].map { quality in
      let bytes = try photo.encoded(as: format, quality: quality)
      return try PSNR.rgb(photo, try Image(decoding: bytes, name: "it"))
    }
    #expect(figures == figures.sorted())
    #expect(figures[2] > 36)
  }

  @Test("JPEG refuses transparency but leaves out an opaque alpha channel")
  func alphaInJPEG() throws {
    let clear = try Self.noise(8, 8, 4, 8)
    #expect(throws: MediaError.cannotHoldAlpha(.jpeg)) { try clear.encoded(as: .jpeg) }
    let opaque = try Image(
      width: 1, height: 1, channels: 4, samples: .u8([1, 2, 3, 255]))
    #expect(try Image(decoding: try opaque.encoded(as: .jpeg), name: "it").channels == 3)
  }

  @Test("Metadata survives each format that has a place for it", arguments: ImageFormat.allCases)
  func metadata(_ format: ImageFormat) throws {
    let image = try Fixture.image("metadata.png")
    let back = try Image(decoding: try image.encoded(as: format), name: "it").metadata
    #expect(back.icc == image.metadata.icc)
    #expect(back.exif == image.metadata.exif)
    #expect(back.xmp == image.metadata.xmp)
    if format != .webp { #expect(back.resolution == image.metadata.resolution) }
    if format == .png { #expect(back.text == image.metadata.text) }
  }

  @Test("A profile above 64 kB passes through several JPEG segments")
  func longProfile() throws {
    var image = try Fixture.image("metadata.jpg")
    image.metadata.icc = image.metadata.icc.map { $0 + [UInt8](repeating: 7, count: 150_000) }
    let back = try Image(decoding: try image.encoded(as: .jpeg), name: "it")
    #expect(back.metadata.icc == image.metadata.icc)
  }

  @Test("A profile for RGB is not put on grey pixels")
  func wrongProfile() throws {
    let profile = try Fixture.image("metadata.png").metadata.icc
    var grey = try Self.noise(4, 4, 1, 8)
    grey.metadata.icc = profile
    #expect(try Image(decoding: try grey.encoded(as: .png), name: "it").metadata.icc == nil)
  }

  @Test("Sizes beyond a format's limits are refused in words")
  func limits() throws {
    let long = try Image(
      width: 16384, height: 1, channels: 3, samples: .u8([UInt8](repeating: 0, count: 3 * 16384)))
    #expect(
      throws: MediaError.cannotEncode(.webp, detail: "WebP holds at most 16383 pixels a side")
    ) { try long.encoded(as: .webp) }
  }

  @Test("A written file appears complete and alone", arguments: ImageFormat.allCases)
  func writing(_ format: ImageFormat) throws {
    let folder = try TemporaryFolder()
    let photo = try Fixture.image("photo.png")
    try photo.write(to: folder.path + "/out." + format.pathExtension)
    #expect(folder.names == ["out." + format.pathExtension])
    let back = try Image(contentsOf: folder.path + "/out." + format.pathExtension)
    #expect(back.size == photo.size)
  }

  @Test("Failures to read and write name the path and their kind")
  func failures() throws {
    let photo = try Fixture.image("rgb8.png")
    let missing = #expect(throws: MediaError.self) { try Image(contentsOf: "/no/such.png") }
    #expect(missing?.kind == .cannotRead)
    #expect(missing?.description.hasPrefix("/no/such.png: ") == true)
    let folder = #expect(throws: MediaError.self) { try Image(contentsOf: "/") }
    #expect(folder?.kind == .cannotRead)
    for path in ["/no/such/out.png", "/no/such/out.jpg"] {
      let error = #expect(throws: MediaError.self) { try photo.write(to: path) }
      #expect(error?.kind == .cannotWrite)
    }
    #expect(throws: MediaError.unknownExtension(path: "out.xyz")) { try photo.write(to: "out.xyz") }
  }

  @Test("A symbolic link is written through, and stays a link")
  func links() throws {
    let folder = try TemporaryFolder()
    let photo = try Pattern.image()
    try photo.write(to: folder.path + "/a.png")
    let link = folder.path + "/b.png"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "a.png")
    try photo.cropped(rows: 0..<2, columns: 0..<3).write(to: link)
    #expect(try Image(contentsOf: folder.path + "/a.png").width == 3)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "a.png")
  }

  @Test("Rows written one by one make the same file as the whole image")
  func streaming() throws {
    let folder = try TemporaryFolder()
    let image = try Self.noise(19, 11, 3, 8)
    var writer = try PNGWriter(path: folder.path + "/rows.png", size: image.size, channels: 3)
    for row in 0..<11 {
      try writer.append(image.cropped(rows: row..<row + 1, columns: 0..<19).samples)
    }
    #expect(writer.remainingRows == 0)
    try writer.finish()
    #expect(try Image(contentsOf: folder.path + "/rows.png") == image)
    #expect(folder.names == ["rows.png"])
  }

  @Test("A PNG that is left unfinished leaves nothing behind")
  func unfinished() throws {
    let folder = try TemporaryFolder()
    let image = try Self.noise(4, 2, 3, 8)
    do {
      var writer = try PNGWriter(
        path: folder.path + "/rows.png", size: PixelSize(width: 4, height: 5), channels: 3)
      try writer.append(image.samples)
      #expect(throws: MediaError.self) { try writer.append(.u8([1, 2, 3])) }
    }
    #expect(folder.names.isEmpty)
    let error = #expect(throws: MediaError.self) {
      var writer = try PNGWriter(
        path: folder.path + "/rows.png", size: PixelSize(width: 4, height: 5), channels: 3)
      try writer.append(image.samples)
      try writer.finish()
    }
    #expect(error == .wrongShape(width: 4, height: 5, channels: 3, samples: 24))
    #expect(folder.names.isEmpty)
  }
}
