import Foundation
import OneStepMedia
import Testing

/// The program speaks with the voice that it is shipped with.
@Suite(.serialized)
struct TTSTests {
  let folder: Folder
  init() throws { folder = try Folder() }

  func speak(_ arguments: String..., input: String? = nil) throws -> Executable.Outcome {
    try Executable.run(["tts", "--threads", "1"] + arguments, in: folder, input: input)
  }

  @Test func everyFormatHoldsTheSameSpeech() throws {
    let text = "Good morning, Dr. Smith."
    for name in ["a.wav", "a.flac", "a.ogg", "a.opus"] {
      let outcome = try speak(text, "-o", name)
      #expect(outcome.code == 0 && outcome.text == name + "\n" && outcome.errors.isEmpty, "\(outcome.errors)")
    }
    let wav = try Audio(contentsOf: folder.file("a.wav"))
    #expect(wav.channels == 1 && wav.sampleRate == 16_000 && (0.8...4).contains(wav.duration))
    #expect(wav.comment?.contains("seed=1") == true)
    #expect(try Audio(contentsOf: folder.file("a.flac")).samples == wav.samples)
    for name in ["a.ogg", "a.opus"] {
      #expect(abs(try Audio(contentsOf: folder.file(name)).duration - wav.duration) < 0.1, "\(name)")
    }
  }

  @Test func streamedBytesAreThoseOfTheFile() throws {
    let text = "One sentence. Then another one follows, and it is longer. A third!"
    #expect(try speak(text, "-o", "a.wav").code == 0)
    let whole = try Audio(contentsOf: folder.file("a.wav"))
    let raw = try speak(text, "--raw")
    #expect(raw.code == 0 && raw.output == whole.pcmBytes)
    let wav = try speak(text, "-o", "-")
    #expect(wav.output == folder.bytes("a.wav"))
    let twoThreads = try Executable.run(["tts", text, "--raw", "--threads", "2"], in: folder)
    #expect(twoThreads.output == raw.output)
    let otherSeed = try speak(text, "--raw", "--seed", "2")
    #expect(otherSeed.output != raw.output)
  }

  @Test func theSampleProgramStreamsTheSameSamples() throws {
    let text = "One sentence. Then another one."
    let run = try Executable.run([text, "out.pcm"], in: folder, program: Executable.built("SpeakInThreeLines"))
    let whole = try speak(text, "--raw")
    #expect(run.code == 0 && !whole.output.isEmpty && folder.bytes("out.pcm") == whole.output, "\(run.errors)")
  }

  @Test func aFileAndStandardInputAreReadAlike() throws {
    folder.write(Array("Hello there.\n\nA second paragraph.\n".utf8), "text.txt")
    let file = try speak("-f", "text.txt", "--raw")
    let piped = try speak("--raw", input: folder.file("text.txt"))
    let dash = try speak("-", "--raw", input: folder.file("text.txt"))
    #expect(file.code == 0 && !file.output.isEmpty && piped.output == file.output && dash.output == file.output)
  }

  @Test func linesAreSpokenOneByOne() throws {
    folder.write(Array("Hello there.\n\n...\nGoodbye.\n".utf8), "text.txt")
    let outcome = try speak("--lines", "--raw", "--sentence-silence", "0.25", input: folder.file("text.txt"))
    #expect(outcome.code == 0 && outcome.messages.count == 1 && outcome.errors.contains("nothing to say"))
    let silence = [UInt8](repeating: 0, count: 8000)
    let parts = try ["Hello there.", "Goodbye."].flatMap { try speak($0, "--raw").output + silence }
    #expect(outcome.output == parts)
  }

  @Test func timesAddUpToTheSamples() throws {
    let outcome = try speak(
      "It costs $3.50. Really?", "-o", "a.wav", "--srt", "a.srt", "--vtt", "a.vtt", "--words", "a.jsonl", "--plot", "a.png",
      "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let reply = try #require(outcome.replies.first), samples = try #require(reply["samples"] as? Int)
    #expect(try Audio(contentsOf: folder.file("a.wav")).frames == samples)
    #expect(reply["sentences"] as? Int == 2 && reply["words"] as? Int == 4 && reply["network_calls"] as? Int == 1)
    for key in ["seconds", "model", "seed", "threads", "precision", "peak_bytes", "real_time_factor"] {
      #expect(reply[key] != nil, "\(key)")
    }
    let words = String(decoding: folder.bytes("a.jsonl"), as: UTF8.self).split(separator: "\n").map {
      try! JSONSerialization.jsonObject(with: Data($0.utf8)) as! [String: Any]
    }
    #expect(words.map { $0["word"] as? String } == ["It", "costs", "$3.50.", "Really?"] || words.count == 4)
    let ends = words.compactMap { $0["lastSample"] as? Int }, starts = words.compactMap { $0["firstSample"] as? Int }
    #expect(zip(ends, starts.dropFirst()).allSatisfy { $0 <= $1 } && ends.last! <= samples)
    let srt = String(decoding: folder.bytes("a.srt"), as: UTF8.self)
    #expect(srt.contains("It costs $3.50.") && srt.contains("2\n") && srt.contains(" --> "))
    #expect(String(decoding: folder.bytes("a.vtt"), as: UTF8.self).hasPrefix("WEBVTT"))
    let picture = try Image(contentsOf: folder.file("a.png"))
    #expect(abs(picture.width - samples / 64) <= 8 && picture.height == 96 + 3 * 80 + 32)
    #expect(Set(picture.floats()).count > 100)
  }

  @Test func deliveryChangesWhatItSays() throws {
    func seconds(_ options: String...) throws -> Double {
      let outcome = try Executable.run(["tts", "The cat sat on the mat.", "-o", "d.wav", "--force"] + options, in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try Audio(contentsOf: folder.file("d.wav")).duration
    }
    let usual = try seconds()
    #expect(abs(try seconds("--speed", "2") / usual - 0.5) < 0.1)
    #expect(abs(try seconds("--length_scale", "2") / usual - 2) < 0.2)
    #expect(abs(try seconds("--pitch", "-3") / usual - 1) < 0.1)
    #expect(try seconds("--steps", "4", "--noise_scale", "0.3") == usual)
    _ = try seconds("--loudness", "-30")
    #expect(abs(try Loudness(of: Audio(contentsOf: folder.file("d.wav"))).integrated + 30) < 0.2)
    _ = try seconds("--vocoder", "griffin-lim")
    let piper = try speak("Hello.", "--output_file", "piper.wav", "--sentence_silence", "1", "-m", "slt")
    #expect(piper.code == 0 && folder.exists("piper.wav"))
    #expect(try speak("Hello.", "--output_raw").output == Audio(contentsOf: folder.file("piper.wav")).pcmBytes)
  }

  @Test func theFrontEndShowsItsStages() throws {
    folder.write(Array("# mine\nonestep  W AH1 N S T EH1 P\n".utf8), "lexicon.txt")
    let outcome = try speak("Dr. Onestep paid $5.", "--phonemes", "--lexicon", "lexicon.txt")
    #expect(outcome.code == 0)
    for part in ["[abbreviation] doctor", "W AH1 N S T EH1 P  (user)", "[money] five dollars", "symbols:"] {
      #expect(outcome.text.contains(part), "\(part)")
    }
    let words = try speak("Dr. Who", "--phonemes", "--json").replies
    #expect(words.map { $0["written"] as? String } == ["Dr.", "Who"])
  }

  @Test func voicesAreListed() throws {
    #expect(try speak("--list-voices").text.contains("slt"))
    #expect(try speak("--list-voices", "--json").replies.first?["sample_rate"] as? Int == 16_000)
    let models = try Executable.run(["models", "list"], in: folder).text
    for name in ["photo", "voice-slt ", "voice-slt-vocoder", "g2p"] { #expect(models.contains(name), "\(name)") }
  }

  @Test func markupIsSpoken() throws {
    let text = #"<speak>Wait <break time="700ms"/> for <say-as interpret-as="characters">it</say-as>.</speak>"#
    let outcome = try speak(text, "-o", "a.wav", "--words", "a.jsonl", "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let plain = try speak("Wait for I T.", "-o", "b.wav")
    #expect(plain.code == 0)
    let longer = try Audio(contentsOf: folder.file("a.wav")).duration - Audio(contentsOf: folder.file("b.wav")).duration
    #expect(longer > 0.5)
  }
}
