import Foundation
import OneStepMedia
import OneStepSpeech
import OneStepTensors
import Testing

@Suite struct SpeechFeaturesTests {
  let folder: CorpusFolder
  var file: String { "\(folder.path)/features" }

  init() throws { folder = try CorpusFolder() }

  private func corpus(_ sounds: [String: Audio], phones: String? = nil) throws -> SpeechCorpus {
    let names = sounds.keys.sorted()
    try folder.write(names.map { "\($0)|text\n" }.joined())
    if let phones { try folder.write(phones, to: "phones.tsv") }
    for (name, audio) in sounds { try folder.sound("wavs/\(name).wav", audio) }
    return try SpeechCorpus(contentsOf: folder.path)
  }

  @Test("Silence is trimmed to 0.1 s, the peak is 0.95, frames are whole")
  func preparation() throws {
    let clips = try corpus([
      "a": CorpusFolder.tone(0.5, 0.6, 0.7), "b": CorpusFolder.tone(0.02, 0.8, 0.03, rate: 22050, channels: 2),
    ])
    let features = try SpeechFeatures(of: clips, file: file)
    #expect(features.clips.map(\.id) == ["a", "b"] && features.rejections.isEmpty)
    #expect(abs(features.frames(0) - 50) <= 1 && features.frames(1) == Int(0.85 * 62.5))
    #expect(features.totalFrames == features.frames(0) + features.frames(1))
    for clip in 0..<2 {
      let sound = features.sound(clip)
      #expect(sound.sampleRate == 16000 && sound.frames == features.frames(clip) * 256)
      #expect(abs(sound.samples.map(abs).max()! - 0.95) < 1e-4)
      let mel = try MelSpectrogram.voice16k(sound)
      let stored = features.logMel(clip)
      #expect(stored.shape == [features.frames(clip), 80] && stored.floats == mel.floats)
      #expect(features.samples(clip, frames: 3..<5) == Array(sound.samples[768..<1280]))
    }
    #expect(features.sound(0).samples[..<1500].allSatisfy { $0 == 0 })
    #expect(!features.sound(0).samples[1500..<1800].allSatisfy { $0 == 0 })
  }

  @Test("Clips that are too short, too long or silent are rejected and counted")
  func rejections() throws {
    let clips = try corpus([
      "a": CorpusFolder.tone(0, 0.2, 0), "b": CorpusFolder.tone(0, 1, 0), "c": CorpusFolder.tone(0, 15.5, 0),
      "d": CorpusFolder.tone(0, 1, 0, amplitude: 0),
    ])
    let features = try SpeechFeatures(of: clips, file: file)
    #expect(features.clips.map(\.id) == ["b"] && features.rejections.map(\.id) == ["a", "c", "d"])
    #expect(abs(features.rejections[1].seconds - 15.5) < 1e-3)
    let again = try SpeechFeatures(of: clips, file: file)
    #expect(again.rejections == features.rejections)
    let none = try corpus(["a": CorpusFolder.tone(0, 0.2, 0)])
    #expect(throws: CorpusError.noClips(folder: folder.path, rejected: 1)) {
      try SpeechFeatures(of: none, file: file + "2")
    }
  }

  @Test("An interrupted file is completed, to the same bytes; other settings begin anew")
  func resume() throws {
    let clips = try corpus([
      "a": CorpusFolder.tone(0.1, 0.5, 0), "b": CorpusFolder.tone(0, 1, 0), "c": CorpusFolder.tone(0, 0.7, 0.2),
    ])
    func made(_ preparation: ClipPreparation = ClipPreparation()) throws -> Int {
      var count = 0
      _ = try SpeechFeatures(of: clips, preparation: preparation, file: file) { _, _ in count += 1 }
      return count
    }
    #expect(try made() == 3)
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    #expect(try made() == 0)
    for bytes in [0, 9, 64, 70, whole.count / 2, whole.count - 1] {
      try whole[..<bytes].write(to: URL(fileURLWithPath: file))
      #expect(try made() > 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == whole)
    }
    try folder.sound("wavs/b.wav", CorpusFolder.tone(0, 0.9, 0))
    #expect(try made() == 1)
    var other = ClipPreparation()
    other.margin = 0.05
    #expect(try made(other) == 3)
    try Data("something else".utf8).write(to: URL(fileURLWithPath: file))
    #expect(throws: CorpusError.features(path: file, code: EEXIST)) { try made() }
    #expect(throws: CorpusError.features(path: "\(folder.path)/no/file", code: ENOENT)) {
      try SpeechFeatures(of: clips, file: "\(folder.path)/no/file")
    }
  }

  @Test("Phone times become frames of the trimmed clip")
  func alignment() throws {
    // Trimming leaves 0.4...1.2 s: 50 frames.
    let clips = try corpus(
      ["a": CorpusFolder.tone(0.5, 0.6, 0.7), "b": CorpusFolder.tone(0, 0.5, 0)],
      phones: "a\tpau:0.48 HH:0.64 AY1:1.12 pau:1.8\n")
    let features = try SpeechFeatures(of: clips, file: file)
    let total = features.frames(0)
    #expect(features.wholeFrames(0) == [5, 10, 30, total - 45])
    #expect(features.wholeFrames(1) == nil)
  }

  @Test("The split depends on names alone, and its share is about the one asked for")
  func split() throws {
    let names = (0..<60).map { "clip\($0)" }
    let clips = try corpus(Dictionary(uniqueKeysWithValues: names.map { ($0, CorpusFolder.tone(0, 0.4, 0)) }))
    let features = try SpeechFeatures(of: clips, file: file)
    let (training, validation) = features.split(validation: 0.25)
    #expect(Set(training).union(validation) == Set(0..<60) && training.count + validation.count == 60)
    #expect((8...22).contains(validation.count), "\(validation.count)")
    #expect(features.split(validation: 0).validation.isEmpty)
    #expect(validation.allSatisfy { features.clips[$0].isValidation(share: 0.25) })
    #expect(Set(features.split(validation: 0.1).validation).isSubset(of: validation))
  }
}
