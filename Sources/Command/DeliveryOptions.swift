import ArgumentParser
import OneStepSpeech

/// Who speaks, and how.
struct DeliveryOptions: ParsableArguments {
  @Option(
    name: [.customLong("voice"), .customShort("m"), .customLong("model")],
    help: ArgumentHelp("A voice of --list-voices, or a path.", valueName: "name"))
  var voice: String?

  @Option(
    help: ArgumentHelp("A vocoder instead of the voice's own, or griffin-lim, which needs none.", valueName: "file"))
  var vocoder: String?

  @Option(help: ArgumentHelp("2 is twice as fast.", valueName: "0.25...4"))
  var speed = Delivery().speed

  @Option(parsing: .unconditional, help: ArgumentHelp("Semitones.", valueName: "-12...12"))
  var pitch = Delivery().pitch

  @Option(parsing: .unconditional, help: ArgumentHelp("dB.", valueName: "-96...24"))
  var volume = Delivery().volume

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Bring the whole to this loudness, LUFS; peaks stay below -1 dBTP.", valueName: "-70...0"))
  var loudness: Double?

  @Option(help: ArgumentHelp("Seconds after a sentence.", valueName: "0...60"))
  var sentenceSilence = Delivery().sentenceSilence

  @Option(help: ArgumentHelp("Calls of the network for a sentence: 1, 2, 4.", valueName: "1...100"))
  var steps = Delivery().steps

  @Option(help: ArgumentHelp("Of the noise; 0 always speaks alike.", valueName: "0...2"))
  var temperature = Delivery().temperature

  @Option(help: ArgumentHelp("Seed of the noise; the same seed gives the same bytes.", valueName: "n"))
  var seed = Delivery().seed

  @Option(help: ArgumentHelp("Pronunciations of your own, WORD PHONES on each line.", valueName: "file"))
  var lexicon: String?

  func validate() throws { try CommandError.check("--loudness", loudness, -70...0) }

  func delivery(_ piper: PiperSpellings) -> Delivery {
    var result = Delivery()
    (result.speed, result.pitch, result.volume) = (piper.lengthScale.map { 1 / $0 } ?? speed, pitch, volume)
    (result.steps, result.temperature, result.seed) = (steps, piper.noiseScale ?? temperature, seed)
    result.sentenceSilence = piper.sentenceSilence ?? sentenceSilence
    return result
  }
}

/// Options as piper calls them, for scripts that were written for it.
struct PiperSpellings: ParsableArguments {
  @Option(name: [.customLong("length_scale"), .customLong("length-scale")], help: .hidden)
  var lengthScale: Double?

  @Option(name: [.customLong("noise_scale"), .customLong("noise-scale")], help: .hidden)
  var noiseScale: Double?

  @Option(name: .customLong("sentence_silence"), help: .hidden)
  var sentenceSilence: Double?

  @Option(name: [.customLong("output_file"), .customLong("output-file")], help: .hidden)
  var outputFile: String?

  @Flag(name: [.customLong("output_raw"), .customLong("output-raw")], help: .hidden)
  var outputRaw = false

  @Option(name: [.customLong("input_file"), .customLong("input-file")], help: .hidden)
  var inputFile: String?
}
