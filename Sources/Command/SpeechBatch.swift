import Foundation
import OneStepMedia
import OneStepSpeech

/// Speaks the lines of a table into a folder; a failure does not stop the rest, and a second run skips what is done.
struct SpeechBatch {
  /// What was asked for, by which a later run knows what it need not say again.
  struct Order: Codable, Equatable {
    var id: String, text: String, voice: String
    var speed: Double, pitch: Double, volume: Double, temperature: Double, sentenceSilence: Double
    var loudness: Double?
    var seed: UInt64, steps: Int
    var vocoder: String?, lexicon: String?
  }
  struct Outcome: Encodable {
    var file: String, line: Int
    var soundSeconds: Double, words: Int
  }

  let table: String, folder: String
  let command: TTS
  let voices: VoiceCabinet

  private var manifest: String { folder.appendingPath("manifest.jsonl") }

  func run() throws {
    let entries = try SpeechTable(contentsOf: table).entries
    try makeFolder(folder)
    let done = try finished()
    let progress = ProgressLine(quiet: command.common.quiet)
    let clock = ContinuousClock(), start = clock.now
    var failures = 0, skipped = 0, spoken = 0
    for (index, entry) in entries.enumerated() {
      do {
        let row = try entry.row.get()
        progress.show(
          "\(index + 1)/\(entries.count) \(row.id), "
            + "\(spoken == 0 ? "?" : clockTime(start.duration(to: clock.now).seconds / Double(spoken) * Double(entries.count - index))) left"
        )
        if try speak(row, entry.line, done: done[row.id]) { spoken += 1 } else { skipped += 1 }
      } catch {
        progress.clear()
        let code = ExitCode(of: error)
        if code == .interrupted || code == .cannotWrite || code == .internalFailure { throw error }
        failures += 1
        Console.report("\(table), line \(entry.line): \(error)")
      }
    }
    progress.clear()
    if !command.common.quiet && (skipped > 0 || failures > 0) {
      Console.report("\(spoken) spoken, \(skipped) were there already, \(failures) failed")
    }
    if failures > 0 { throw ReportedFailure(code: .badData) }
  }

  /// The last line of the manifest for every id whose file is there.
  private func finished() throws -> [String: Order] {
    guard PathKind(manifest) == .file else { return [:] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let lines = try utf8(readBytes(manifest), name: manifest).split(whereSeparator: \.isNewline)
    // A line that was cut off while it was written counts as none.
    let orders = lines.compactMap { try? decoder.decode(Order.self, from: Data($0.utf8)) }
    return Dictionary(orders.map { ($0.id, $0) }) { _, last in last }
  }

  /// Whether it was spoken, and not there already.
  private func speak(_ row: SpeechTable.Row, _ line: Int, done: Order?) throws -> Bool {
    if Interruption.isRequested { throw CommandError.interrupted(saved: "the same command goes on") }
    let delivery = delivery(of: row)
    try delivery.validate()
    let voice = try voices.voice(row.voice ?? command.delivery.voice)
    let order = Order(
      id: row.id, text: row.text, voice: voice.name, speed: delivery.speed, pitch: delivery.pitch,
      volume: delivery.volume, temperature: delivery.temperature, sentenceSilence: delivery.sentenceSilence,
      loudness: command.delivery.loudness, seed: delivery.seed, steps: delivery.steps,
      vocoder: command.delivery.vocoder, lexicon: command.delivery.lexicon)
    let name = AudioFormat(path: row.id) == nil ? row.id + ".wav" : row.id, path = folder.appendingPath(name)
    if PathKind(path) == .file, done == order, !command.force { return false }
    // What an earlier run made of the line may be replaced; what anyone else made may not.
    try checkOutput(path, force: command.force || done != nil)
    let script = try voice.script(row.text)
    let writer = try AudioWriter(
      path: path, format: AudioFormat(path: name) ?? .wav, sampleRate: voice.sampleRate,
      comment: "onestep version=\(OneStep.version) voice=\(voice.name) seed=\(delivery.seed) steps=\(delivery.steps)")
    let speaker = Speaker(
      voice: voice, delivery: delivery, voices: try voices.voices(of: script), loudness: command.delivery.loudness,
      keepsSamples: false)
    let spoken = try speaker(script, to: [writer]) { _ in }
    let outcome = Outcome(
      file: name, line: line, soundSeconds: spoken.soundSeconds, words: spoken.timeline.words.count)
    try Interruption.whileWriting {
      try writer.finish()
      try append(Joined(order, outcome))
    }
    try report(outcome, path, spoken, voice, delivery)
    return true
  }

  private func delivery(of row: SpeechTable.Row) -> Delivery {
    var result = command.settings
    (result.speed, result.pitch) = (row.speed ?? result.speed, row.pitch ?? result.pitch)
    (result.volume, result.temperature) = (row.volume ?? result.volume, row.temperature ?? result.temperature)
    (result.seed, result.steps) = (row.seed ?? result.seed, row.steps ?? result.steps)
    return result
  }

  private func append(_ line: some Encodable) throws {
    let bytes = try Console.jsonLine(line)
    if PathKind(manifest) == .missing { try writeText("", to: manifest) }
    do {
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: manifest))
      try file.seekToEnd()
      try file.write(contentsOf: bytes)
      try file.close()
    } catch { throw MediaError.unwritable(path: manifest, reason: "\(error.localizedDescription)") }
  }

  private func report(
    _ outcome: Outcome, _ path: String, _ spoken: Speaker.Result, _ voice: Voice, _ delivery: Delivery
  ) throws {
    guard command.common.json else {
      if !command.common.quiet { try Console.writeLine(path) }
      return
    }
    let facts = RunFacts(
      seconds: spoken.seconds, model: voice.name, seed: delivery.seed, precision: "f32", networkCalls: delivery.steps)
    try Console.writeJSON(Joined(outcome, facts))
  }
}
