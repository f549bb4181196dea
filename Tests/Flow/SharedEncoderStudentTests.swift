import Foundation
import OneStepFlow
import OneStepTensors
import Testing

@Suite struct SharedEncoderStudentTests {
  /// Data N(0.4, 0.6²) on the linear path: E[x0 | x] in closed form.
  static var denoiser: Denoiser<Void> {
    Denoiser(on: .linear) { x, t, _ in
      let gain = t.map { (1 - $0) * 0.36 / ((1 - $0) * (1 - $0) * 0.36 + $0 * $0) }
      return (x - perRow(t.map { 0.4 * (1 - $0) }, like: x)) * perRow(gain, like: x) + 0.4
    }
  }

  /// DDIM with the denoiser in the loop, and the points it passes.
  private func solve(_ x: Tensor, _ times: [Double]) throws -> (data: Tensor, points: [Tensor]) {
    var (x, points) = (x, [Tensor]())
    for (t, next) in zip(times, times.dropFirst() + [0]) {
      points.append(x)
      let data = try Self.denoiser(x, at: [Double](repeating: t, count: x.shape[0]), ())
      // On the linear path noise = (x - (1 - t) data) / t.
      let noise = (x - data * Float(1 - t)) * Float(1 / t)
      x = data * Float(1 - next) + noise * Float(next)
    }
    return (x, points)
  }

  @Test("folding predictions of an exact decoder is DDIM", arguments: [Prediction.noise, .data, .velocity])
  func folding(_ kind: Prediction) throws {
    let times = [0.95, 0.7, 0.45, 0.2]
    let x = Tensor.normal([64, 3], seed: 1)
    let (data, points) = try solve(x, times)
    // An ideal decoder knows from the first point where the trajectory will be.
    let student = SharedEncoderStudent<[Tensor], Void>(on: .linear, times: times, predicting: kind) { x, _ in
      try solve(x, times).points
    } decode: { points, times, _ in
      try zip(points, times).map { try Self.denoiser.predict(kind, $0, at: [Double](repeating: $1, count: 64), ()) }
    }
    let output = try student(x, ())
    #expect(output.predictions.count == 4 && points.count == 4)
    let worst = zip(output.data.floats, data.floats).map { abs($0 - $1) }.max()!
    #expect(worst < 1e-5, "differs by \(worst)")
  }

  @Test("one time is a plain one-step student") func single() throws {
    let student = SharedEncoderStudent<Tensor, Void>(on: .linear, times: [1], predicting: .velocity) { x, _ in
      x
    } decode: { x, _, _ in
      [x * 0.25]
    }
    #expect(try student(Tensor([4, 8], shape: [2, 1]), ()).data.floats == [3, 6])
  }

  @Test("the divergence of moments is the closed form") func divergence() {
    // n = 10^5 normal numbers: mean² and (variance - 1)² / 2 are both about 1 / n.
    #expect(momentDivergence(Tensor.normal([1, 100_000], seed: 1)).item < 1e-4)
    // Mean 1 and variance 4 exactly: (4 + 1 - 1 - ln 4) / 2.
    let two = Tensor([-1, 3, -1, 3, 0, 0, 0, 0], shape: [2, 4])
    let values = momentDivergence(two).floats
    #expect(abs(Double(values[0]) - (2 - log(2.0))) < 1e-5)
    #expect(values[1] > 10 && values[1].isFinite)
  }
}
