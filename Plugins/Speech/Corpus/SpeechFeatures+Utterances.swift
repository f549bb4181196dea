import Foundation
import OneStepFlow
import OneStepTensors

extension SpeechFeatures {
  /// A clip as an utterance to learn from: a silence and the symbols of its text, with the times of its phones where they
  /// are known.
  ///
  /// - Returns: nil where the text has nothing to say, or more symbols than the sound has frames.
  public func utterance(_ clip: Int, _ front: FrontEnd) throws -> TrainingUtterance? {
    let read = try front(clips[clip].spokenText).flatMap(\.symbols)
    guard !read.isEmpty else { return nil }
    guard let phones = clips[clip].phones else {
      let ids = [PhoneSymbols.pad] + read
      return ids.count <= frames(clip) ? TrainingUtterance(ids: ids, mel: logMel(clip)) : nil
    }
    let names = phones.map(\.name)
    guard let agreement = PhoneAgreement(heard: names, read: read) else {
      let unknown = names.first { $0 != "pau" && Phone($0) == nil }
      throw CorpusError.unknownPhone(clip: clips[clip].id, phone: unknown ?? "")
    }
    guard let durations = wholeFrames(clip) else { return nil }
    return TrainingUtterance(ids: agreement.ids, durations: durations, mel: logMel(clip))
  }

  /// Utterances of `clips` in turn; those that cannot be learnt from are left out.
  public func utterances(
    _ clips: [Int], _ front: FrontEnd, progress: (Int) -> Void = { _ in }
  ) throws -> [TrainingUtterance] {
    try clips.enumerated().compactMap { place, clip in
      progress(place + 1)
      return try utterance(clip, front)
    }
  }
}
