import Foundation
import OneStepMedia
import OneStepTensors

/// Recordings of one sample rate, from which training draws segments.
public struct Recordings: Sendable {
  public let sampleRate: Int
  /// Mono samples of every recording.
  public let sounds: [[Float]]
  /// Running sums of lengths: long recordings are drawn more often.
  private let cumulative: [Double]

  /// - Parameter sampleRate: Hz; the sounds are mixed to one channel and brought to it.
  public init(_ audios: [Audio], sampleRate: Int) throws(AudioError) {
    var sounds: [[Float]] = []
    for audio in audios where audio.frames > 0 { sounds.append(try audio.mono().resampled(to: sampleRate).samples) }
    guard !sounds.isEmpty else { throw .empty(name: "the recordings") }
    (self.sampleRate, self.sounds) = (sampleRate, sounds)
    var total = 0.0
    cumulative = sounds.map { sound in
      total += Double(sound.count)
      return total
    }
  }

  /// All sound files in a folder and the folders in it, in order of their paths.
  public init(folder: String, sampleRate: Int) throws(AudioError) {
    let known: Set = ["wav", "flac", "ogg", "oga", "opus", "mp3"]
    guard let entries = FileManager.default.enumerator(atPath: folder) else {
      throw .unreadable(path: folder, code: ENOENT)
    }
    let names = entries.compactMap { $0 as? String }
      .filter { known.contains(($0 as NSString).pathExtension.lowercased()) }.sorted()
    guard !names.isEmpty else { throw .empty(name: folder) }
    var audios: [Audio] = []
    for name in names { audios.append(try Audio(contentsOf: folder + "/" + name)) }
    try self.init(audios, sampleRate: sampleRate)
  }

  /// Seconds of all recordings together.
  public var duration: Double { (cumulative.last ?? 0) / Double(sampleRate) }

  /// `rows` segments of `samples` samples, each turned down by 1 to 6 dB as in Vocos; shorter recordings are followed by
  /// silence. Which segment is drawn depends on the random source alone.
  public func draw(rows: Int, samples: Int, _ random: inout RandomSource) -> Tensor {
    let draws = random.uniform(count: 3 * rows)
    return Tensor(shape: [rows, samples]) { out in
      for row in 0..<rows {
        let at = Double(draws[3 * row]) * (cumulative.last ?? 0)
        let sound = sounds[cumulative.firstIndex { $0 > at } ?? sounds.count - 1]
        let first = Int(Double(draws[3 * row + 1]) * Double(max(0, sound.count - samples) + 1))
        let gain = pow(10, -(1 + 5 * draws[3 * row + 2]) / 20)
        for i in 0..<samples { out[row * samples + i] = first + i < sound.count ? gain * sound[first + i] : 0 }
      }
    }
  }
}
