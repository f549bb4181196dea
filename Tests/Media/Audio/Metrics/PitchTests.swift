import Foundation
import OneStepMedia
import OneStepTensors
import Testing

@Suite struct PitchTests {
  private func tone(_ hertz: Double, harmonics: [Int] = [1], rate: Int = 16000) -> [Float] {
    (0..<rate / 2).map { i in
      Float(harmonics.reduce(0.0) { $0 + 0.2 * sin(2 * Double.pi * hertz * Double($1 * i) / Double(rate)) })
    }
  }

  /// Cents from the truth, over frames whose window lies inside the signal.
  private func errors(_ contour: [Double?], _ hertz: Double) -> [Double] {
    contour[3..<contour.count - 3].map { $0.map { abs(1200 * log2($0 / hertz)) } ?? .infinity }
  }

  @Test("Tones have their pitch", arguments: [62.0, 80, 110.5, 171.3, 220, 311.1, 395])
  func tones(_ hertz: Double) {
    #expect(errors(PitchTracker()(tone(hertz), sampleRate: 16000), hertz).allSatisfy { $0 < 5 })
    let voice = tone(hertz, harmonics: [1, 2, 3, 4, 5])
    #expect(errors(PitchTracker()(voice, sampleRate: 16000), hertz).allSatisfy { $0 < 5 })
  }

  @Test("A missing fundamental is heard")
  func missingFundamental() {
    let contour = PitchTracker()(tone(150, harmonics: [2, 3, 4]), sampleRate: 16000)
    #expect(errors(contour, 150).allSatisfy { $0 < 5 })
  }

  @Test("Other rates and hops")
  func otherRate() {
    let contour = PitchTracker()(tone(130, harmonics: [1, 2], rate: 22050), sampleRate: 22050, hop: 300)
    #expect(contour.count == 11025 / 300 && errors(contour, 130).allSatisfy { $0 < 5 })
  }

  @Test("Silence and noise have no pitch")
  func unvoiced() {
    #expect(PitchTracker()([Float](repeating: 0, count: 4000), sampleRate: 16000).allSatisfy { $0 == nil })
    #expect(PitchTracker()([], sampleRate: 16000).isEmpty)
    let noise = Tensor.normal([16000], seed: 1).floats.map { $0 * 0.1 }
    let voiced = PitchTracker()(noise, sampleRate: 16000).count { $0 != nil }
    #expect(voiced <= 1, "\(voiced)")
    let faint = tone(200) + tone(200).map { $0 * 0.003 }
    #expect(PitchTracker()(faint, sampleRate: 16000)[36...].allSatisfy { $0 == nil })
  }

  @Test("A semitone is 100 cents; frames voiced in one only are counted")
  func differences() {
    let a: [Double?] = [100, 120, nil, 200, nil], semitone = pow(2, 1.0 / 12)
    let error = PitchError([100 * semitone, 120 * semitone, 90, nil, nil], reference: a)
    #expect(abs(error.cents - 100) < 1e-9 && error.voiced == 2 && abs(error.voicing - 0.4) < 1e-12)
    #expect(PitchError(a, reference: a) == PitchError(a, reference: a) && PitchError(a, reference: a).cents == 0)
    #expect(PitchError([nil], reference: [nil]).cents.isNaN)
  }

  @Test("Equal sounds have no faults; half the amplitude is ln 2 away")
  func quality() throws {
    let noise = Tensor.normal([8000], seed: 2).floats
    let voice = zip(tone(180, harmonics: [1, 2, 3]), noise).map { $0 + 0.01 * $1 }
    let sound = Audio(samples: voice, sampleRate: 16000)
    let same = try SpeechQuality([(sound, sound), (sound, sound)])
    #expect(same.pairs == 2 && same.logMelDistance == 0 && same.spectralConvergence == 0 && same.pitchCents == 0)
    #expect(same.voicingError == 0 && same.cepstralDistortion == 0 && same.warpedCepstralDistortion == 0)
    let quiet = try SpeechQuality([(Audio(samples: voice.map { $0 / 2 }, sampleRate: 16000), sound)])
    #expect(abs(quiet.logMelDistance - log(2)) < 1e-3 && quiet.cepstralDistortion < 0.05 && quiet.pitchCents < 1e-3)
  }
}
