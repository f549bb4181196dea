import Foundation
import OneStepMedia
import Testing

struct AudioWriterTests {
  let folder = FileManager.default.temporaryDirectory.path + "/writer-\(UUID().uuidString)"
  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

  @Test(arguments: [(AudioFormat.wav, 16_000), (.flac, 22_050)])
  func piecesGiveTheBytesOfTheWhole(_ format: AudioFormat, _ rate: Int) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let samples = (0..<10_000).map { Float(sin(Double($0) * 0.05) * 0.7) }
    let path = folder + "/a." + format.pathExtension
    let writer = try AudioWriter(path: path, format: format, sampleRate: rate, comment: "seed=3")
    for start in stride(from: 0, to: samples.count, by: 777) {
      try writer.append(Array(samples[start..<min(start + 777, samples.count)]))
    }
    #expect(names.allSatisfy { $0.hasPrefix(".") })
    try writer.finish()
    #expect(names == ["a." + format.pathExtension])
    let whole = try Audio(samples: samples, sampleRate: rate, comment: "seed=3").encoded(as: format)
    #expect(FileManager.default.contents(atPath: path).map { [UInt8]($0) } == whole)
  }

  @Test(arguments: [(AudioFormat.opus, 16_000), (.opus, 22_050), (.vorbis, 16_000)])
  func lossyFilesAreAsLong(_ format: AudioFormat, _ rate: Int) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/a." + format.pathExtension
    let writer = try AudioWriter(path: path, format: format, sampleRate: rate)
    for _ in 0..<10 { try writer.append([Float](repeating: 0.1, count: rate / 10)) }
    try writer.finish()
    #expect(abs(try Audio(contentsOf: path).duration - 1) < 0.02)
  }

  @Test func whatIsNotFinishedIsGone() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var writer: AudioWriter? = try AudioWriter(path: folder + "/a.wav", format: .wav, sampleRate: 8000)
    try writer?.append([0, 0.5])
    #expect(names.count == 1)
    writer = nil
    #expect(names.isEmpty)
    #expect(throws: AudioError.self) {
      try AudioWriter(path: folder + "/none/a.wav", format: .wav, sampleRate: 8000)
    }
  }
}
