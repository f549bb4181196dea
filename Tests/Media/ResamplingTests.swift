import OneStepMedia
import Testing

@Suite struct ResamplingTests {
  static func patch(_ width: Int, _ height: Int) throws -> Image {
    try Fixture.image("photo.png").cropped(rows: 0..<height, columns: 0..<width)
  }

  @Test(
    "Antialiased bicubic agrees with PyTorch",
    arguments: [
      ("torch-down-8x10", 40, 32, 10, 8), ("torch-down-13x17", 40, 32, 17, 13),
      ("torch-up-50x44", 13, 11, 44, 50),
    ])
  func antialiased(_ name: String, _ w: Int, _ h: Int, _ tw: Int, _ th: Int) throws {
    let image = try Self.patch(w, h)
    let resampler = Resampler.antialiased(
      from: image.size, to: PixelSize(width: tw, height: th))
    let expected = try Fixture.floats(name)
    let result = resampler(image)
    #expect(result.count == expected.count)
    #expect(largestDifference(result, expected) < 1e-6)  // a few roundings of values near 1
  }

  @Test(
    "MATLAB's bicubic agrees with its definition",
    arguments: [
      ("matlab-down-8x10", 40, 32, 10, 8, 0.25), ("matlab-half-16x17", 33, 31, 17, 16, 0.5),
      ("matlab-up-44x52", 13, 11, 52, 44, 4),
    ])
  func matlab(_ name: String, _ w: Int, _ h: Int, _ tw: Int, _ th: Int, _ scale: Double) throws {
    let image = try Self.patch(w, h)
    let resampler = Resampler.matlab(
      from: image.size, to: PixelSize(width: tw, height: th), scale: scale)
    #expect(largestDifference(resampler(image), try Fixture.floats(name)) < 1e-6)
  }

  @Test("Box over whole factors is the mean of the block")
  func box() throws {
    let image = try Self.patch(40, 32)
    let resampler = Resampler(
      from: image.size, to: PixelSize(width: 10, height: 8), kernel: .box)
    #expect(largestDifference(resampler(image), try Fixture.floats("torch-area-8x10")) < 1e-6)
  }

  @Test("Any part has the same bits as in the whole", arguments: [1, 2, 3, 4, 5])
  func parts(_ channels: Int) throws {
    var generator = SeededGenerator(state: 3)
    let source = PixelSize(width: 23, height: 17)
    let values = (0..<23 * 17 * channels).map { _ in Float.random(in: 0...1, using: &generator) }
    for target in [PixelSize(width: 92, height: 68), PixelSize(width: 7, height: 5)] {
      for border in [ResamplingBorder.renormalised, .symmetric, .replicated] {
        let resampler = Resampler(from: source, to: target, border: border)
        let whole = resampler(values, channels: channels)
        let rows = target.height / 3..<target.height - 1
        let columns = 2..<target.width * 2 / 3
        let part = resampler(values, channels: channels, rows: rows, columns: columns)
        var expected = [Float]()
        for row in rows {
          let start = row * target.width * channels
          expected += whole[start + 2 * channels..<start + columns.upperBound * channels]
        }
        #expect(part == expected)
      }
    }
  }

  @Test("A part of an image gives the same bits as the whole image")
  func partsOfImages() throws {
    let image = try Self.patch(40, 32)
    let resampler = Resampler.antialiased(from: image.size, to: PixelSize(width: 160, height: 128))
    let whole = resampler(image)
    let part = resampler(image, rows: 50..<77, columns: 100..<160)
    var expected = [Float]()
    for row in 50..<77 { expected += whole[(row * 160 + 100) * 3..<(row + 1) * 160 * 3] }
    #expect(part == expected)
  }

  @Test(
    "A flat image stays flat, in every kernel and direction",
    arguments: [ResamplingKernel.bicubic, .cubic(a: -0.75), .bilinear, .box, .nearest])
  func flat(_ kernel: ResamplingKernel) {
    for border in [ResamplingBorder.renormalised, .symmetric, .replicated] {
      for target in [PixelSize(width: 1, height: 1), PixelSize(width: 31, height: 2)] {
        let resampler = Resampler(
          from: PixelSize(width: 9, height: 5), to: target, kernel: kernel, border: border)
        let result = resampler([Float](repeating: 0.7, count: 45), channels: 1)
        #expect(result.allSatisfy { abs($0 - 0.7) < 1e-6 })
      }
    }
  }

  @Test("The same size changes nothing")
  func identity() throws {
    let image = try Self.patch(9, 7)
    for kernel in [ResamplingKernel.bicubic, .bilinear, .box, .nearest] {
      #expect(image.resized(to: image.size, kernel: kernel) == image)
    }
  }

  @Test("Nearest repeats pixels when enlarging")
  func nearest() {
    let resampler = Resampler(
      from: PixelSize(width: 2, height: 1), to: PixelSize(width: 4, height: 2), kernel: .nearest)
    #expect(resampler([1, 2], channels: 1) == [1, 1, 2, 2, 1, 1, 2, 2])
  }

  @Test("An image of a single pixel can be enlarged with every border")
  func single() {
    for border in [ResamplingBorder.renormalised, .symmetric, .replicated] {
      let resampler = Resampler(
        from: PixelSize(width: 1, height: 1), to: PixelSize(width: 4, height: 3), border: border)
      #expect(resampler([0.25], channels: 1).allSatisfy { abs($0 - 0.25) < 1e-7 })
    }
  }
}
