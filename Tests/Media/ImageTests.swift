import OneStepMedia
import Testing

@Suite struct ImageTests {
  @Test("Counts that do not fit are refused")
  func shapes() throws {
    for (width, height, channels, count) in [
      (2, 2, 3, 11), (0, 2, 1, 0), (2, 2, 5, 20), (Int.max, 3, 1, 1),
    ] {
      #expect(throws: MediaError.self) {
        try Image(
          width: width, height: height, channels: channels,
          samples: .u8([UInt8](repeating: 0, count: count)))
      }
    }
  }

  @Test("Floats of a region are the samples divided by their top")
  func region() throws {
    let image = try Pattern.image()
    let part = image.floats(channels: 1..<3, rows: 3..<5, columns: 20..<24)
    var expected = [Float]()
    for y in 3..<5 {
      for x in 20..<24 { expected += [Float(20 + 9 * y) / 255, Float(5 * (x + y)) / 255] }
    }
    #expect(largestDifference(part, expected) < 1e-7)
    #expect(image.floats(rows: 4..<4).isEmpty)
  }

  @Test("All 8- and 16-bit values survive the way through floats")
  func exactFloats() throws {
    let bytes = Image.Samples.u8((0...255).map { UInt8($0) })
    let words = Image.Samples.u16((0...65535).map { UInt16($0) })
    let a = try Image(width: 16, height: 16, channels: 1, samples: bytes)
    let b = try Image(width: 256, height: 256, channels: 1, samples: words)
    #expect(Image.Samples(floats: a.floats(), bits: 8) == bytes)
    #expect(Image.Samples(floats: b.floats(), bits: 16) == words)
  }

  @Test("Floats outside 0...1 are clamped, halves go to even, NaN is black")
  func rounding() {
    let floats: [Float] = [-1, -0.0, 2, .infinity, .nan, 0.5 / 255, 1.5 / 255, 2.5 / 255]
    #expect(Image.Samples(floats: floats) == .u8([0, 0, 255, 255, 0, 0, 2, 2]))
  }

  @Test("Grey is repeated as RGB floats and alpha is left out")
  func rgbFloats() throws {
    let image = try Image(width: 2, height: 1, channels: 2, samples: .u8([255, 9, 0, 9]))
    #expect(image.rgbFloats() == [1, 1, 1, 0, 0, 0])
  }

  @Test("Formats are found by extension and by first bytes")
  func formats() throws {
    #expect(ImageFormat(pathExtension: ".JPG") == .jpeg)
    #expect(ImageFormat(pathExtension: "webp") == .webp)
    #expect(ImageFormat(pathExtension: "gif") == nil)
    #expect(ImageFormat(path: "a.b/c") == nil)
    for (name, format) in [
      ("rgb8.png", ImageFormat.png), ("rgb.jpg", .jpeg), ("lossy.webp", .webp),
    ] {
      #expect(ImageFormat.sniff(try Fixture.bytes(name)) == format)
    }
  }
}
