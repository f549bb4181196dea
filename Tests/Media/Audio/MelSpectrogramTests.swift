import Foundation
import OneStepMedia
import OneStepTensors
import OneStepTestSupport
import Testing

@Suite struct MelSpectrogramTests {
  @Test("Slaney's bands stand at their published centres")
  func centres() {
    let centres = MelSpectrogram.hifiGAN22k.centres
    for (band, hertz) in [(0, 37.239), (1, 74.478), (2, 111.718), (39, 1656.787), (40, 1721.652), (79, 7698.593)] {
      #expect(abs(centres[band] - hertz) < 6e-4, "band \(band): \(centres[band])")
    }
  }

  @Test("The triangles have Slaney's areas")
  func triangles() {
    let matrix = MelSpectrogram.hifiGAN22k.matrix().floats
    func column(_ band: Int) -> [Float] { (0..<513).map { matrix[$0 * 80 + band] } }
    let (first, last) = (column(0), column(79))
    #expect(first.filter { $0 > 0 }.count == 3 && last.filter { $0 > 0 }.count == 27)
    for (bin, value) in [(1, 0.01552772), (2, 0.02265139), (3, 0.00712367)] {
      #expect(abs(Double(first[bin]) - value) < 2e-8, "bin \(bin): \(first[bin])")
    }
    #expect(last.firstIndex { $0 > 0 } == 345 && abs(last[345] - 0.00023798) < 2e-8)
  }

  @Test("HTK triangles reach 1")
  func htk() {
    let matrix = MelSpectrogram.vocos24k.matrix().floats
    let peaks = (0..<100).map { band in (0..<513).map { matrix[$0 * 100 + band] }.max()! }
    #expect(peaks.allSatisfy { $0 <= 1 } && peaks[99] > 0.8)
  }

  @Test("A frame of a 1 kHz sine has the published peak and bands")
  func sine() {
    let mel = MelSpectrogram.hifiGAN22k
    let frame = (0..<1024).map { Float(0.5 * sin(2 * Double.pi * 1000 * Double($0) / 22050)) }
    // The frame itself, without what stands around it.
    let window = (0..<1024).map { Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / 1024)) }
    let windowed = zip(frame, window).map { $0 * $1 }
    let magnitudes = Tensor(windowed, shape: [1, 1, 1024]).realFourier().magnitude(addingToSquare: 1e-9)
    let values = magnitudes.floats
    #expect(values.firstIndex(of: values.max()!) == 46 && abs(values[46] - 112.8025) < 1e-3, "\(values[46])")
    let bands = mel.logarithm(magnitudes).floats
    for (band, value) in [(26, 1.42784), (0, -10.23228), (79, -11.51293)] as [(Int, Float)] {
      #expect(abs(bands[band] - value) < 2e-3, "band \(band): \(bands[band])")
    }
    let neighbours = [bands[25], bands[27]].sorted()
    #expect(abs(neighbours[0] + 0.22668) < 1e-3 && abs(neighbours[1] - 0.66220) < 1e-3, "\(neighbours)")
  }

  @Test("Frame counts are those of the recipes", arguments: [1024, 2560, 4000, 5000])
  func frameCounts(_ samples: Int) {
    let signal = Tensor.normal([2, samples], seed: 1) * 0.1
    #expect(MelSpectrogram.hifiGAN22k(signal).shape == [2, samples / 256, 80])
    #expect(MelSpectrogram.vocos24k(signal).shape == [2, samples / 256 + 1, 100])
  }

  @Test("A sound shorter than its padding has a spectrum")
  func short() {
    #expect(MelSpectrogram.voice16k(Tensor.ones([1, 300])).shape == [1, 1, 80])
  }

  @Test("The log-mel's derivative is that of a slow reference")
  func derivative() {
    let mel = MelSpectrogram(
      sampleRate: 8000, spectrogram: Spectrogram(size: 16, hop: 4), bands: 3, highest: 4000, floor: 1e-3)
    let matrix = mel.matrix().floats.map(Double.init)
    expectOperator(
      "log-mel", [.random([2, 22])], tolerance: 1e-4, step: 1e-4, engine: { mel($0[0]) },
      reference: { signal in
        var result: [Double] = []
        for n in 0..<2 {
          func at(_ i: Int) -> Double { signal[0][n, i < 0 ? -i : i > 21 ? 42 - i : i] }
          for t in 0..<5 {
            var bands = [0.0, 0, 0]
            for k in 0...8 {
              var (re, im) = (0.0, 0.0)
              for i in 0..<16 {
                let w = 0.5 - 0.5 * cos(2 * Double.pi * Double(i) / 16), x = at(t * 4 + i - 6) * w
                re += x * cos(2 * Double.pi * Double(i * k) / 16)
                im -= x * sin(2 * Double.pi * Double(i * k) / 16)
              }
              for b in 0..<3 { bands[b] += (re * re + im * im + 1e-9).squareRoot() * matrix[k * 3 + b] }
            }
            result += bands.map { log(max($0, 1e-3)) }
          }
        }
        return Reference(result, [2, 5, 3])
      })
  }
}
