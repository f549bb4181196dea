import ArgumentParser
import Foundation
import OneStepFlow
import OneStepMedia
import OneStepNetworks
import OneStepSpeech
import OneStepTensors

struct BenchTTS: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tts",
    abstract: "Time speech and its networks, or measure how near a voice comes to recordings.",
    discussion: """
      Speed: ten sentences from text to sound, in this process when everything is warm and as a whole process, with the \
      time to the first sound; flite and espeak-ng on the same text where they are installed; one step of CoMoSpeech's \
      denoiser and the vocoders, at published sizes on random weights, for 172 frames.

      Quality (--quality): recordings that the voice was not trained on, in the layout of LJSpeech. Their mels by the \
      vocoder and by Griffin-Lim, and what the voice makes of their texts.

      Examples:
        onestep bench tts
        onestep bench tts --rows paragraph,flite,espeak-ng --threads 1 --json
        onestep bench tts --quality -o report
      """)

  @Option(help: ArgumentHelp("Rows to run, with commas between (default: all).", valueName: "list"))
  var rows: String?

  @Option(help: ArgumentHelp("A voice of 'onestep tts --list-voices', or a path.", valueName: "name"))
  var voice: String?

  @Flag(help: "Measure quality instead of speed.")
  var quality = false

  @Option(help: ArgumentHelp("Recordings and their texts.", valueName: "folder"))
  var data = "Samples/Speech"

  @Option(help: ArgumentHelp("File of ids, a line each, that alone are used.", valueName: "file"))
  var only: String?

  @Option(help: ArgumentHelp("The voice's teacher, to be measured with 50 steps.", valueName: "file"))
  var teacher: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the copies, what the voice says, and pictures of it.", valueName: "folder"))
  var output: String?

  @OptionGroup var common: CommonOptions

  struct Line: Encodable {
    var row: String
    var precision: String?
    var milliseconds: Double
    /// Seconds of sound that were made.
    var soundSeconds: Double
    var realTimeFactor: Double
    var threads: Int
    /// Of the whole process, until the first samples came.
    var firstMilliseconds: Double?
  }

  private static let programs = ["paragraph", "paragraph-process", "flite", "espeak-ng"]
  private static var known: [String] { programs + SpeechRow.all.map(\.name) }

  func run() throws {
    common.apply()
    try Interruption.whileWorking {
      if quality {
        try SpeechQualityReport(
          voice: openVoice(), data: data, only: only, teacher: teacher, output: output, options: common
        ).run()
      } else {
        try measureSpeed()
      }
    }
  }

  private func openVoice() throws -> Voice {
    try VoiceCabinet(frontEnd: .standard(in: ModelLibrary.speechFolders())).voice(voice)
  }

  // MARK: Speed

  private func measureSpeed() throws {
    let wanted = try Set(rows.map(wantedRows) ?? Self.known)
    if !common.json { try Console.writeLine("row                precision          ms    sound s     RTF  first ms") }
    func check() throws { if Interruption.isRequested { throw CommandError.interrupted(saved: nil) } }
    if wanted.contains("paragraph") { try show(warmParagraph()) }
    if wanted.contains("paragraph-process") {
      let voice = try openVoice()
      let arguments =
        ["tts", SpokenProgram.paragraph, "--raw", "-q"] + (self.voice.map { ["--voice", $0] } ?? [])
        + (common.threads.map { ["--threads", "\($0)"] } ?? [])
      try show(
        "paragraph-process",
        SpokenProgram.timeOwn(arguments, sampleRate: voice.sampleRate, runs: 7))
    }
    let file = NSTemporaryDirectory() + "onestep-bench-\(getpid()).wav"
    defer { try? FileManager.default.removeItem(atPath: file) }
    for peer in SpokenProgram.peers(file: file) where wanted.contains(peer.name) {
      try check()
      try show(peer.name, SpokenProgram.time(peer.program, peer.arguments, file: file, runs: 7))
    }
    for row in SpeechRow.all where wanted.contains(row.name) {
      for type in Compute.hasFastBF16 ? [ElementType.f32, .bf16] : [.f32] {
        try check()
        try show(line(row.name, seconds: row.milliseconds(type) / 1000, sound: row.soundSeconds, precision: type.name))
      }
    }
  }

  private func warmParagraph() throws -> Line {
    let voice = try openVoice()
    var sound = 0.0
    func once() throws -> Double {
      let (speech, seconds) = try timed { try voice.speak(SpokenProgram.paragraph) }
      sound = speech.audio.duration
      return seconds
    }
    for _ in 0..<2 { _ = try once() }
    let times = try (0..<7).map { _ in try once() }.sorted()
    return line("paragraph", seconds: times[3], sound: sound)
  }

  private func wantedRows(_ list: String) throws -> [String] {
    let wanted = list.split(separator: ",").map(String.init)
    for name in wanted where !Self.known.contains(name) {
      let hint = closestMatch(to: name, in: Self.known).map { "; did you mean \($0)?" } ?? "."
      throw CommandError.usage("no row is named \(name)\(hint) Known: \(Self.known.joined(separator: ", "))")
    }
    return wanted
  }

  // MARK: Words

  private func line(_ row: String, seconds: Double, sound: Double, precision: String? = nil, first: Double? = nil)
    -> Line
  {
    Line(
      row: row, precision: precision, milliseconds: (seconds * 1e5).rounded() / 100, soundSeconds: sound,
      realTimeFactor: (seconds / sound * 1e5).rounded() / 1e5, threads: Compute.threads,
      firstMilliseconds: first.map { ($0 * 1e4).rounded() / 10 })
  }

  private func show(_ row: String, _ result: SpokenProgram.Result) throws {
    try show(line(row, seconds: result.seconds, sound: result.soundSeconds, first: result.firstSeconds))
  }

  private func show(_ line: Line) throws {
    if common.json { return try Console.writeJSON(line) }
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    try Console.writeLine(
      left(line.row, 19) + left(line.precision ?? "", 9) + right(fixed(line.milliseconds, 2), 12)
        + right(fixed(line.soundSeconds, 2), 11) + right(fixed(line.realTimeFactor, 4), 8)
        + right(line.firstMilliseconds.map { fixed($0, 1) } ?? "", 10))
  }
}
