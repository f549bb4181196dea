import ArgumentParser
import Foundation
import OneStepMedia
import OneStepSpeech

struct TTS: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tts",
    abstract: "Speak English text, in one network call a sentence.",
    discussion: """
      Examples:
        onestep tts "The parcel cost $3.50, Dr. Smith said." -o parcel.wav
        onestep tts -f chapter.txt -o chapter.opus --srt chapter.srt --speed 1.1
        echo "Hello" | onestep tts --raw | aplay -t raw -f S16_LE -r 16000
        onestep tts --phonemes "St. Mark St., 2nd floor"

      The text is an argument, a file, or standard input; SSML is recognised (break, prosody, say-as, sub, phoneme, mark, \
      voice). The result's format follows its extension: .wav, .flac, .ogg, .opus. Same seed, same bytes, streamed or not. \
      A lexicon has lines of WORD PHONES, such as: gif  JH IH1 F. A batch is CSV with a header, or a JSON object a line, \
      with id and text, and if wanted voice, speed, pitch, volume, seed, steps, temperature; a second run goes on where \
      the first ended. The spellings of piper (--length_scale, --output_file, ...) are understood.
      """)

  @Argument(help: "What to say; - for standard input.")
  var text: [String] = []

  @Option(name: .shortAndLong, help: "A text or SSML file; - for standard input.")
  var file: String?

  @Option(name: .shortAndLong, help: "A sound file, - for WAV on standard output, or the folder of a batch.")
  var output: String?

  @Flag(help: "16-bit little-endian samples on standard output, as they are made.")
  var raw = false

  @Flag(help: "Play the sound as it is made (paplay, aplay, play or ffplay).")
  var play = false

  @Flag(help: "Speak each line of standard input when it comes, with --raw or --play.")
  var lines = false

  @OptionGroup(title: "Delivery") var delivery: DeliveryOptions

  @Option(help: ArgumentHelp("Subtitles, SubRip.", valueName: "file"))
  var srt: String?

  @Option(help: ArgumentHelp("Subtitles, WebVTT.", valueName: "file"))
  var vtt: String?

  @Option(help: ArgumentHelp("When each word is heard, a JSON object a line.", valueName: "file"))
  var words: String?

  @Option(help: ArgumentHelp("A picture: waveform, mel, words and phones.", valueName: "file.png"))
  var plot: String?

  @Flag(help: "Show how the text is read, and which rule read it; nothing is spoken.")
  var phonemes = false

  @Option(help: ArgumentHelp("Speak each line of a table into the folder -o.", valueName: "csv|jsonl"))
  var batch: String?

  @Flag(help: "Show the voices that are found.")
  var listVoices = false

  @Flag(help: "Replace existing results.")
  var force = false

  @OptionGroup var piper: PiperSpellings
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try settings.validate()
    let rivals = [("--raw", sendsRaw), ("-o -", target == "-"), ("--json", common.json && !phonemes && !listVoices)]
      .filter(\.1).map(\.0)
    guard rivals.count < 2 else {
      throw CommandError.usage("\(rivals.joined(separator: " and ")) cannot both have standard output")
    }
    guard !sendsRaw || target == nil else {
      throw CommandError.usage("--raw writes to standard output; leave -o out, or give it a name ending in .wav")
    }
    guard text.isEmpty || source == nil else { throw CommandError.usage("give a text or a file, not both") }
    if lines {
      guard sendsRaw || play, target == nil, text.isEmpty, source == nil, extras.isEmpty else {
        throw CommandError.usage("--lines goes with --raw or --play and standard input alone")
      }
    }
    if batch != nil {
      guard text.isEmpty, source == nil, !sendsRaw, !play, extras.isEmpty else {
        throw CommandError.usage("--batch takes its texts from the table and needs nothing but -o FOLDER")
      }
      guard let target, target != "-" else { throw CommandError.usage("--batch needs a folder: -o FOLDER") }
    }
  }

  func run() throws {
    common.apply()
    if listVoices { return try VoiceList(json: common.json).run() }
    let user = try delivery.lexicon.map { path throws(LexiconError) in try UserLexicon(contentsOf: path) }
    let frontEnd = try FrontEnd.standard(user: user, in: ModelLibrary.speechFolders())
    if phonemes { return try ReadingTrace(script: Script(readText(), frontEnd: frontEnd), json: common.json).run() }
    let voices = VoiceCabinet(frontEnd: frontEnd, vocoder: delivery.vocoder)
    try Interruption.whileWorking {
      if let batch, let target {
        return try SpeechBatch(table: batch, folder: target, command: self, voices: voices).run()
      }
      try checkOutputs()
      if lines { return try SpokenLines(command: self, voices: voices).run() }
      try SpokenText(command: self, text: readText(), voices: voices).run()
    }
  }

  // MARK: What was asked for

  /// The file for the sound, in either spelling.
  var target: String? { output ?? piper.outputFile }
  var sendsRaw: Bool { raw || piper.outputRaw }
  private var source: String? { file ?? piper.inputFile }
  /// Files beside the sound.
  private var extras: [String] { [srt, vtt, words, plot].compactMap { $0 } }
  var settings: Delivery { delivery.delivery(piper) }

  private func readText() throws -> String {
    if !text.isEmpty && text != ["-"] { return text.joined(separator: " ") }
    guard let source, source != "-" else {
      if Console.standardInputIsTerminal {
        throw CommandError.usage("no text is given: write it as an argument, or -f FILE, or pipe it in")
      }
      return try utf8(Console.readStandardInput(), name: "standard input")
    }
    return try utf8(readBytes(source), name: source)
  }

  private func checkOutputs() throws {
    if target == nil && !sendsRaw && !play || target == "-" || sendsRaw {
      guard !Console.standardOutputIsTerminal else {
        throw CommandError.usage("standard output is a terminal; give a file to -o, or --play")
      }
    }
    let files = [target].compactMap { $0 == "-" ? nil : $0 } + extras
    guard Set(files).count == files.count else { throw CommandError.usage("two results have the same name") }
    if let target, target != "-", AudioFormat(path: target) == nil, PathKind(target) != .other {
      throw AudioError.unknownExtension(path: target)
    }
    if let plot, !plot.lowercased().hasSuffix(".png") { throw MediaError.unknownExtension(path: plot) }
    for path in files { try checkOutput(path, force: force) }
  }
}
