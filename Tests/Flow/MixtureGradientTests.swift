import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct MixtureGradientTests {
  @Test("the teacher with derivatives is the teacher, and its gradient that of central differences")
  func gradient() throws {
    let path = Path.edm(), teacher = GaussianMixture.grid9.denoiser(on: path)
    let x = Tensor.normal([16, 2], seed: 1) * 1.5, weights = Tensor.normal([16, 2], seed: 2)
    let times = (0..<16).map { 0.1 + 0.2 * Double($0) }
    func value(_ x: Tensor) throws -> Double {
      let d = try teacher(x, at: times, ())
      return zip(d.floats, weights.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let tape = Tape(), leaf = tape.watch(x), plain = try teacher(x, at: times, ())
    let derived = try teacher(leaf, at: times, ())
    expectClose(derived.floats, plain.floats.map(Double.init), relative: 2e-5)
    let gradient = tape.gradients(of: (derived * weights).sum(), for: [leaf])[0].floats
    let direction = Tensor.normal([16, 2], seed: 3), step: Float = 1e-2
    let slope = (try value(x + direction * step) - value(x - direction * step)) / (2 * Double(step))
    let expected = zip(gradient, direction.floats).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(slope - expected) < 1e-2 * max(1, abs(expected)))
  }
}
