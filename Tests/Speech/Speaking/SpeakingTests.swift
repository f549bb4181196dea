import Foundation
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepTensors
import Testing

@Suite struct SpeakingTests {
  private let voice: Voice
  private let text =
    "Hello, world! The three worlds.\n\nA hello: the world, three, hello the world hello world, the three."
  init() throws { voice = try TinyVoice.voice() }

  private func gathered(_ stream: SpeechStream) throws -> Speech {
    var stream = stream, samples: [Float] = [], timeline = Timeline(sampleRate: stream.sampleRate)
    while let chunk = try stream.next() {
      #expect(chunk.first == samples.count)
      samples += chunk.samples
      timeline.append(chunk.timeline)
    }
    return Speech(audio: Audio(samples: samples, sampleRate: stream.sampleRate), timeline: timeline)
  }

  @Test("pieces of any length make the same bytes", arguments: [[32], [32, 64, 128], [96], [4096], [64, 32]])
  func pieces(_ lengths: [Int]) throws {
    let whole = try voice.speak(text)
    let stream = try SpeechStream(voice.script(text), voice, Delivery(), voices: [:], lengths: lengths)
    let same = try gathered(stream) == whole
    #expect(same && whole.audio.duration > 2 && whole.audio.samples.allSatisfy(\.isFinite))
  }

  @Test("a vocoder with frames centred at samples fills the same times") func centred() throws {
    let centred = try Voice(
      name: "centred", acoustic: voice.acoustic, vocoder: TinyVoice.vocoder { $0.spectrogram.padding = .centre },
      frontEnd: voice.frontEnd)
    let whole = try centred.speak(text), usual = try voice.speak(text)
    let stream = try SpeechStream(centred.script(text), centred, Delivery(), voices: [:], lengths: [64])
    let same = try gathered(stream) == whole
    #expect(same && whole.timeline == usual.timeline && whole.audio.frames == usual.audio.frames)
  }

  @Test("HiFi-GAN speaks piece by piece too") func hifiGAN() throws {
    let vocoder = try HiFiGAN.load(Checkpoint(contentsOf: VocoderParityTests.path("hifi-gan-v3.zip.pth")))
    let acoustic = TinyVoice.acoustic {
      ($0.encoder.mels, $0.sampleRate) = (vocoder.features.bands, vocoder.features.sampleRate)
      $0.hop = vocoder.features.spectrogram.hop
    }
    let voice = try Voice(name: "gan", acoustic: acoustic, vocoder: vocoder, frontEnd: voice.frontEnd)
    let speech = try voice.speak(text), same = try gathered(voice.stream(text)) == speech
    #expect(same && speech.audio.samples.allSatisfy(\.isFinite))
    #expect(speech.timeline.phones.last?.samples.upperBound == speech.audio.frames)
  }

  @Test("an utterance is what the vocoder makes of its frames") func sound() throws {
    let script = try voice.script("Hello the three worlds, hello the world"), utterance = script.lines[0].utterance
    let speech = try voice.speak(script)
    let spoken = try voice.acoustic(utterance.ids, Delivery().options(utterance: 0)), frames = spoken.mel.shape[0]
    let sound = voice.vocoder!(spoken.mel).samples
    #expect(sound.count == speech.audio.frames && frames > 96)
    // The last frames hear the padding that follows them.
    let certain = (frames - voice.vocoder!.reach) * 64
    let same = sound[16..<certain] == speech.audio.samples[16..<certain]
    #expect(same)
  }

  @Test("a task gets the same pieces") func tasks() async throws {
    var stream = try voice.stream(text), chunks: [SpeechChunk] = [], awaited: [SpeechChunk] = []
    for try await chunk in stream { awaited.append(chunk) }
    while let chunk = try stream.next() { chunks.append(chunk) }
    let same = chunks == awaited
    #expect(same && chunks.count > 5 && chunks[0].samples.count == 32 * 64)
  }

  @Test("a cancelled task ends") func cancelling() async throws {
    let stream = try voice.stream(text)
    let task = Task { for try await _ in stream { withUnsafeCurrentTask { $0?.cancel() } } }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(
    "times add up to the sound",
    arguments: [(1.0, 0.0, 0.2), (0.5, 5, 0), (3, -7.5, 0.3333), (1, 12, 0.1), (4, -12, 0.2)])
  func times(speed: Double, pitch: Double, silence: Double) throws {
    var delivery = Delivery()
    (delivery.speed, delivery.pitch, delivery.sentenceSilence) = (speed, pitch, silence)
    let speech = try voice.speak(text, delivery), t = speech.timeline
    #expect(t.phones.first?.samples.lowerBound == 0 && t.phones.last?.samples.upperBound == speech.audio.frames)
    #expect(zip(t.phones, t.phones.dropFirst()).allSatisfy { $0.samples.upperBound == $1.samples.lowerBound })
    #expect(t.phones.reduce(0) { $0 + $1.samples.count } == speech.audio.frames)
    #expect(t.sentences.count == 3 && t.words.map(\.written).prefix(5) == ["Hello", "world", "The", "three", "worlds"])
    let gap = { t.sentences[$0 + 1].samples.lowerBound - t.sentences[$0].samples.upperBound }
    #expect(gap(0) == Int((silence * 8000).rounded()) && gap(1) == 4000)
    for word in t.words {
      let sentence = t.sentences[word.sentence].samples
      #expect(word.samples.lowerBound >= sentence.lowerBound && word.samples.upperBound <= sentence.upperBound)
    }
    // The phones within a word are the word.
    let named = t.phones.filter { $0.name.first!.isLetter }
    #expect(named.map(\.name) == t.words.flatMap { $0.phones.map(\.description) })
  }

  @Test("speed and pitch change what they should") func speedAndPitch() throws {
    func frames(_ change: (inout Delivery) -> Void) throws -> Double {
      var delivery = Delivery()
      delivery.temperature = 0
      change(&delivery)
      return Double(try voice.speak("Hello the world hello the three worlds", delivery).audio.frames)
    }
    let usual = try frames { _ in }
    #expect(try abs(frames { $0.speed = 2 } / usual - 0.5) < 0.03 && abs(frames { $0.speed = 0.5 } / usual - 2) < 0.03)
    #expect(try abs(frames { $0.pitch = 4 } / usual - 1) < 0.03 && abs(frames { $0.pitch = -4 } / usual - 1) < 0.03)
  }

  @Test("a tone rises by the semitones that are asked for") func resampling() throws {
    let tone = (0..<8000).map { Float(sin(2 * Double.pi * 500 * Double($0) / 8000)) }
    let ratio = pow(2, 7.0 / 12)
    let up = try Audio(samples: tone, sampleRate: Int((80_000_000 * ratio).rounded())).resampled(to: 80_000_000)
    #expect(up.frames == Int((8000 / ratio).rounded()))
    let wanted = up.samples.indices.map { Float(sin(2 * Double.pi * 500 * ratio * Double($0) / 8000)) }
    let inner = 200..<up.frames - 200
    #expect(inner.map { abs(up.samples[$0] - wanted[$0]) }.max()! < 2e-3)
  }

  @Test("a sentence sounds the same whatever was said before it; another seed sounds different") func seeds() throws {
    func last(_ text: String, seed: UInt64 = 1) throws -> [Float] {
      var delivery = Delivery()
      delivery.seed = seed
      let speech = try voice.speak(text, delivery)
      return Array(speech.audio.samples[speech.timeline.sentences.last!.samples])
    }
    let one = try last("Hello world. The three."), other = try last("A three hello. The three.")
    let (same, moved, seeded) = (
      one == other, try last("The three.") == one, try last("Hello world. The three.", seed: 2) == one
    )
    #expect(same && !moved && !seeded)
  }

  @Test("the bytes do not depend on the threads") func threads() throws {
    let before = Compute.threads
    let many = try voice.speak(text)
    Compute.threads = 1
    let one = try voice.speak(text)
    Compute.threads = before
    let same = one == many
    #expect(same)
  }

  @Test("utterances come and go without a click") func fades() throws {
    let speech = try voice.speak(text), samples = speech.audio.samples
    let loudest = samples.map(abs).max()!
    for sentence in speech.timeline.sentences.map(\.samples) {
      #expect(
        abs(samples[sentence.lowerBound]) < 0.04 * loudest && abs(samples[sentence.upperBound - 1]) < 0.04 * loudest)
    }
  }

  @Test("markup changes voice, volume and place") func markup() throws {
    let other = try TinyVoice.voice("bob", seed: 9, rate: 16000)
    let markup = """
      <speak>Hello <voice name="bob">world.</voice><mark name="m"/> <prosody volume="silent">Three.</prosody>\
      <break time="500ms"/><mark name="end"/></speak>
      """
    let speech = try voice.speak(markup, voices: ["bob": other]), t = speech.timeline
    #expect(t.phones.last!.samples == speech.audio.frames - 4000..<speech.audio.frames)
    #expect(t.phones.reduce(0) { $0 + $1.samples.count } == speech.audio.frames)
    let gap = t.sentences[1].samples.upperBound
    #expect(t.marks == [.init(name: "m", sample: gap), .init(name: "end", sample: speech.audio.frames)])
    #expect(speech.audio.samples[t.sentences[2].samples].allSatisfy { $0 == 0 })
    #expect(speech.audio.samples[t.sentences[1].samples].contains { $0 != 0 })
    let own = try TinyVoice.voice("bob")
    #expect(throws: SpeakingError.unknownVoice("bob", known: ["tiny"])) { try voice.stream(markup) }
    #expect(try own.speak(markup).audio.frames > 0)
  }

  @Test("louder is louder") func volume() throws {
    var delivery = Delivery()
    delivery.volume = 6.0206
    let (plain, loud) = (try voice.speak("Hello."), try voice.speak("Hello.", delivery))
    #expect(zip(plain.audio.samples, loud.audio.samples).allSatisfy { abs(2 * $0 - $1) < 1e-5 })
  }

  @Test("without a vocoder the sound is found from magnitudes") func griffinLim() throws {
    let plain = try Voice(name: "plain", acoustic: voice.acoustic, vocoder: nil, frontEnd: voice.frontEnd)
    let speech = try plain.speak("Hello world."), again = try plain.speak("Hello world.")
    let same = speech == again, frames = try voice.speak("Hello world.").audio.frames
    #expect(same && speech.audio.frames == frames)
    #expect(speech.audio.samples.allSatisfy(\.isFinite) && speech.audio.samples.contains { abs($0) > 1e-4 })
  }

  @Test("options out of their range are named") func options() throws {
    func refuses(_ name: String, _ change: (inout Delivery) -> Void) {
      var delivery = Delivery()
      change(&delivery)
      #expect {
        try voice.speak("Hello", delivery)
      } throws: { error in
        if case SpeakingError.option(let found, _, _) = error { found == name } else { false }
      }
    }
    let message = SpeakingError.option("speed", value: 0, allowed: "0.25...4").description
    #expect(message == "speed 0 is outside 0.25...4")
    refuses("speed") { $0.speed = 0 }
    refuses("speed") { $0.speed = .nan }
    refuses("pitch") { $0.pitch = 13 }
    refuses("steps") { $0.steps = 0 }
    refuses("temperature") { $0.temperature = -.infinity }
    refuses("sentence silence") { $0.sentenceSilence = -1 }
    refuses("paragraph silence") { $0.paragraphSilence = .infinity }
    refuses("volume") { $0.volume = .nan }
    for text in ["", "?!", "🎉"] { #expect(throws: SpeakingError.nothingToSay) { try voice.speak(text) } }
  }
}
