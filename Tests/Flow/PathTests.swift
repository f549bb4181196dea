import OneStepFlow
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct PathTests {
  static let paths: [Path] = [
    .linear, .edm(), .trigonometric(), .anchored(sigma: 0.1), .variancePreserving(), .cosine,
  ]

  @Test("derivatives are those of the scales", arguments: paths.indices)
  func derivatives(_ index: Int) {
    let path = Self.paths[index]
    for t in [0.1, 0.3, 0.7, 0.95] {
      let d = path.derivatives(t)
      #expect(abs(d.signal - centralDifference(1e-4) { path.scales(t + $0).signal }) < 1e-9)
      #expect(abs(d.noise - centralDifference(1e-4) { path.scales(t + $0).noise }) < 1e-9)
      #expect(abs(d.anchor - centralDifference(1e-4) { path.scales(t + $0).anchor }) < 1e-9)
      #expect(path.wronskian(t) > 0)
      #expect(abs(path.time(path.noiseToSignal(t)) - t) < 1e-12)
    }
  }

  @Test("t = 0 is data and t = 1 the source") func ends() {
    let path = Path.anchored(sigma: 0.2)
    let x = Tensor.normal([2, 3], seed: 1), y = Tensor.normal([2, 3], seed: 2), e = Tensor.normal([2, 3], seed: 3)
    #expect(path.point(x, anchor: y, noise: e, at: [0]).floats == x.floats)
    let source = path.point(x, anchor: y, noise: e, at: [1, 1])
    expectClose(source.floats, (y * Float(0.96.squareRoot()) + e * 0.2).floats.map(Double.init), relative: 1e-6)
  }

  @Test("every prediction converts to every other and back", arguments: paths.indices)
  func conversions(_ index: Int) {
    let path = Self.paths[index]
    let times = [0.2, 0.5, 0.9]
    let data = Tensor.normal([3, 5], seed: 1), noise = Tensor.normal([3, 5], seed: 2)
    let anchor = path.name == "anchored" ? Tensor.normal([3, 5], seed: 4) : nil
    let x = path.point(data, anchor: anchor, noise: noise, at: times)
    // A pair (data, noise) that makes up x gives each prediction its true value.
    let truth: [Prediction: Tensor] = [
      .data: data, .noise: noise, .velocity: path.velocity(data, anchor: anchor, noise: noise, at: times),
      .score: noise * perRow(times.map { -1 / path.scales($0).noise }, like: noise),
      .angular: noise * perRow(times.map { path.scales($0).signal }, like: noise)
        - data * perRow(times.map { path.scales($0).noise }, like: noise),
    ]
    for from in Prediction.allCases {
      for to in Prediction.allCases {
        let converted = from.convert(truth[from]!, to: to, x: x, at: times, path: path, anchor: anchor)
        expectClose(
          converted.floats, truth[to]!.floats.map(Double.init), relative: 1e-4, "\(path.name) \(from) to \(to)")
      }
    }
  }
}
