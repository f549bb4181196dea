import OneStepMedia
import Testing

@Suite struct ImageDecodingTests {
  @Test(
    "A grey PNG of few bits is spread over 0...255",
    arguments: [("grey1.png", 2, 255), ("grey2.png", 4, 85), ("grey4.png", 16, 17)])
  func fewBits(_ name: String, _ levels: Int, _ step: Int) throws {
    let image = try Fixture.image(name)
    #expect(image.channels == 1 && image.bits == 8)
    #expect(image.integers == Pattern.samples { x, y in [(x + y) % levels * step] })
  }

  @Test("PNGs of each kind give exactly the pattern")
  func kindsOfPNG() throws {
    #expect(try Fixture.image("grey8.png").integers == Pattern.grey)
    #expect(try Fixture.image("rgb8.png").integers == Pattern.rgb)
    let pairs = Pattern.samples { x, y in [20 + 9 * y, 255 - 8 * x] }
    #expect(try Fixture.image("greyalpha8.png").integers == pairs)
    #expect(try Fixture.image("greyalpha8.png").channels == 2)
  }

  @Test("An interlaced PNG gives the same pixels as a plain one")
  func interlaced() throws {
    let image = try Fixture.image("rgba8-interlaced.png")
    #expect(image.channels == 4)
    #expect(image.integers == Pattern.rgba)
  }

  @Test("A PNG of 16 bits keeps all of them")
  func sixteenBits() throws {
    let grey = try Fixture.image("grey16.png")
    #expect(grey.bits == 16 && grey.channels == 1)
    #expect(grey.integers == Pattern.samples { x, y in [(20 + 9 * y) * 257 - x] })
    let rgb = try Fixture.image("rgb16.png")
    #expect(rgb.bits == 16 && rgb.channels == 3)
    let expected = Pattern.rgb.enumerated().map { $1 * 257 - $0 / 3 % Pattern.width }
    #expect(rgb.integers == expected)
  }

  @Test("A palette becomes colours, and its transparency becomes alpha")
  func palettes() throws {
    let plain = try Fixture.image("palette8.png")
    #expect(plain.channels == 3)
    #expect(plain.integers == Pattern.samples { x, _ in [10 + 7 * x, 200 - 7 * x, 5 * x] })
    let clear = try Fixture.image("palette8-alpha.png")
    #expect(clear.channels == 4)
    #expect(
      clear.integers
        == Pattern.samples { x, _ in [10 + 7 * x, 200 - 7 * x, 5 * x, 255 - 8 * x] })
  }

  @Test(
    "JPEGs, baseline and progressive, are close to the pattern", arguments: ["rgb", "progressive"])
  func colourJPEG(_ name: String) throws {
    let image = try Fixture.image(name + ".jpg")
    #expect(image.channels == 3)
    #expect(largestDifference(image.integers, Pattern.rgb) <= 8)
  }

  @Test("A grey JPEG stays grey")
  func greyJPEG() throws {
    let image = try Fixture.image("grey.jpg")
    #expect(image.channels == 1)
    #expect(largestDifference(image.integers, Pattern.grey) <= 3)
  }

  @Test("A CMYK JPEG becomes RGB")
  func inks() throws {
    let image = try Fixture.image("cmyk.jpg")
    #expect(image.channels == 3)
    #expect(largestDifference(image.integers, Pattern.rgb) <= 16)
  }

  @Test("Every EXIF orientation is turned upright and then says so", arguments: 1...8)
  func orientations(_ number: Int) throws {
    let image = try Fixture.image("orientation\(number).jpg")
    #expect(image.width == Pattern.width && image.height == Pattern.height)
    #expect(largestDifference(image.integers, Pattern.rgb) <= 10)
    let again = try Image(decoding: try image.encoded(as: .png), name: "again")
    #expect(again == image)
    #expect(again.metadata.exif != nil)
  }

  @Test("Lossless WebPs give exactly the pattern, lossy ones nearly")
  func webp() throws {
    #expect(try Fixture.image("lossless.webp").integers == Pattern.rgb)
    #expect(try Fixture.image("lossless-alpha.webp").integers == Pattern.rgba)
    #expect(largestDifference(try Fixture.image("lossy.webp").integers, Pattern.rgb) <= 24)
  }

  @Test("Profile, camera data, XMP, resolution and texts arrive")
  func metadata() throws {
    for name in ["metadata.png", "metadata.jpg"] {
      let metadata = try Fixture.image(name).metadata
      #expect(metadata.icc?.count ?? 0 > 300)
      #expect(metadata.exif?.starts(with: [0x4D, 0x4D, 0, 42]) == true)
      #expect(
        metadata.xmp.map { String(decoding: $0, as: UTF8.self) }?.hasPrefix("<x:xmpmeta") == true)
      #expect(metadata.resolution == Metadata.Resolution(x: 11811, y: 5906))
    }
    let text = try Fixture.image("metadata.png").metadata.text
    #expect(text == [.init(key: "Comment", value: "plain é"), .init(key: "Title", value: "植物")])
  }

  @Test("A WebP with EXIF orientation 6 is turned")
  func turnedWebP() throws {
    let image = try Fixture.image("metadata.webp")
    #expect(image.width == Pattern.height && image.height == Pattern.width)
    #expect(image.metadata.icc != nil && image.metadata.xmp != nil)
    // A quarter turn to the right: the top right pixel was the top left one.
    #expect(Array(image.integers[3 * (Pattern.height - 1)..<3 * Pattern.height]) == [10, 20, 0])
  }
}
