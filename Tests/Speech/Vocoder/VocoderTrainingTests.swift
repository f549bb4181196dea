import Foundation
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import Testing

@Suite struct VocoderTrainingTests {
  /// Gliding tones with harmonics.
  static func recordings() throws -> Recordings {
    try Recordings(
      (0..<4).map { k in
        Audio(
          samples: (0..<4000).map { i in
            let t = Float(i) / 8000, phase = 2 * Float.pi * (Float(150 + 60 * k) * t + 80 * t * t)
            return 0.4 * sin(phase) + 0.2 * sin(3 * phase)
          }, sampleRate: 8000)
      }, sampleRate: 8000)
  }

  static func trainer(steps: Int = 40, _ change: (inout ISTFTVocoder.Training) -> Void = { _ in }) throws
    -> ISTFTVocoder.VocoderTrainer
  {
    var c = ISTFTVocoder.Configuration.small
    (c.width, c.hidden, c.blocks) = (32, 64, 2)
    c.features = MelSpectrogram(
      sampleRate: 8000, spectrogram: Spectrogram(size: 128, hop: 32), bands: 20, highest: 4000)
    var training = ISTFTVocoder.Training(steps: steps)
    (training.rows, training.frames, training.adversarialRows, training.adversarialFrames) = (2, 64, 2, 64)
    training.rate = 3e-3
    change(&training)
    return ISTFTVocoder.VocoderTrainer(ISTFTVocoder(c), training, try recordings())
  }

  @Test("Both phases learn")
  func learns() throws {
    var trainer = try Self.trainer()
    var mel: [Double] = [], names: Set<String> = []
    while !trainer.isFinished {
      let report = try trainer.advance()
      mel.append(report.parts.first { $0.name == "mel" }!.value)
      names.formUnion(report.parts.map(\.name))
    }
    #expect(mel.count == 40 && mel[38] + mel[39] < 0.6 * (mel[0] + mel[1]), "\(mel)")
    #expect(names == ["mel", "convergence", "magnitude", "phase", "adversarial", "matching"])
  }

  @Test("A run that was stopped goes on with the same bits", arguments: [3, 7, 9])
  func resumes(_ stop: Int) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("onestep-vocoder-\(getpid())-\(stop)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("run").path
    var whole = try Self.trainer(steps: 10)
    for _ in 0..<10 { _ = try whole.advance() }
    var first = try Self.trainer(steps: 10)
    try first.run(saving: path) { _, step in step < stop }
    #expect(ISTFTVocoder.VocoderTrainer.isSaved(at: path))
    var second = try Self.trainer(steps: 10)
    try second.restore(from: path)
    #expect(second.step == stop)
    while second.step < 10 { _ = try second.advance() }
    for (a, b) in zip(whole.parameters.tensors, second.parameters.tensors) { #expect(a.floats == b.floats) }
    var other = try Self.trainer(steps: 10) { $0.seed = 2 }
    #expect(throws: (any Error).self) { try other.restore(from: path) }
  }

  @Test("A number that is not finite stops training with the state before it")
  func notFinite() throws {
    var trainer = try Self.trainer { $0.rate = 1e30 }
    _ = try trainer.advance()
    let before = trainer.step
    #expect(throws: (any Error).self) { for _ in 0..<5 { _ = try trainer.advance() } }
    #expect(trainer.step >= before && trainer.step < 6)
  }

  @Test("Bits of segments depend on the random source alone, and short recordings are filled up")
  func segments() throws {
    let recordings = try Self.recordings()
    var (a, b) = (RandomSource(seed: 4), RandomSource(seed: 4))
    let draw = recordings.draw(rows: 3, samples: 5000, &a)
    #expect(draw.shape == [3, 5000] && draw.floats == recordings.draw(rows: 3, samples: 5000, &b).floats)
    #expect(draw.floats[4000..<5000].allSatisfy { $0 == 0 })
    #expect(throws: AudioError.empty(name: "the recordings")) { try Recordings([], sampleRate: 8000) }
  }

  /// A short run on real recordings, for a folder in ONESTEP_VOCODER_DATA: figures on standard output.
  @Test(
    "Figures of a short run",
    .enabled(if: ProcessInfo.processInfo.environment["ONESTEP_VOCODER_DATA"] != nil))
  func figures() throws {
    let environment = ProcessInfo.processInfo.environment
    func number(_ name: String, _ otherwise: Double) -> Double { environment[name].flatMap(Double.init) ?? otherwise }
    let features = MelSpectrogram.voice16k
    let all = try Recordings(folder: environment["ONESTEP_VOCODER_DATA"]!, sampleRate: features.sampleRate).sounds
    let held = all.enumerated().filter { $0.offset % 40 == 7 && $0.element.count > 16000 }.map(\.element)
    let rest = all.enumerated().filter { $0.offset % 40 != 7 }.map(\.element)
    func audio(_ sounds: [[Float]]) -> [Audio] { sounds.map { Audio(samples: $0, sampleRate: features.sampleRate) } }
    var training = ISTFTVocoder.Training(
      steps: Int(number("ONESTEP_VOCODER_STEPS", 300)), adversarialShare: number("ONESTEP_VOCODER_SHARE", 0),
      mixedPrecision: environment["ONESTEP_VOCODER_BF16"] != nil)
    training.rate = number("ONESTEP_VOCODER_RATE", training.rate)
    var trainer = ISTFTVocoder.VocoderTrainer(
      ISTFTVocoder(.small), training, try Recordings(audio(rest), sampleRate: features.sampleRate))
    let clock = ContinuousClock(), begin = clock.now
    /// Seconds of processor time, which other programs on the machine do not lengthen.
    func spent() -> Double { Double(Foundation.clock()) / Double(CLOCKS_PER_SEC) }
    var step = 0, atFirst = 0.0
    while !trainer.isFinished && begin.duration(to: clock.now) < .seconds(number("ONESTEP_VOCODER_SECONDS", 240)) {
      let report = try trainer.advance()
      step += 1
      if step % 25 == 1 || trainer.isFinished {
        let parts = report.parts.map { "\($0.name) \(($0.value * 1e4).rounded() / 1e4)" }.joined(separator: " ")
        let processor = step > 1 ? (spent() - atFirst) / Double(step - 1) : 0
        print("step \(step): \(parts) norm \(report.gradientNorm), \(processor) processor seconds a step")
      }
      if step == 1 { atFirst = spent() }
    }
    let model = trainer.model(purpose: "", data: "", figures: "")
    var (made, plain, seconds) = (0.0, 0.0, 0.0)
    let sounds = audio(Array(held.prefix(8)))
    for sound in sounds {
      let mel = try features(sound)
      func distance(_ signal: Tensor) -> Double { Double((features(signal) - mel).absolute().mean().item) }
      _ = model.waveform(mel)
      let start = spent()
      let signal = model.waveform(mel)
      seconds += (spent() - start) / sound.duration
      made += distance(signal) / Double(sounds.count)
      plain += distance(GriffinLim()(mel, features)) / Double(sounds.count)
    }
    print("copy synthesis of \(sounds.count) unseen recordings: log-mel L1 \(made), Griffin-Lim 60: \(plain)")
    print("\(seconds / Double(sounds.count) * 1000) processor ms a second of sound, \(Compute.threads) threads")
  }
}
