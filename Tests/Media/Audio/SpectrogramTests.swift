import Foundation
import OneStepMedia
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct SpectrogramTests {
  @Test("The inverse gives the signal back", arguments: [Spectrogram.Padding.same, .centre])
  func roundTrip(_ padding: Spectrogram.Padding) {
    let spectrogram = Spectrogram(size: 64, hop: 16, padding: padding)
    let signal = Tensor.normal([2, 320], seed: 3)
    let back = spectrogram.inverse(spectrogram(signal))
    #expect(back.shape == [2, 320])
    expectClose(back.floats, signal.floats.map(Double.init), relative: 1e-5)
  }

  @Test("Framing and adding back are adjoint and have both derivative rules")
  func frames() {
    expectOperator(
      "framed", [.random([2, 13])], engine: { $0[0].framed(size: 5, hop: 3) },
      reference: { x in
        Reference((0..<2).flatMap { n in (0..<3).flatMap { t in (0..<5).map { x[0][n, t * 3 + $0] } } }, [2, 3, 5])
      })
    expectOperator(
      "overlapAdded", [.random([2, 3, 5])], engine: { $0[0].overlapAdded(hop: 3) },
      reference: { x in
        var y = Reference.filled(0, [2, 11])
        for n in 0..<2 { for t in 0..<3 { for i in 0..<5 { y[n, t * 3 + i] += x[0][n, t, i] } } }
        return y
      })
  }

  @Test("Pairs have magnitudes and polar forms with both derivative rules")
  func pairs() {
    expectOperator(
      "magnitude", [.random([3, 4, 2])], engine: { $0[0].magnitude(addingToSquare: 0.01) },
      reference: { z in
        Reference(
          (0..<12).map { (pow(z[0].values[2 * $0], 2) + pow(z[0].values[2 * $0 + 1], 2) + 0.01).squareRoot() }, [3, 4])
      })
    expectOperator(
      "polar", [.random([3, 4]), .random([3, 4], seed: 2, in: -4...4)], engine: { Tensor.polar($0[0], phase: $0[1]) },
      reference: { x in
        Reference(
          (0..<12).flatMap { [x[0].values[$0] * cos(x[1].values[$0]), x[0].values[$0] * sin(x[1].values[$0])] },
          [3, 4, 2])
      })
    #expect(Tensor.zeros([1, 2]).magnitude().floats == [0])
  }

  @Test("The inverse transform is differentiable")
  func inverseDerivative() {
    let spectrogram = Spectrogram(size: 8, hop: 2)
    expectOperator(
      "inverse", [.random([1, 4, 5, 2])], engine: { spectrogram.inverse($0[0]) },
      reference: { s in
        func w(_ i: Int) -> Double { 0.5 - 0.5 * cos(2 * Double.pi * Double(i) / 8) }
        var sum = [Double](repeating: 0, count: 14), energy = sum
        for t in 0..<4 {
          for i in 0..<8 {
            var x = 0.0
            for k in 0...4 {
              let angle = 2 * Double.pi * Double(i * k) / 8, weight = k == 0 || k == 4 ? 1.0 : 2
              x += weight * (s[0][0, t, k, 0] * cos(angle) - s[0][0, t, k, 1] * sin(angle)) / 8
            }
            sum[t * 2 + i] += w(i) * x
            energy[t * 2 + i] += w(i) * w(i)
          }
        }
        return Reference((3..<11).map { sum[$0] / energy[$0] }, [1, 8])
      })
  }

  @Test("Griffin-Lim finds a signal with nearly the same mel")
  func griffinLim() {
    let mel = MelSpectrogram.voice16k
    // A gliding tone with three harmonics.
    let samples = (0..<16000).map { i -> Float in
      let t = Float(i) / 16000, phase = 2 * Float.pi * (150 * t + 40 * t * t)
      return 0.3 * sin(phase) + 0.2 * sin(2 * phase) + 0.1 * sin(5 * phase)
    }
    let wanted = mel(Tensor(samples, shape: [1, 16000]))
    let signal = GriffinLim(iterations: 32)(wanted, mel)
    #expect(signal.shape == [1, 62 * 256])
    let error = (mel(signal) - wanted).absolute().mean().item
    #expect(error < 0.5, "\(error)")
    #expect(GriffinLim(iterations: 2)(wanted, mel).floats == GriffinLim(iterations: 2)(wanted, mel).floats)
  }
}
