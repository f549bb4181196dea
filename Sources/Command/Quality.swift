import Foundation
import OneStepMedia

/// Measures of a result against its reference; nil where the images are too small for one.
struct Quality: Encodable {
  var psnrRGB: Double?
  var psnrY: Double?
  var ssimY: Double?
  var msSSIM: Double?
  var niqe: Double?
  var niqeReference: Double?
  /// Energy relative to the reference's in four bands of spatial frequency, low to high.
  var bandEnergy: [Double]?
  var patchSlicedWasserstein: Double?
  /// PSNR after shrinking to the low-resolution size.
  var consistencyPSNR: Double?
  /// Of the whole images; only where a backbone is given, whose name stands beside it.
  var lpips: Double?
  var lpipsBackbone: String?

  enum CodingKeys: String, CodingKey {
    case psnrRGB = "psnr_rgb", psnrY = "psnr_y", ssimY = "ssim_y", msSSIM = "ms_ssim", niqe
    case niqeReference = "niqe_reference", bandEnergy = "band_energy"
    case patchSlicedWasserstein = "patch_sliced_wasserstein", consistencyPSNR = "consistency_psnr"
    case lpips, lpipsBackbone = "lpips_backbone"
  }

  private init() {}

  /// - Parameters:
  ///   - crop: pixels left out on every side, except for the consistency and LPIPS.
  ///   - low: the low-resolution input; nil shrinks the reference by `scale` instead.
  ///   - perceptual: measures LPIPS.
  init(
    _ image: Image, reference: Image, crop: Int, low: Image? = nil, scale: Int = 4, perceptual: LPIPS? = nil
  ) throws {
    guard image.size == reference.size else { throw MediaError.sizesDiffer(image.size, reference.size) }
    guard min(image.width, image.height) > 2 * crop else {
      throw MediaError.tooSmall(image.size, minimum: 2 * crop + 1, purpose: "a border of \(crop)")
    }
    let (a, b) = (image.without(border: crop), reference.without(border: crop))
    psnrRGB = try PSNR.rgb(a, b)
    psnrY = try PSNR.luma(a, b)
    ssimY = try whereLargeEnough { () throws(MediaError) in try SSIM.luma(a, b) }
    msSSIM = try whereLargeEnough { () throws(MediaError) in try MultiScaleSSIM.luma(a, b) }
    niqe = try whereLargeEnough { () throws(MediaError) in try NIQE.score(a) }
    niqeReference = try whereLargeEnough { () throws(MediaError) in try NIQE.score(b) }
    bandEnergy = try whereLargeEnough { () throws(MediaError) in try BandEnergy.ratios(a, reference: b) }
    patchSlicedWasserstein = try whereLargeEnough { () throws(MediaError) in
      try PatchSlicedWasserstein.distance(a, reference: b)
    }
    consistencyPSNR = try whereLargeEnough { () throws(MediaError) in
      if let low { return try LowResolutionConsistency.psnr(image, lowResolution: low) }
      return try LowResolutionConsistency.psnr(image, reference: reference, scale: scale)
    }
    if let perceptual {
      lpips = try whereLargeEnough { () throws(MediaError) in try perceptual.distance(image, reference) }
      lpipsBackbone = perceptual.backbone.rawValue
    }
  }

  /// The mean of each measure over the images that have it.
  static func mean(of all: [Quality]) -> Quality {
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap { $0 }
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
    func field(_ path: KeyPath<Quality, Double?>) -> Double? { mean(all.map { $0[keyPath: path] }) }
    var result = Quality()
    result.psnrRGB = field(\.psnrRGB)
    result.psnrY = field(\.psnrY)
    result.ssimY = field(\.ssimY)
    result.msSSIM = field(\.msSSIM)
    result.niqe = field(\.niqe)
    result.niqeReference = field(\.niqeReference)
    result.patchSlicedWasserstein = field(\.patchSlicedWasserstein)
    result.consistencyPSNR = field(\.consistencyPSNR)
    result.lpips = field(\.lpips)
    result.lpipsBackbone = all.first?.lpipsBackbone
    let bands = all.compactMap(\.bandEnergy)
    if !bands.isEmpty { result.bandEnergy = (0..<4).map { k in mean(bands.map { $0[k] }) ?? .nan } }
    return result
  }
}

/// nil instead of an error about the size.
private func whereLargeEnough<R>(_ body: () throws(MediaError) -> R) throws(MediaError) -> R? {
  do throws(MediaError) { return try body() } catch {
    if case .tooSmall = error { return nil }
    throw error
  }
}

extension Image {
  func without(border: Int) -> Image {
    border == 0 ? self : cropped(rows: border..<height - border, columns: border..<width - border)
  }
}

extension Quality {
  /// A table's head, as wide as ``row(_:)``.
  static func tableHead(lpips: Bool) -> String {
    let head = ["PSNR", "PSNR-Y", "SSIM-Y", "MS-SSIM", "NIQE", "NIQE ref", "bands", "", "", "", "PSW", "LR PSNR"]
    return tableLine("image", head + (lpips ? ["LPIPS"] : []))
  }

  /// A table's line.
  func row(_ name: String) -> String {
    func text(_ value: Double?, _ decimals: Int) -> String { value.map { fixed($0, decimals) } ?? "-" }
    let bands = (0..<4).map { k in text(bandEnergy?[k], 3) }
    return Self.tableLine(
      name,
      [
        text(psnrRGB, 2), text(psnrY, 2), text(ssimY, 4), text(msSSIM, 4), text(niqe, 2), text(niqeReference, 2),
      ] + bands + [text(patchSlicedWasserstein, 4), text(consistencyPSNR, 2)]
        + (lpipsBackbone == nil ? [] : [text(lpips, 4)]))
  }

  private static func tableLine(_ name: String, _ cells: [String]) -> String {
    let first = name.padding(toLength: max(24, name.count), withPad: " ", startingAt: 0)
    return cells.reduce(first) { $0 + String(repeating: " ", count: max(1, 9 - $1.count)) + $1 }
  }
}
