import Foundation
import OneStepTensors
import OneStepTestSupport
import Testing

/// Prints kernel speeds; run with ONESTEP_SPEED=1.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["ONESTEP_SPEED"] != nil)) struct KernelSpeedTests {
  static func seconds(_ body: @escaping () -> Void) -> Double {
    Compute.perform {
      for _ in 0..<3 { body() }
      let times = (0..<15).map { _ in
        let start = ContinuousClock.now
        body()
        let passed = start.duration(to: .now).components
        return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
      }
      return times.sorted()[times.count / 2]
    }
  }

  static func report(_ name: String, bytes: Int, _ x: [Tensor], _ f: @escaping ([Tensor]) -> Tensor) {
    let forward = seconds { _ = f(x) }
    let tape = Compute.perform { Tape() }
    let leaves = x.map(tape.watch)
    let y = f(leaves)
    let g = Tensor.ones(y.shape).cast(to: y.elementType)
    let reverse = seconds { _ = tape.gradients(of: [(y, seed: g)], for: leaves) }
    tape.reset()
    let tangents = x.map { Tensor.ones($0.shape).cast(to: $0.elementType) }
    let both = seconds { _ = jvp(f, at: x, along: tangents) }
    print(
      String(
        format: "%@: forward %.3f ms (%.1f GB/s), reverse %.3f ms, value and tangent %.3f ms", name, forward * 1e3,
        Double(bytes) / forward / 1e9, reverse * 1e3, both * 1e3))
  }

  @Test("normalisations") func normalisations() {
    for type in ElementType.allCases {
      let image = Reference.random([1, 256, 256, 64]).tensor.cast(to: type)
      let parameters = [Tensor.ones([64]), Tensor.zeros([64])]
      // Read once for the statistics, once for the result; written once.
      Self.report("GroupNorm SiLU \(type)", bytes: image.count * 3 * type.byteCount, [image] + parameters) {
        $0[0].groupNormalized(groups: 8, scale: $0[1], shift: $0[2], activation: .silu)
      }
      Self.report("GroupNorm \(type)", bytes: image.count * 3 * type.byteCount, [image] + parameters) {
        $0[0].groupNormalized(groups: 8, scale: $0[1], shift: $0[2])
      }
      Self.report("LayerNorm 64 \(type)", bytes: image.count * 2 * type.byteCount, [image] + parameters) {
        $0[0].layerNormalized(scale: $0[1], shift: $0[2])
      }
      Self.report("modulation \(type)", bytes: image.count * 2 * type.byteCount, [image] + parameters.map { $0.reshaped(1, 64) }) {
        $0[0].modulated(scale: $0[1], shift: $0[2])
      }
      let rows = image.reshaped(-1, 512)
      Self.report("LayerNorm 512 \(type)", bytes: image.count * 2 * type.byteCount, [rows, .ones([512]), .zeros([512])]) {
        $0[0].layerNormalized(scale: $0[1], shift: $0[2])
      }
      Self.report("softmax 512 \(type)", bytes: image.count * 2 * type.byteCount, [rows]) { $0[0].softmax() }
      Self.report("softmax first axis \(type)", bytes: image.count * 2 * type.byteCount, [rows]) { $0[0].softmax(axis: 0) }
    }
  }

  @Test("attention") func attention() {
    for (n, t, h, d) in [(1, 1024, 8, 64), (1, 4096, 4, 32), (64, 64, 4, 32)] {
      let x = (0..<3).map { Reference.random([n, t, h, d], seed: UInt64($0)).tensor }
      Self.report("attention N\(n) T\(t) H\(h) D\(d)", bytes: 4 * n * t * t * h * d, x) { .attention($0[0], $0[1], $0[2]) }
    }
  }
}
