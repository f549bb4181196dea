import Foundation
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct HighFrequencyTests {
  static let image = Tensor.normal([2, 12, 9, 3], seed: 1)

  /// Mean of every pixel and its two neighbours along the rows, which wrap around.
  private func blurred(_ x: Tensor, times: Int) -> Tensor {
    (0..<times).reduce(x) { x, _ in
      let w = x.shape[2]
      let left = Tensor.concatenated([x.sliced(axis: 2, 1..<w), x.sliced(axis: 2, 0..<1)], axis: 2)
      let right = Tensor.concatenated([x.sliced(axis: 2, w - 1..<w), x.sliced(axis: 2, 0..<w - 1)], axis: 2)
      return (x * 2 + left + right) / 4
    }
  }

  @Test("equal images have no distance, nor do images of another brightness") func blind() {
    let distance = HighFrequency()
    #expect(distance(Self.image, Self.image).floats == [0, 0])
    // Only rounding is left.
    for d in distance(Self.image, Self.image + 0.7).floats { #expect(d < 1e-5) }
    #expect(Distance.l1(Self.image, Self.image + 0.7).floats[0] > 0.69)
  }

  @Test("the distance grows with blur", arguments: [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
  func blur(_ spectrum: Double, _ edges: Double) {
    let distance = HighFrequency(spectrum: spectrum, edges: edges)
    let grown = [1, 2, 4, 8].map { distance(Self.image, blurred(Self.image, times: $0)).floats }
    for (less, more) in zip(grown, grown.dropFirst()) { #expect(less[0] < more[0] && less[1] < more[1]) }
  }

  /// cos(2 pi k x / W) has orthonormal magnitude A sqrt(HW) / 2 at two frequencies, each of weight pass / HW.
  @Test("a wave counts by the high-pass at its frequency") func wave() {
    let (h, w, k) = (8, 16, 5), amplitude = 0.6
    let row = (0..<w).map { Float(amplitude * cos(2 * .pi * Double(k * $0) / Double(w))) }
    let image = Tensor(row, shape: [1, 1, w, 1]).broadcast(to: [1, h, w, 1])
    let f = Double(k) / Double(w), pass = 1 - exp(-f * f / (2 * 0.15 * 0.15))
    let d = HighFrequency(edges: 0)(image, Tensor.zeros([1, h, w, 1])).item
    #expect(abs(Double(d) - amplitude * pass / Double(h * w).squareRoot()) < 2e-4)
  }

  @Test("an even and an odd width are differentiable", arguments: [4, 5]) func derivative(_ width: Int) {
    let distance = HighFrequency(), b = Tensor.normal([1, 4, width, 1], seed: 3)
    let x = Tensor.normal([1, 4, width, 1], seed: 2)
    let tape = Tape()
    let leaf = tape.watch(x)
    let gradient = tape.gradients(of: distance(leaf, b).sum(), for: [leaf])[0]
    tape.reset()
    let direction = Tensor.normal(x.shape, seed: 4), h: Float = 1e-3
    let numeric = (distance(x + direction * h, b).item - distance(x - direction * h, b).item) / (2 * h)
    #expect(abs((gradient * direction).sum().item - numeric) < 2e-3)
  }
}
