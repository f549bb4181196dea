import Foundation
import OneStepMedia
import OneStepTensors

/// How a photograph is made small and bad, so that a network can learn to undo it.
public enum Degradation: String, Sendable, CaseIterable {
  /// MATLAB-style bicubic, rounded to 8 bits: the benchmarks' degradation.
  case bicubic
  /// A light second-order pipeline for real photographs (after Real-ESRGAN's, Wang et al. 2021, with S3Diff's milder
  /// ranges or less): blur, resize, noise, JPEG 60-95, each of them only sometimes.
  case photo

  /// The whole image made `scale` times smaller by bicubic. Sides must be multiples of `scale`.
  static func bicubic(_ image: Image, scale: Int) -> Image {
    image.resized(
      by: .matlab(
        from: image.size, to: PixelSize(width: image.width / scale, height: image.height / scale)))
  }

  /// Degrades an RGB image whose sides are multiples of `scale`.
  public func apply(_ image: Image, scale: Int, _ random: inout RandomSource) throws(MediaError) -> Image {
    guard self == .photo else { return Self.bicubic(image, scale: scale) }
    var d = Draws(&random)
    let target = PixelSize(width: image.width / scale, height: image.height / scale)
    // One crop in eight stays clean, so that the model does not soften good input.
    guard d.chance(0.875) else { return Self.bicubic(image, scale: scale) }
    var pixels = Pixels(image.floats(), image.size)
    if d.chance(0.7) { pixels.blur(d.uniform(0.2, 1.6), d.uniform(0.2, 1.6), angle: d.uniform(0, .pi)) }
    if d.chance(0.3) {
      let factor = d.uniform(0.5, 1.0)
      pixels.resize(
        PixelSize(
          width: max(target.width, Int(Double(image.width) * factor)),
          height: max(target.height, Int(Double(image.height) * factor))), d.kernel())
    }
    if d.chance(0.4) { pixels.addNoise(std: d.uniform(0.5, 5) / 255, grey: d.chance(0.4), &d) }
    pixels.resize(target, d.chance(0.6) ? .bicubic : d.kernel())
    if d.chance(0.4) { pixels.addNoise(std: d.uniform(0.5, 4) / 255, grey: d.chance(0.4), &d) }
    let result = try pixels.image()
    guard d.chance(0.75) else { return result }
    let bytes = try result.encoded(as: .jpeg, quality: Int(d.uniform(60, 95.999)))
    return try Image(decoding: bytes, name: "training crop").expandedToRGB()
  }

  /// Uniform numbers and choices from a random source.
  private struct Draws {
    private var random: RandomSource
    private let numbers: [Float]
    private var next = 0

    init(_ source: inout RandomSource) {
      // A source of its own: later crops do not depend on this one's choices.
      random = source.split()
      numbers = random.uniform(count: 32)
    }
    mutating func uniform(_ low: Double, _ high: Double) -> Double {
      defer { next += 1 }
      return low + Double(numbers[next]) * (high - low)
    }
    mutating func chance(_ p: Double) -> Bool { uniform(0, 1) < p }
    mutating func kernel() -> ResamplingKernel { [.box, .bilinear, .bicubic][min(2, Int(uniform(0, 3)))] }
    mutating func normal(_ n: Int) -> [Float] { random.normal(count: n) }
  }

  /// RGB floats in 0...1 that are changed in place.
  private struct Pixels {
    var values: [Float]
    var size: PixelSize
    init(_ values: [Float], _ size: PixelSize) { (self.values, self.size) = (values, size) }

    func image() throws(MediaError) -> Image {
      try Image(floats: values, width: size.width, height: size.height, channels: 3)
    }

    mutating func resize(_ target: PixelSize, _ kernel: ResamplingKernel) {
      guard target != size else { return }
      values = Resampler(from: size, to: target, kernel: kernel, border: .symmetric)(values, channels: 3)
      size = target
    }

    mutating func addNoise(std: Double, grey: Bool, _ d: inout Draws) {
      let count = size.width * size.height
      let noise = d.normal(grey ? count : 3 * count)
      for i in values.indices {
        values[i] = min(1, max(0, values[i] + Float(std) * noise[grey ? i / 3 : i]))
      }
    }

    /// Gaussian of standard deviations `a` and `b` pixels along an ellipse's axes; mirrored borders.
    mutating func blur(_ a: Double, _ b: Double, angle: Double) {
      let radius = max(1, Int((3 * max(a, b)).rounded(.up)))
      let (c, s) = (cos(angle), sin(angle))
      var kernel: [Float] = []
      for y in -radius...radius {
        for x in -radius...radius {
          let (u, v) = (c * Double(x) + s * Double(y), c * Double(y) - s * Double(x))
          kernel.append(Float(exp(-0.5 * (u * u / (a * a) + v * v / (b * b)))))
        }
      }
      let total = kernel.reduce(0, +), side = 2 * radius + 1
      // A depthwise convolution of the engine over the mirrored image.
      let x = Tensor(
        mirrored(radius), shape: [1, size.height + 2 * radius, size.width + 2 * radius, 3])
      let filter = Tensor(kernel.flatMap { [$0 / total, $0 / total, $0 / total] }, shape: [side, side, 1, 3])
      values = x.convolved(filter, padding: ConvolutionPadding.none, groups: 3).floats
    }

    /// The pixels with `margin` more on every side, mirrored about the edge.
    private func mirrored(_ margin: Int) -> [Float] {
      func source(_ i: Int, _ n: Int) -> Int {
        let j = ((i % (2 * n)) + 2 * n) % (2 * n)
        return j < n ? j : 2 * n - 1 - j
      }
      let columns = (-margin..<size.width + margin).map { source($0, size.width) }
      var result: [Float] = []
      result.reserveCapacity((size.height + 2 * margin) * columns.count * 3)
      for y in -margin..<size.height + margin {
        let row = source(y, size.height) * size.width
        for x in columns { result.append(contentsOf: values[(row + x) * 3..<(row + x) * 3 + 3]) }
      }
      return result
    }
  }
}
