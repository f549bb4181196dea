import Foundation
import OneStepMedia
import OneStepTensors

/// The log-mels and samples of a corpus, computed once into one memory-mapped file.
///
/// A run that was interrupted goes on where it stopped; a recording that changed is read again; other settings begin the
/// file anew. Samples are stored in 16 bits, and the log-mel is that of the stored samples.
public final class SpeechFeatures: Sendable {
  /// A clip that is not used, and how long it is.
  public struct Rejection: Equatable, Sendable {
    public let id: String
    /// Seconds, of the whole recording.
    public let seconds: Double
  }

  public let mel: MelSpectrogram
  /// The clips that are used, in the corpus's order.
  public let clips: [SpeechClip]
  public let rejections: [Rejection]
  private let file: FeatureFile
  private let records: [FeatureFile.Record]
  private let map: MappedFile

  /// Reads what is in the file and computes the rest.
  /// - Parameters:
  ///   - path: the file, made when it is not there.
  ///   - progress: called with the clips done so far and all of them.
  public init(
    of corpus: SpeechCorpus, mel: MelSpectrogram = .voice16k, preparation: ClipPreparation = ClipPreparation(),
    file path: String, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(CorpusError) {
    precondition(mel.spectrogram.padding == .same, "a clip of n hops needs n frames")
    let hop = mel.spectrogram.hop
    var file = try FeatureFile(
      path: path, settings: Self.settings(mel, preparation), hop: hop, bands: mel.bands)
    var used: [SpeechClip] = [], rejected: [Rejection] = [], records: [FeatureFile.Record] = []
    for (index, clip) in corpus.clips.enumerated() {
      let key = Self.key(clip)
      if file.records[key] == nil {
        try Self.compute(clip, key, mel, preparation, &file)
        progress(index + 1, corpus.clips.count)
      }
      let record = file.records[key]!
      if record.frames > 0 {
        used.append(clip)
        records.append(record)
      } else {
        rejected.append(Rejection(id: clip.id, seconds: Double(record.start) / 1e4))
      }
    }
    file.unlock()
    guard !used.isEmpty else { throw .noClips(folder: corpus.folder, rejected: rejected.count) }
    (self.mel, clips, rejections, self.file, self.records) = (mel, used, rejected, file, records)
    map = try MappedFile(path)
  }

  private static func settings(_ mel: MelSpectrogram, _ preparation: ClipPreparation) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let parts = [try? encoder.encode(mel), try? encoder.encode(preparation)]
    return parts.map { String(decoding: $0 ?? Data(), as: UTF8.self) }.joined()
  }

  /// Changes with the recording.
  private static func key(_ clip: SpeechClip) -> UInt64 {
    var status = stat()
    stat(clip.path, &status)
    return StableHash.of("\(clip.id)|\(status.st_size)|\(status.st_mtim.tv_sec)|\(status.st_mtim.tv_nsec)")
  }

  private static func compute(
    _ clip: SpeechClip, _ key: UInt64, _ mel: MelSpectrogram, _ preparation: ClipPreparation, _ file: inout FeatureFile
  ) throws(CorpusError) {
    let start: Int, samples: [Int16], values: [Float]
    do throws(AudioError) {
      let audio = try Audio(contentsOf: clip.path)
      let ready = try preparation(audio, rate: mel.sampleRate, hop: mel.spectrogram.hop)
      samples = (ready?.samples ?? []).map { Int16(($0 * 32768).rounded()) }
      values = samples.isEmpty ? [] : try mel(sound(samples, mel.sampleRate)).floats
      start = ready?.start ?? Int(min(audio.duration, 4e5) * 1e4)
    } catch { throw .sound(error) }
    try file.append(key, start: start, samples: samples, mel: values)
  }

  private static func sound(_ samples: [Int16], _ rate: Int) -> Audio {
    Audio(samples: samples.map { Float($0) / 32768 }, sampleRate: rate)
  }
}

// MARK: Reading

extension SpeechFeatures {
  /// Frames of all clips together.
  public var totalFrames: Int { records.reduce(0) { $0 + $1.frames } }

  public func frames(_ clip: Int) -> Int { records[clip].frames }

  /// The log-mel of a clip, `[T, bands]`, in the mapped file.
  public func logMel(_ clip: Int) -> Tensor {
    let range = file.melRange(records[clip])
    return Tensor(
      constant: UnsafeRawBufferPointer(rebasing: map.bytes[range]), shape: [records[clip].frames, mel.bands], owner: map
    )
  }

  /// Samples of frames of a clip, in [-1, 1]: `frames.count` hops.
  public func samples(_ clip: Int, frames: Range<Int>) -> [Float] {
    let record = records[clip], hop = mel.spectrogram.hop
    precondition(frames.lowerBound >= 0 && frames.upperBound <= record.frames, "frames \(frames) of \(record.frames)")
    return (frames.lowerBound * hop..<frames.upperBound * hop).map {
      Float(map.bytes.loadUnaligned(fromByteOffset: record.offset + 2 * $0, as: Int16.self)) / 32768
    }
  }

  /// The whole clip as it was prepared.
  public func sound(_ clip: Int) -> Audio {
    Audio(samples: samples(clip, frames: 0..<frames(clip)), sampleRate: mel.sampleRate)
  }

  /// Frames of the clip's known phones, at least 1 each; nil where no times are known or the phones are too many.
  package func wholeFrames(_ clip: Int) -> [Int]? {
    guard let phones = clips[clip].phones else { return nil }
    let record = records[clip]
    let ends = phones.map {
      ($0.end * Double(mel.sampleRate) - Double(record.start)) / Double(mel.spectrogram.hop)
    }
    return TimedPhone.wholeFrames(ends: ends, total: record.frames)
  }

  /// Indices of the clips to train on and of those for validation. Which is which depends on the names alone.
  public func split(validation share: Double) -> (training: [Int], validation: [Int]) {
    let all = clips.indices
    return (
      all.filter { !clips[$0].isValidation(share: share) }, all.filter { clips[$0].isValidation(share: share) }
    )
  }
}
