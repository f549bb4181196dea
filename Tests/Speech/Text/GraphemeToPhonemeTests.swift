import Foundation
import OneStepSpeech
import OneStepTensors
import Testing

@Suite struct GraphemeToPhonemeTests {
  /// A language where a letter says one phone, `x` two and `e` none.
  private var toy: [(word: String, phones: [Phone])] {
    let sounds = ["a": "AA1", "b": "B", "d": "D", "e": "", "i": "IY1", "x": "K S", "m": "M"]
    var random = RandomSource(seed: 3)
    return (0..<400).map { _ in
      let letters = random.integers(below: 7, count: 5).map { sounds.keys.sorted()[$0] }
      return (letters.joined(), letters.flatMap { [Phone](arpabet: sounds[$0]!)! })
    }.filter { !$0.phones.isEmpty }
  }

  private func trained(_ steps: Int) throws -> (GraphemeToPhoneme, [Double]) {
    var configuration = GraphemeToPhoneme.Configuration()
    (configuration.width, configuration.layers, configuration.memory) = (32, 2, 8)
    var options = GraphemeToPhoneme.TrainingOptions()
    (options.steps, options.batch, options.mixedPrecision, options.dropout) = (steps, 256, false, 0)
    options.rate.warmUp = 10
    var losses: [Double] = []
    let model = try GraphemeToPhoneme.train(on: toy, configuration: configuration, options: options, data: "toy") {
      losses.append($1)
      return true
    }
    return (model, losses)
  }

  @Test func learnsAToyLanguageAndKeepsItInAFile() throws {
    let (model, losses) = try trained(150)
    #expect(losses.last! < 0.3 * losses[0])
    #expect(model("xab").map(\.base) == ["K", "S", "AA", "B"])
    #expect(model("MID").map(\.description) == ["M", "IY1", "D"])
    #expect(model("").isEmpty && model("123").isEmpty)
    let path = NSTemporaryDirectory() + "g2p-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.write(to: path)
    let read = try GraphemeToPhoneme(contentsOf: path)
    #expect(read("xabide") == model("xabide") && read.card == model.card)
    #expect(!model(String(repeating: "ab", count: 500)).isEmpty)
  }

  @Test func sameSeedSameNumbers() throws {
    #expect(try trained(5).1 == trained(5).1)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: Resources.folder + "/g2p.safetensors")))
  func shippedModelReadsUnknownWords() throws {
    let front = try FrontEnd(folder: Resources.folder)
    let words = try front("Blorping snazzleton frimped")[0].words
    #expect(words.count == 3 && words.allSatisfy { $0.source == .network && $0.phones.count >= 4 })
    #expect(words[0].phones.map(\.base) == ["B", "L", "AO", "R", "P", "IH", "NG"])
    #expect(words.allSatisfy { $0.phones.contains { $0.stress == .primary } })
  }

  @Test func shippedDictionaryIsFoundAtOnce() throws {
    let front = try FrontEnd(folder: Resources.folder)
    let text = "The parcel cost $3.50, Dr. Smith said."
    let start = Date()
    let utterances = try FrontEnd(folder: Resources.folder)(text)
    let seconds = -start.timeIntervalSinceNow
    FileHandle.standardError.write(Data("front end, start and first sentence: \(seconds * 1000) ms\n".utf8))
    #expect(utterances.count == 1 && utterances[0].words.map(\.spoken).contains("doctor"))
    #expect(try front(text) == utterances)
  }

  /// Prints the shipped file's errors on the words that training did not see; `ONESTEP_CMUDICT` names `cmudict.dict`.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["ONESTEP_CMUDICT"] != nil))
  func shippedModelOnHeldOutWords() throws {
    let text = try String(
      contentsOfFile: ProcessInfo.processInfo.environment["ONESTEP_CMUDICT"]!, encoding: .utf8)
    let held = try CMUDictionary.entries(of: text).filter { GraphemeToPhoneme.isHeldOut($0.word) }
    let start = Date()
    let model = try GraphemeToPhoneme(contentsOf: Resources.folder + "/g2p.safetensors")
    _ = model("blorping")
    let first = Date()
    let accuracy = model.accuracy(on: held)
    let line = String(
      format: "%@; open and first word %.1f ms, others %.2f ms a word\n", "\(accuracy)",
      first.timeIntervalSince(start) * 1000, -first.timeIntervalSinceNow * 1000 / Double(held.count))
    FileHandle.standardError.write(Data(line.utf8))
    #expect(accuracy.phoneError <= 0.07 && accuracy.wordError <= 0.30)
  }
}
