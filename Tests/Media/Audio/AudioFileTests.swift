import Foundation
import OneStepMedia
import OneStepTestSupport
import Testing

@Suite struct AudioFileTests {
  static func sound(_ frames: Int = 4000, channels: Int = 1, rate: Int = 16000) -> Audio {
    var generator = SplitMix(seed: 5)
    let samples = (0..<frames * channels).map { i in
      0.4 * sin(Float(i / channels) * 0.05) + Float.random(in: -0.1...0.1, using: &generator)
    }
    return Audio(samples: samples.map { ($0 * 32768).rounded() / 32768 }, channels: channels, sampleRate: rate)
  }

  @Test("16-bit samples survive WAV and FLAC exactly", arguments: [AudioFormat.wav, .flac], [1, 2])
  func lossless(_ format: AudioFormat, _ channels: Int) throws {
    var sound = Self.sound(channels: channels)
    sound.comment = "seed 7"
    let bytes = try sound.encoded(as: format)
    #expect(try Audio(decoding: bytes, name: "it") == sound)
    #expect(try sound.encoded(as: format) == bytes, "the same sound gives the same bytes")
  }

  @Test("Ogg formats come near", arguments: [AudioFormat.opus, .vorbis])
  func lossy(_ format: AudioFormat) throws {
    let sound = Audio(samples: (0..<16000).map { 0.4 * sin(Float($0) * 0.1) }, sampleRate: 16000)
    let read = try Audio(decoding: try sound.encoded(as: format), name: "it").resampled(to: 16000)
    #expect(abs(read.frames - sound.frames) <= 400)
    let energy = read.samples.reduce(0) { $0 + $1 * $1 } / Float(read.frames)
    #expect(abs(energy - 0.08) < 0.01, "\(energy)")
  }

  @Test("Opus takes a rate it does not know to a higher one")
  func opusRate() throws {
    let read = try Audio(decoding: try Self.sound(22050, rate: 22050).encoded(as: .opus), name: "it")
    #expect([24000, 48000].contains(read.sampleRate) && abs(read.duration - 1) < 0.05)
  }

  @Test("Samples beyond full scale are cut off, never wrapped")
  func clipping() throws {
    let loud = Audio(samples: [2, -2, 0.5, 1], sampleRate: 8000)
    let expected: [Float] = [32767.0 / 32768, -1, 0.5, 32767.0 / 32768]
    #expect(try Audio(decoding: try loud.encoded(), name: "it").samples == expected)
    #expect(loud.pcmBytes == [0xFF, 0x7F, 0x00, 0x80, 0x00, 0x40, 0xFF, 0x7F])
  }

  @Test("A file is written whole under its name, and its extension chooses the format")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("onestep-audio-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let sound = Self.sound()
    for name in ["a.wav", "b.FLAC"] {
      let path = folder.appendingPathComponent(name).path
      try sound.write(to: path)
      #expect(try Audio(contentsOf: path) == sound)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["a.wav", "b.FLAC"])
    #expect(throws: AudioError.unknownExtension(path: "x.xyz")) { try sound.write(to: "x.xyz") }
    let missing = folder.appendingPathComponent("missing.wav").path
    #expect(throws: AudioError.unreadable(path: missing, code: ENOENT)) { try Audio(contentsOf: missing) }
    let nowhere = folder.appendingPathComponent("no/where.wav").path
    #expect { try sound.write(to: nowhere) } throws: { ($0 as? AudioError)?.kind == .cannotWrite }
  }

  @Test("Things that are not sound are named")
  func foreign() throws {
    func detail(_ bytes: [UInt8]) -> String {
      do { _ = try Audio(decoding: bytes, name: "it") } catch { return error.description }
      return ""
    }
    #expect(detail([]).contains("holds no sound"))
    #expect(detail(Array("version https://git-lfs.github.com/spec/v1\n".utf8)).contains("git lfs pull"))
    #expect(detail(Array("<!DOCTYPE html><html>".utf8)).contains("web page"))
    #expect(detail([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]).contains("image"))
    #expect(detail(Array("just some text".utf8)).contains("not a sound file"))
    #expect(detail(Array("RIFF".utf8)).contains("ends too early"))
  }

  @Test("A file cut off is refused or shorter, never a crash", arguments: [AudioFormat.wav, .flac, .opus])
  func cutOff(_ format: AudioFormat) throws {
    let whole = try Self.sound(1500).encoded(as: format)
    for count in stride(from: 0, to: whole.count, by: 7) {
      #expect(throws: AudioError.self, "\(format) cut to \(count) of \(whole.count) bytes") {
        try Audio(decoding: Array(whole[..<count]), name: "it")
      }
    }
  }

  @Test("Flipped bytes give a sound or an error, never a crash", arguments: AudioFormat.allCases)
  func flipped(_ format: AudioFormat) throws {
    let whole = try Self.sound(600).encoded(as: format)
    var generator = SplitMix(seed: 3)
    for _ in 0..<150 {
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      if let read = try? Audio(decoding: bytes, name: "it") { #expect(read.samples.allSatisfy { $0.isFinite }) }
    }
  }

  /// A WAV header that claims `claimed` bytes of 32-bit float samples, then `samples`.
  private func floatWAV(_ samples: [Float], claimed: UInt32) -> [UInt8] {
    func le(_ value: UInt32, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }
    let head = Array("WAVEfmt ".utf8) + le(16) + le(3, 2) + le(1, 2) + le(16000) + le(64000) + le(4, 2) + le(32, 2)
    return Array("RIFF".utf8) + le(0xFFFF_FFFF) + head + Array("data".utf8) + le(claimed)
      + samples.flatMap { le($0.bitPattern) }
  }

  @Test("A length claimed by a stream's header costs no memory")
  func hugeClaim() throws {
    let read = try Audio(decoding: floatWAV([0.25, -0.5], claimed: 0xFFFF_FFF0), name: "it")
    #expect(read.samples == [0.25, -0.5])
  }

  @Test("Samples that are not numbers are refused", arguments: [Float.nan, .infinity])
  func notFinite(_ value: Float) {
    #expect(throws: AudioError.notFinite(name: "it")) {
      try Audio(decoding: floatWAV([0, value], claimed: 8), name: "it")
    }
  }

  @Test("Resampling keeps a tone and its length; channels are mixed by their mean")
  func resampling() throws {
    let tone = Audio(samples: (0..<22050).map { sin(2 * .pi * 440 * Float($0) / 22050) }, sampleRate: 22050)
    let read = try tone.resampled(to: 16000)
    #expect(read.frames == 16000 && read.sampleRate == 16000)
    let worst = (500..<15500).map { abs(read.samples[$0] - sin(2 * .pi * 440 * Float($0) / 16000)) }.max()!
    #expect(worst < 1e-3, "\(worst)")
    #expect(throws: AudioError.unusableRate(from: 22050, to: 1)) { try tone.resampled(to: 1) }
    #expect(Audio(samples: [1, 0, 0.5, -0.5], channels: 2, sampleRate: 8000).mono().samples == [0.5, 0])
  }

  @Test("A 997 Hz sine of full scale in one channel measures -3.01 LUFS, and a target is reached")
  func loudness() throws {
    let sine = Audio(samples: (0..<96000).map { sin(2 * .pi * 997 * Float($0) / 48000) }, sampleRate: 48000)
    let measured = try Loudness(of: sine)
    #expect(abs(measured.integrated + 3.01) < 0.05 && abs(measured.truePeak) < 0.1, "\(measured)")
    let quiet = try Loudness(of: sine.normalized(toLoudness: -23))
    #expect(abs(quiet.integrated + 23) < 0.01)
    let peak = try Loudness(of: sine.normalized(toLoudness: 0)).truePeak
    #expect(peak < -0.99)
    let silence = Audio(samples: [Float](repeating: 0, count: 8000), sampleRate: 8000)
    #expect(try silence.normalized(toLoudness: -20) == silence)
  }
}
