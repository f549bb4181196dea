import Foundation
import OneStepFlow
import OneStepMedia
import OneStepTensors

/// Random aligned crops of photographs and their degraded versions, for training.
///
/// Crops are turned and mirrored. Which crop is drawn depends on the random source alone.
public struct PhotographCrops: Sendable {
  private let photographs: [Photograph]
  /// Running sums of areas: large photographs are drawn more often.
  private let cumulative: [Double]
  private let degradation: Degradation
  private let scale: Int
  public var count: Int { photographs.count }
  /// Whether a low-resolution crop is the photograph's own reduction, and nothing else.
  var isPureReduction: Bool { degradation == .bicubic }

  private struct Photograph {
    let high: Image
    /// The whole image degraded once, where the degradation is not random.
    let low: Image?
  }

  /// - Parameter minimum: low-resolution pixels a side; smaller photographs are left out.
  public init(_ images: [Image], scale: Int, degradation: Degradation, minimum: Int) {
    (self.scale, self.degradation) = (scale, degradation)
    var kept: [Photograph] = []
    for image in images {
      let (h, w) = (image.height / scale, image.width / scale)
      guard min(h, w) >= minimum else { continue }
      let high = image.withoutAlpha().expandedToRGB().cropped(rows: 0..<h * scale, columns: 0..<w * scale)
      let low = degradation == .bicubic ? Degradation.bicubic(high, scale: scale) : nil
      kept.append(Photograph(high: high, low: low))
    }
    photographs = kept
    var total = 0.0
    cumulative = kept.map { photo in
      total += Double(photo.high.width * photo.high.height)
      return total
    }
  }

  /// `rows` crops of `side` low-resolution pixels.
  public func draw(rows: Int, side: Int, _ random: inout RandomSource) throws(MediaError) -> Draw<OFTSR.Condition> {
    var high: [Float] = [], low: [Float] = [], up: [Float] = []
    for _ in 0..<rows {
      let crop = try drawCrop(side, &random)
      high += crop.high
      low += crop.low
      up += crop.up
    }
    let large = [rows, side * scale, side * scale, 3]
    let data = Tensor(high, shape: large).affine(2, -1)
    let condition = OFTSR.Condition(
      low: Tensor(low, shape: [rows, side, side, 3]).affine(2, -1), upsampled: Tensor(up, shape: large).affine(2, -1))
    let noise = random.normal(large)
    return Draw(data: data, noise: noise, anchor: condition.upsampled, condition: condition)
  }

  private func drawCrop(
    _ side: Int, _ random: inout RandomSource
  ) throws(MediaError) -> (high: [Float], low: [Float], up: [Float]) {
    let at = Double(random.uniform(count: 1)[0]) * (cumulative.last ?? 0)
    let photo = photographs[cumulative.firstIndex { $0 > at } ?? photographs.count - 1]
    let (h, w) = (photo.high.height / scale, photo.high.width / scale)
    let (y, x) = (Int.random(in: 0...h - side, using: &random), Int.random(in: 0...w - side, using: &random))
    let turn = Int.random(in: 0..<8, using: &random)
    func region(_ factor: Int) -> (Range<Int>, Range<Int>) {
      (y * factor..<(y + side) * factor, x * factor..<(x + side) * factor)
    }
    let (rows, columns) = region(scale)
    let high = photo.high.floats(rows: rows, columns: columns)
    let small = PixelSize(width: w, height: h)
    let (low, up): ([Float], [Float])
    if let image = photo.low {
      low = image.floats(rows: region(1).0, columns: region(1).1)
      up = Resampler.antialiased(from: small, to: photo.high.size)(image, rows: rows, columns: columns)
    } else {
      let crop = photo.high.cropped(rows: rows, columns: columns)
      let image = try degradation.apply(crop, scale: scale, &random)
      low = image.floats()
      up = Resampler.antialiased(from: image.size, to: crop.size)(image)
    }
    return (
      Self.turned(high, side * scale, turn), Self.turned(low, side, turn), Self.turned(up, side * scale, turn)
    )
  }

  /// One of the eight symmetries of a square of RGB pixels.
  private static func turned(_ pixels: [Float], _ side: Int, _ turn: Int) -> [Float] {
    guard turn != 0 else { return pixels }
    var result = [Float](repeating: 0, count: pixels.count)
    for y in 0..<side {
      for x in 0..<side {
        let (a, b) = turn & 1 == 0 ? (y, x) : (x, y)
        let from = ((turn & 2 == 0 ? a : side - 1 - a) * side + (turn & 4 == 0 ? b : side - 1 - b)) * 3
        let to = (y * side + x) * 3
        for c in 0..<3 { result[to + c] = pixels[from + c] }
      }
    }
    return result
  }
}
