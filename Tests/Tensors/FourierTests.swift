import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct FourierTests {
  /// Σ_t x_t e^(sign 2πi kt / n) over the last two axes `[..., n, 2]`.
  static func transform(_ x: Reference, sign: Double) -> Reference {
    let n = x.shape[x.shape.count - 2]
    var y = Reference.filled(0, x.shape)
    for row in 0..<x.values.count / (2 * n) {
      for k in 0..<n {
        for t in 0..<n {
          let angle = sign * 2 * .pi * Double(k * t % n) / Double(n)
          let (a, b) = (x.values[2 * (row * n + t)], x.values[2 * (row * n + t) + 1])
          y.values[2 * (row * n + k)] += a * cos(angle) - b * sin(angle)
          y.values[2 * (row * n + k) + 1] += a * sin(angle) + b * cos(angle)
        }
      }
    }
    return y
  }

  static func real(_ x: Reference) -> Reference {
    let n = x.shape.last!, half = n / 2 + 1
    let complex = Reference(x.values.flatMap { [$0, 0] }, x.shape + [2])
    let full = transform(complex, sign: -1)
    let rows = x.values.count / n
    let values = (0..<rows).flatMap { full.values[2 * $0 * n..<2 * ($0 * n + half)] }
    return Reference(values, x.shape.dropLast() + [half, 2])
  }

  static func inverseReal(_ y: Reference, _ n: Int) -> Reference {
    let half = n / 2 + 1, rows = y.values.count / (2 * half)
    var out = Reference.filled(0, y.shape.dropLast(2) + [n])
    for row in 0..<rows {
      for t in 0..<n {
        for k in 0..<half {
          let angle = 2 * .pi * Double(k * t % n) / Double(n)
          let weight = (k == 0 || 2 * k == n ? 1.0 : 2.0) / Double(n)
          let (a, b) = (y.values[2 * (row * half + k)], y.values[2 * (row * half + k) + 1])
          out.values[row * n + t] += weight * (a * cos(angle) - b * sin(angle))
        }
      }
    }
    return out
  }

  @Test("every length matches the sum that defines it, with both rules", arguments: [1, 2, 3, 4, 5, 7, 8, 12, 17, 30])
  func definitions(_ n: Int) {
    expectOperator("real", [.random([3, n])], engine: { $0[0].realFourier() }, reference: { Self.real($0[0]) })
    expectOperator(
      "inverse real", [.random([3, n / 2 + 1, 2])], engine: { $0[0].inverseRealFourier(count: n) },
      reference: { Self.inverseReal($0[0], n) })
    expectOperator(
      "complex", [.random([2, n, 2])], engine: { $0[0].fourier() }, reference: { Self.transform($0[0], sign: -1) })
    expectOperator(
      "inverse complex", [.random([2, n, 2])], engine: { $0[0].inverseFourier() },
      reference: { Self.transform($0[0], sign: 1).map { $0 / Double(n) } })
  }

  @Test("transforms invert each other", arguments: [1, 6, 400, 1024, 1025])
  func inverses(_ n: Int) {
    let x = Reference.random([5, n])
    expectClose(x.tensor.realFourier().inverseRealFourier(count: n), x, relative: 2e-6)
    let z = Reference.random([5, n, 2])
    expectClose(z.tensor.fourier().inverseFourier(), z, relative: 2e-6)
  }

  @Test("a row does not depend on its batch, nor a batch on the threads") func batches() {
    let x = Tensor.normal([200, 401], seed: 1)
    let all = x.realFourier().floats
    let one = x.sliced(axis: 0, 37..<38).realFourier().floats
    #expect(Array(all[37 * 402..<38 * 402]) == one)
    let before = Compute.threads
    Compute.threads = 1
    let alone = Compute.perform { x.realFourier() }.floats
    Compute.threads = before
    #expect(alone == all)
  }

  @Test("an empty batch and bf16") func edges() {
    #expect(Tensor.zeros([0, 8]).realFourier().shape == [0, 5, 2])
    let x = Reference.random([2, 16]).tensor.cast(to: .bf16)
    #expect(x.realFourier().elementType == .bf16)
    #expect(x.realFourier().floats == x.cast(to: .f32).realFourier().cast(to: .bf16).floats)
  }
}
