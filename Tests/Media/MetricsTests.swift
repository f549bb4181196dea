import OneStepMedia
import Testing

// Reference values are printed by Tests/Parity/reference_metrics.py, from scikit-image, piq, scipy
// and numpy.
@Suite struct MetricsTests {
  let photo: Image
  let rough: Image

  init() throws {
    photo = try Fixture.image("photo.png")
    rough = try Fixture.image("photo-rough.png")
  }

  func odd(_ image: Image) -> Image { image.cropped(rows: 0..<171, columns: 0..<180) }

  @Test("PSNR agrees with its definition in numpy")
  func psnr() throws {
    #expect(abs(try PSNR.rgb(photo, rough) - 22.3862844) < 1e-6)
    #expect(abs(try PSNR.luma(photo, rough, border: 4) - 23.6257935) < 1e-6)
    #expect(try PSNR.rgb(photo, photo) == .infinity)
  }

  @Test("SSIM agrees with scikit-image")
  func ssim() throws {
    #expect(abs(try SSIM.luma(photo, rough) - 0.5174098) < 1e-6)
    #expect(abs(try SSIM.luma(photo, rough, border: 4) - 0.5124821) < 1e-6)
    #expect(abs(try SSIM.rgb(photo, rough) - 0.4684908) < 1e-6)
    #expect(abs(try SSIM.rgb(photo, rough, covariance: .sample) - 0.4677649) < 1e-6)
  }

  @Test("MS-SSIM agrees with piq, for even and odd sizes")
  func multiScale() throws {
    #expect(abs(try MultiScaleSSIM.rgb(photo, rough) - 0.8692524) < 1e-6)
    #expect(abs(try MultiScaleSSIM.rgb(odd(photo), odd(rough)) - 0.8669005) < 1e-6)
    #expect(abs(try MultiScaleSSIM.luma(photo, photo) - 1) < 1e-12)
  }

  @Test("NIQE agrees with an independent implementation")
  func niqe() throws {
    #expect(abs(try NIQE.score(photo) - 4.2478870) < 1e-4)  // the resampler works in 32 bits
    #expect(abs(try NIQE.score(rough) - 7.1738904) < 1e-4)
    let flat = try Image(
      width: 200, height: 100, channels: 1, samples: .u8([UInt8](repeating: 9, count: 20000)))
    #expect(try NIQE.score(flat).isNaN)
  }

  @Test("Band energies agree with numpy's transform")
  func bands() throws {
    let even = try BandEnergy.ratios(rough, reference: photo)
    #expect(largestDifference(even, [0.8964703, 0.1421771, 0.0111091, 0.0345367]) < 1e-6)
    let odd = try BandEnergy.ratios(odd(rough), reference: odd(photo))
    #expect(largestDifference(odd, [0.8721712, 0.1380229, 0.0108099, 0.0345691]) < 1e-6)
  }

  @Test("The patch distance agrees with its protocol in numpy, and is 0 for equal images")
  func patches() throws {
    let distance = try PatchSlicedWasserstein.distance(rough, reference: photo)
    #expect(abs(distance - 0.2081425) < 1e-6)
    let a = rough.cropped(rows: 0..<95, columns: 0..<63)
    let b = photo.cropped(rows: 0..<95, columns: 0..<63)
    #expect(abs(try PatchSlicedWasserstein.distance(a, reference: b) - 0.1754904) < 1e-6)
    #expect(try PatchSlicedWasserstein.distance(photo, reference: photo) == 0)
  }

  @Test("The patch distance grows as detail is lost")
  func monotone() throws {
    let distances = try [2, 3, 4].map { scale in
      let small = PixelSize(width: 192 / scale, height: 192 / scale)
      let blurred = photo.resized(to: small).resized(to: photo.size)
      return try PatchSlicedWasserstein.distance(blurred, reference: photo)
    }
    #expect(distances == distances.sorted() && distances[0] > 0)
  }

  @Test("Low-resolution consistency agrees with MATLAB's bicubic in numpy")
  func consistency() throws {
    let figure = try LowResolutionConsistency.psnr(rough, reference: photo, scale: 4)
    #expect(abs(figure - 40.1379363) < 1e-3)
    let low = photo.resized(by: .matlab(from: photo.size, to: PixelSize(width: 48, height: 48)))
    let own = try LowResolutionConsistency.psnr(photo, lowResolution: low)
    #expect(own > 55)  // only the rounding to 8 bits: 58.9 dB when errors are uniform
  }

  @Test("A grey image counts as RGB, alpha is ignored, 16 bits equal 8")
  func kinds() throws {
    let grey = try Image(
      width: 24, height: 16, channels: 1, samples: .u8(Pattern.grey.map { UInt8($0) }))
    #expect(try PSNR.rgb(grey, grey.expandedToRGB()) == .infinity)
    #expect(try PSNR.luma(grey, grey.expandedToRGB()) == .infinity)
    let clear = try Fixture.image("rgba8-interlaced.png")
    #expect(try PSNR.rgb(clear, Pattern.image()) == .infinity)
    let wide = try Image(
      width: 24, height: 16, channels: 3, samples: .u16(Pattern.rgb.map { UInt16($0 * 257) }))
    #expect(try PSNR.rgb(wide, Pattern.image()) == .infinity)
  }

  @Test("Sizes that differ or are too small are refused")
  func refusals() throws {
    let small = try Pattern.image()
    #expect(throws: MediaError.sizesDiffer(photo.size, small.size)) { try PSNR.rgb(photo, small) }
    #expect(throws: MediaError.self) { try PSNR.rgb(small, small, border: 8) }
    #expect(throws: MediaError.self) { try MultiScaleSSIM.rgb(small, small) }
    #expect(throws: MediaError.self) { try NIQE.score(small) }
    #expect(throws: MediaError.self) { try SSIM.luma(small, small, border: 4) }
    #expect(throws: MediaError.self) {
      try PatchSlicedWasserstein.distance(small, reference: small)
    }
  }
}
