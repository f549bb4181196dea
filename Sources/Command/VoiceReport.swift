import Foundation
import OneStepMedia
import OneStepSpeech

/// How near a voice comes to recordings that it was not trained on.
struct VoiceReport: Encodable, CustomStringConvertible {
  struct Acoustic: Encodable {
    /// One network call.
    let student: AcousticQuality
    /// 50 steps.
    let teacher: AcousticQuality?

    init(student: CoMoSpeechModel, teacher: CoMoSpeechModel?, _ utterances: [TrainingUtterance]) throws {
      self.student = try AcousticQuality(student, utterances, SpeakingOptions())
      var options = SpeakingOptions()
      options.steps = 50
      self.teacher = try teacher.map { try AcousticQuality($0, utterances, options) }
    }
  }

  struct Copies: Encodable {
    let vocoder: SpeechQuality
    /// The same mels by phase reconstruction, which needs no weights.
    let griffinLim: SpeechQuality
  }

  var acoustic: Acoustic?
  var vocoder: Copies?

  static func copySynthesis(of sounds: [Audio], by vocoder: any Vocoder) throws -> Copies? {
    guard !sounds.isEmpty else { return nil }
    let mel = vocoder.features, fallback = GriffinLim(iterations: 60)
    func quality(_ made: (Audio) throws -> Audio) throws -> SpeechQuality {
      try SpeechQuality(sounds.map { (try made($0), $0) }, mel: mel)
    }
    return Copies(
      vocoder: try quality(vocoder.copySynthesis),
      griffinLim: try quality { sound in
        let features = try mel(sound)
        return Audio(
          samples: fallback(features.reshaped([1] + features.shape.suffix(2)), mel).floats, sampleRate: mel.sampleRate)
      })
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  var description: String {
    var lines: [String] = []
    if let acoustic {
      func row(_ name: String, _ q: AcousticQuality) -> String {
        let timed = q.timedDistortion.map { ", at the recording's times \(fixed($0, 2)) dB" } ?? ""
        return "\(name): mel-cepstral distortion \(fixed(q.distortion, 2)) dB\(timed), length off by "
          + "\(fixed(q.lengthError * 100, 1)) % (\(q.clips) clips not trained on)"
      }
      lines.append(row("student, 1 call", acoustic.student))
      if let teacher = acoustic.teacher { lines.append(row("teacher, 50 steps", teacher)) }
    }
    if let vocoder {
      func row(_ name: String, _ q: SpeechQuality) -> String {
        "\(name): log-mel \(fixed(q.logMelDistance, 3)) nat, spectral convergence \(fixed(q.spectralConvergence, 3)), "
          + "log magnitude \(fixed(q.logMagnitudeDistance, 3)), pitch \(fixed(q.pitchCents, 0)) cents, "
          + "voicing \(fixed(q.voicingError * 100, 1)) %"
      }
      lines += [row("vocoder", vocoder.vocoder), row("Griffin-Lim", vocoder.griffinLim)]
    }
    return lines.joined(separator: "\n")
  }
}
