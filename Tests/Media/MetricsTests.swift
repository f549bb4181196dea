import OneStepMedia
import Testing

// Reference values are printed by Tests/Parity/reference_metrics.py, from scikit-image, piq, scipy and numpy.
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
    #expect(abs(try PSNR.rgb(photo, rough) - 28.3687133) < 1e-6)
    #expect(abs(try PSNR.luma(photo, rough, border: 4) - 30.6391758) < 1e-6)
    #expect(try PSNR.rgb(photo, photo) == .infinity)
  }

  @Test("SSIM agrees with scikit-image")
  func ssim() throws {
    #expect(abs(try SSIM.luma(photo, rough) - 0.8838023) < 1e-6)
    #expect(abs(try SSIM.luma(photo, rough, border: 4) - 0.8871381) < 1e-6)
    #expect(abs(try SSIM.rgb(photo, rough) - 0.8109056) < 1e-6)
    #expect(abs(try SSIM.rgb(photo, rough, covariance: .sample) - 0.8101437) < 1e-6)
  }

  @Test("MS-SSIM agrees with piq, for even and odd sizes")
  func multiScale() throws {
    #expect(abs(try MultiScaleSSIM.rgb(photo, rough) - 0.9767628) < 1e-6)
    #expect(abs(try MultiScaleSSIM.rgb(odd(photo), odd(rough)) - 0.9768465) < 1e-6)
    #expect(abs(try MultiScaleSSIM.luma(photo, photo) - 1) < 1e-12)
  }

  @Test("NIQE agrees with an independent implementation")
  func niqe() throws {
    #expect(abs(try NIQE.score(photo) - 7.3689699) < 1e-4)   // the resampler works in 32 bits
    #expect(abs(try NIQE.score(rough) - 8.7153027) < 1e-4)
  }

  @Test("Band energies agree with numpy's transform")
  func bands() throws {
    let even = try BandEnergy.ratios(rough, reference: photo)
    #expect(largestDifference(even, [0.9945793, 0.3466085, 0.6047351, 1.2905516]) < 1e-6)
    let odd = try BandEnergy.ratios(odd(rough), reference: odd(photo))
    #expect(largestDifference(odd, [0.9964923, 0.3854997, 0.6534442, 1.3084359]) < 1e-6)
  }

  @Test("The patch distance agrees with its protocol in numpy, and is 0 for equal images")
  func patches() throws {
    let distance = try PatchSlicedWasserstein.distance(rough, reference: photo)
    #expect(abs(distance - 0.0624076) < 1e-6)
    let a = rough.cropped(rows: 0..<95, columns: 0..<63)
    let b = photo.cropped(rows: 0..<95, columns: 0..<63)
    #expect(abs(try PatchSlicedWasserstein.distance(a, reference: b) - 0.0261724) < 1e-6)
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
    #expect(abs(figure - 40.8964746) < 1e-3)
    let low = photo.resized(by: .matlab(from: photo.size, to: PixelSize(width: 48, height: 48)))
    let own = try LowResolutionConsistency.psnr(photo, lowResolution: low)
    #expect(own > 55)   // only the rounding to 8 bits: 58.9 dB when errors are uniform
  }

  @Test("A grey image counts as RGB, alpha is ignored, 16 bits equal 8")
  func kinds() throws {
    let grey = try Image(width: 24, height: 16, channels: 1, samples: .u8(Pattern.grey.map { UInt8($0) }))
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
    #expect(throws: MediaError.self) { try PatchSlicedWasserstein.distance(small, reference: small) }
  }
}
